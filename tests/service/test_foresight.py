"""What an engine's word says before a look: only of the run that was last seen."""

from dataclasses import replace
from typing import Any

import pytest

from sidecar.core.terms import SECOND, ContainerFacts, ContainerState
from sidecar.service.foresight import ended
from sidecar.service.inspection import Inspection
from sidecar.service.labels import ContainerSettings

RUNNING = Inspection(
    facts=ContainerFacts(
        state=ContainerState.RUNNING, identity="4f0c", started_at="2026-11-24T10:00:00.123456789Z"
    ),
    settings=ContainerSettings(),
)
BEGAN_S = 1795514400


def event(
    action: str = "die", *, after_s: int = 5, code: str = "137", **more: Any
) -> dict[str, Any]:
    actor = {"ID": "4f0c", "Attributes": {"name": "web", "exitCode": code}, **more}
    return {"Action": action, "Actor": actor, "timeNano": (BEGAN_S + after_s) * SECOND}


def seen(**facts: Any) -> Inspection:
    return replace(RUNNING, facts=replace(RUNNING.facts, **facts))


def test_a_death_is_told_with_its_signal() -> None:
    dead = ended(seen(detail="a label is wrong"), event())
    assert dead is not None
    assert dead.facts.state is ContainerState.STOPPED
    assert dead.facts.detail == "exit code 137 (signal 9); a label is wrong"
    assert dead.facts.identity == "4f0c"


def test_a_paused_container_dies_too() -> None:
    assert ended(seen(state=ContainerState.PAUSED), event()) is not None


@pytest.mark.parametrize(
    ("last", "told"),
    [
        pytest.param(RUNNING, event("kill"), id="a signal, which it may survive"),
        pytest.param(RUNNING, event(ID="beef"), id="another container"),
        pytest.param(RUNNING, event(after_s=-1), id="an earlier run"),
        pytest.param(seen(started_at=""), event(), id="a run that began nobody knows when"),
        pytest.param(RUNNING, {"Action": "die", "Actor": None}, id="nobody in particular"),
        pytest.param(RUNNING, event(code="?"), id="no exit code"),
        pytest.param(RUNNING, {"Action": "die", "Actor": event()["Actor"]}, id="at no time"),
        pytest.param(seen(state=ContainerState.STOPPED), event(), id="one that is dead"),
        pytest.param(seen(state=ContainerState.UNKNOWN), event(), id="one that is unknown"),
    ],
)
def test_all_else_needs_a_look(last: Inspection, told: dict[str, Any]) -> None:
    assert ended(last, told) is None
