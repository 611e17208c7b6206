"""What the engine's word on a container means by itself, whatever is wanted of it."""

from dataclasses import replace
from typing import Final

from sidecar.core.actions import PauseService, RestartService, StartService, StopService
from sidecar.core.occurrences import ContainerChanged
from sidecar.core.terms import ContainerFacts, ContainerState, StandbyMode

UP: Final = (ContainerState.RUNNING, ContainerState.UNKNOWN)
"""It may serve: an engine that does not answer has stopped nothing."""


def known_of(was: ContainerFacts, now: ContainerFacts) -> ContainerFacts:
    """What is known now. An engine that does not answer has changed nothing: the rest stays."""
    if now.state is ContainerState.UNKNOWN:
        return replace(was, state=now.state, detail=now.detail)
    return now


def change(container: str, was: ContainerFacts, now: ContainerFacts) -> ContainerChanged:
    return ContainerChanged(
        container=container,
        state=now.state.value,
        was=was.state.value,
        detail=now.detail,
    )


def deserves_a_chance(was: ContainerFacts, now: ContainerFacts) -> bool:
    """Somebody made the container anew, or the engine answers again."""
    if now.state in (ContainerState.ABSENT, ContainerState.UNKNOWN):
        return False
    return now.identity != was.identity or was.state is ContainerState.UNKNOWN


def trouble_of(container: str, facts: ContainerFacts) -> str:
    """Why it could not serve if asked to; empty when it could."""
    match facts.state:
        case ContainerState.ABSENT:
            return f"container {container} does not exist: create it (docker compose up)"
        case ContainerState.UNKNOWN:
            return f"container {container} is unknown: {facts.detail}"
        case _:
            return ""


def mending_action(facts: ContainerFacts, *, trial: bool) -> type[RestartService | StartService]:
    """A trial is of one that has failed: a thaw would leave it as it was then."""
    paused = facts.state is ContainerState.PAUSED
    return RestartService if facts.state in UP or (trial and paused) else StartService


def resting_action(
    facts: ContainerFacts, standby: StandbyMode
) -> type[PauseService | StopService] | None:
    """What is left to do until it stands by as this mode says; None: nothing."""
    match standby, facts.state:
        case StandbyMode.PAUSE, ContainerState.RUNNING:
            return PauseService
        case StandbyMode.STOP, ContainerState.RUNNING | ContainerState.PAUSED:
            return StopService
        case _:
            return None
