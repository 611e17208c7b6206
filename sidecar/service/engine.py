"""Carries the core's wishes out on containers: start, restart, pause, stop.

A plain blocking object for one worker thread. It inspects first, calls at most what the state asks
for, and inspects again: the answer follows from the state that was found, never from an error,
since the engine reports errors for what has worked and may do half of what it was asked. A pause
and its end, for which a takeover waits, are asked for by what was last seen, and only looked into
when the engine says no. It never raises for trouble of the engine's, never decides, never creates
or removes a container.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, assert_never

from sidecar.core.actions import (
    PauseService,
    RestartService,
    StartService,
    StopService,
    VerbAction,
)
from sidecar.core.events import ServiceDone, ServiceRefused
from sidecar.core.terms import ContainerFacts, ContainerState
from sidecar.service.client import Client, Refused, Silent
from sidecar.service.foresight import in_state
from sidecar.service.inspection import ABSENT, NEVER_SEEN, Inspection, read_inspection, unknown

TIMEOUT_S: Final = 3
"""How long the engine may be silent. A healthy one starts a container in 0.2 s."""

_ATTEMPTS: Final = 2
"""A second one, since somebody else may have changed the container after the first look."""


class _Verb(StrEnum):
    START = "start"
    RESTART = "restart"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    STOP = "stop"


# What to ask of the engine, by the wish and the state in which the container is found. Where a
# state is missing, there is nothing to do. The engine answers "start" with an error for a paused
# container and with nothing for one that waits for its restart; it stops and restarts a paused
# one, thawing it itself.
_VERBS: Final[Mapping[type[VerbAction], Mapping[ContainerState, _Verb]]] = {
    StartService: {
        ContainerState.STOPPED: _Verb.START,
        ContainerState.RESTARTING: _Verb.RESTART,
        ContainerState.PAUSED: _Verb.UNPAUSE,
    },
    RestartService: {
        ContainerState.STOPPED: _Verb.START,
        ContainerState.RESTARTING: _Verb.RESTART,
        ContainerState.PAUSED: _Verb.RESTART,
        ContainerState.RUNNING: _Verb.RESTART,
    },
    PauseService: {
        ContainerState.RUNNING: _Verb.PAUSE,
    },
    StopService: {
        ContainerState.RESTARTING: _Verb.STOP,
        ContainerState.PAUSED: _Verb.STOP,
        ContainerState.RUNNING: _Verb.STOP,
    },
}

_CERTAIN: Final[Mapping[_Verb, ContainerState]] = {
    _Verb.PAUSE: ContainerState.PAUSED,
    _Verb.UNPAUSE: ContainerState.RUNNING,
}
"""In which state the engine's yes leaves the container, where that is certain."""


