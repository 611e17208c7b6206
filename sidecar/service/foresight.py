"""What is known of a container without another look at it. Pure.

A look costs a few milliseconds, and twenty at a container that has just died, for the engine is
busy with its end; a takeover waits for each of them. Two things need none: a pause, or the end of
one, that the engine has carried out leaves a single state; and the engine tells with which code the
run that was last seen came to its end.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sidecar.core.terms import SECOND, ContainerState
from sidecar.service.inspection import Inspection, exit_words

_ALIVE: Final = (ContainerState.RUNNING, ContainerState.PAUSED)


def in_state(last: Inspection, state: ContainerState) -> Inspection:
    """As it was last seen, but for its state."""
    return replace(last, facts=replace(last.facts, state=state))


def ended(last: Inspection, event: Mapping[str, Any]) -> Inspection | None:
    """What the engine's word of an end makes of the container; None when only a look can tell."""
    actor = event.get("Actor") or {}
    if event.get("Action") != "die" or actor.get("ID") != last.facts.identity:
        return None
    if last.facts.state not in _ALIVE or not _is_of_this_run(last, event):
        return None
    code = (actor.get("Attributes") or {}).get("exitCode", "")
    if not code.isdecimal():
        return None
    detail = "; ".join(filter(None, (exit_words(int(code)), last.facts.detail)))
    facts = replace(last.facts, state=ContainerState.STOPPED, detail=detail)
    return replace(last, facts=facts)


def _is_of_this_run(last: Inspection, event: Mapping[str, Any]) -> bool:
    """Events come late at times, when the container has long been started again.

    What stands between the engine and us may leave the time out.
    """
    with suppress(KeyError, ValueError, TypeError):
        began = datetime.fromisoformat(last.facts.started_at)
        return int(event["timeNano"]) / SECOND > began.timestamp()
    return False