class Engine:
    """The Docker engine as one thread sees it.

    ``containers`` maps a resource's name to its container's where the two differ. ``noted`` is
    told of every inspection, in the thread that made it. ``last`` holds what was last seen of each;
    what two threads have seen of the same containers is better held in one.
    """

    def __init__(
        self,
        *,
        docker_host: str,
        containers: Mapping[str, str],
        noted: Callable[[str, Inspection], None] | None = None,
        last: dict[str, Inspection] | None = None,
        timeout_s: int = TIMEOUT_S,
    ) -> None:
        self.client = Client(docker_host, timeout_s=timeout_s)
        self._containers = containers
        self._noted = noted
        self._last = {} if last is None else last

    def perform(self, action: VerbAction) -> ServiceDone | ServiceRefused:
        """Bring the container to what the action wishes, if it is not already so."""
        return self._at_once(action) or self._with_care(action)

    def _at_once(self, action: VerbAction) -> ServiceDone | ServiceRefused | None:
        """Without a look before and after; None when it is to be looked into."""
        last = self.last_seen(action.container)
        verb = _VERBS[type(action)].get(last.facts.state)
        if verb is None or verb not in _CERTAIN:
            return None
        try:
            self._ask(verb, last.facts.identity)
        except Refused:
            return None  # somebody else has changed it meanwhile
        except Silent as silence:
            self.unknown(action.container, str(silence), answered=False)
            reason = f"{verb} failed: {silence}"
            return ServiceRefused(op=action.op, container=action.container, reason=reason)
        now = self._note(action.container, in_state(last, _CERTAIN[verb]))
        return ServiceDone(op=action.op, container=action.container, facts=now.facts)

    def _with_care(self, action: VerbAction) -> ServiceDone | ServiceRefused:
        """With a look before, and one after."""
        before = now = self.look(action.container)
        trouble = ""
        for _ in range(_ATTEMPTS):
            verb = _VERBS[type(action)].get(now.facts.state)
            if verb is None or not now.answered or _is_done(action, before.facts, now.facts):
                break
            trouble = self._call(verb, now.facts.identity)
            now = self.look(action.container)
            if not trouble:
                break
        if _is_done(action, before.facts, now.facts):
            return ServiceDone(op=action.op, container=action.container, facts=now.facts)
        reason = trouble or self._describe(action.container, now.facts)
        return ServiceRefused(op=action.op, container=action.container, reason=reason)

    def inspect(self, container: str) -> ContainerFacts:
        """The container's facts; UNKNOWN when the engine does not tell."""
        return self.look(container).facts

    def look(self, container: str) -> Inspection:
        """The container's facts and settings."""
        try:
            shown = self.client.inspect(self.name_of(container))
            seen = ABSENT if shown is None else read_inspection(shown)
        except Silent as silence:
            return self.unknown(container, str(silence), answered=False)
        except Refused as refusal:
            return self.unknown(container, str(refusal), answered=True)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            # Something that speaks almost like a Docker engine; it must not end this thread.
            reason = f"the engine's answer is not understood: {error!r}"
            return self.unknown(container, reason, answered=True)
        return self._note(container, seen)

    def unknown(self, container: str, reason: str, *, answered: bool) -> Inspection:
        """Note, without asking, that nothing is known of the container now."""
        last = self.last_seen(container)
        return self._note(container, unknown(last, reason, answered=answered))

    def last_seen(self, container: str) -> Inspection:
        return self._last.get(container, NEVER_SEEN)

    def name_of(self, container: str) -> str:
        return self._containers.get(container, container)

    def close(self) -> None:
        self.client.close()

    def _note(self, container: str, seen: Inspection) -> Inspection:
        self._last[container] = seen
        if self._noted is not None:
            self._noted(container, seen)
        return seen

    def _call(self, verb: _Verb, identity: str) -> str:
        """Ask the engine; what it complained of, if it did."""
        try:
            self._ask(verb, identity)
        except (Silent, Refused) as trouble:
            return f"{verb} failed: {trouble}"
        return ""

    def _ask(self, verb: _Verb, identity: str) -> None:
        match verb:
            case _Verb.START:
                self.client.start(identity)
            case _Verb.RESTART:
                self.client.restart(identity)
            case _Verb.PAUSE:
                self.client.pause(identity)
            case _Verb.UNPAUSE:
                self.client.unpause(identity)
            case _Verb.STOP:
                self.client.stop(identity)
            case _:
                assert_never(verb)

    def _describe(self, container: str, facts: ContainerFacts) -> str:
        name = self.name_of(container)
        match facts.state:
            case ContainerState.ABSENT:
                return f"the engine has no container named {name}: create it (docker compose up)"
            case ContainerState.UNKNOWN:
                return facts.detail
            case _:
                return f"container {name} is {facts.state}: {facts.detail or 'no reason is known'}"


def _is_done(action: VerbAction, before: ContainerFacts, now: ContainerFacts) -> bool:
    """Whether the container is as the action wishes it."""
    match action:
        case StartService():
            return now.state is ContainerState.RUNNING
        case RestartService():
            anew = (now.identity, now.started_at) != (before.identity, before.started_at)
            return now.state is ContainerState.RUNNING and anew
        case PauseService():
            return now.state not in {ContainerState.RUNNING, ContainerState.UNKNOWN}
        case StopService():
            return now.state in {ContainerState.STOPPED, ContainerState.ABSENT}
        case _:
            assert_never(action)
