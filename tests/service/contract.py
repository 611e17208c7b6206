"""What every engine owes to the core: each verb from each state.

The same sentences judge the real engine and the simulator's. To use them, subclass VerbsContract
in a test module and give it a fixture ``world`` that makes a World.
"""

from typing import Protocol

import pytest

from sidecar.core.actions import PauseService, RestartService, StartService, StopService, VerbAction
from sidecar.core.events import ServiceDone, ServiceRefused
from sidecar.core.terms import ContainerFacts, ContainerState

ABSENT = ContainerState.ABSENT
STOPPED = ContainerState.STOPPED
PAUSED = ContainerState.PAUSED
RUNNING = ContainerState.RUNNING
STATES = (RUNNING, PAUSED, STOPPED, ABSENT)

NAME = "web"


class Performs(Protocol):
    """An engine, real or not."""

    def perform(self, action: VerbAction) -> ServiceDone | ServiceRefused: ...

    def inspect(self, container: str) -> ContainerFacts: ...


class World(Protocol):
    """An engine, and the hand of a stranger who brings its one container into a state."""

    engine: Performs

    def given(self, state: ContainerState) -> None: ...


class VerbsContract:
    """Subclass it as a test class with a fixture ``world``."""

    @pytest.mark.parametrize("state", STATES)
    def test_an_inspection_shows_the_state(self, world: World, state: ContainerState) -> None:
        world.given(state)
        facts = world.engine.inspect(NAME)
        assert facts.state is state
        assert bool(facts.identity) == (state is not ABSENT)

    @pytest.mark.parametrize("state", [RUNNING, PAUSED, STOPPED])
    def test_a_start_ends_running_whatever_it_was(
        self, world: World, state: ContainerState
    ) -> None:
        world.given(state)
        done = _performed(world, StartService(op=7, container=NAME))
        assert done.facts.state is RUNNING

    @pytest.mark.parametrize("state", [RUNNING, PAUSED, STOPPED])
    def test_a_restart_runs_anew_whatever_it_was(self, world: World, state: ContainerState) -> None:
        world.given(state)
        before = world.engine.inspect(NAME)
        done = _performed(world, RestartService(op=7, container=NAME))
        assert done.facts.state is RUNNING
        assert done.facts.started_at != before.started_at
        assert done.facts.identity == before.identity

    @pytest.mark.parametrize(
        ("state", "then"),
        [(RUNNING, PAUSED), (PAUSED, PAUSED), (STOPPED, STOPPED), (ABSENT, ABSENT)],
    )
    def test_a_pause_pauses_only_what_runs(
        self, world: World, state: ContainerState, then: ContainerState
    ) -> None:
        world.given(state)
        assert _performed(world, PauseService(op=7, container=NAME)).facts.state is then

    @pytest.mark.parametrize(
        ("state", "then"),
        [(RUNNING, STOPPED), (PAUSED, STOPPED), (STOPPED, STOPPED), (ABSENT, ABSENT)],
    )
    def test_a_stop_leaves_nothing_running(
        self, world: World, state: ContainerState, then: ContainerState
    ) -> None:
        world.given(state)
        assert _performed(world, StopService(op=7, container=NAME)).facts.state is then

    @pytest.mark.parametrize("wish", [StartService, RestartService])
    def test_an_absent_container_cannot_be_started(
        self, world: World, wish: type[StartService | RestartService]
    ) -> None:
        world.given(ABSENT)
        answer = world.engine.perform(wish(op=7, container=NAME))
        assert isinstance(answer, ServiceRefused)
        assert (answer.op, answer.container) == (7, NAME)
        assert "no container named" in answer.reason

    @pytest.mark.parametrize("wish", [StartService, PauseService, StopService])
    def test_a_wish_may_be_repeated(
        self, world: World, wish: type[StartService | PauseService | StopService]
    ) -> None:
        world.given(RUNNING)
        first = _performed(world, wish(op=7, container=NAME))
        again = _performed(world, wish(op=7, container=NAME))
        assert again.facts == first.facts

    def test_a_pause_and_a_start_keep_the_same_life(self, world: World) -> None:
        world.given(RUNNING)
        before = world.engine.inspect(NAME)
        _performed(world, PauseService(op=1, container=NAME))
        after = _performed(world, StartService(op=2, container=NAME)).facts
        assert after == before


def _performed(world: World, action: VerbAction) -> ServiceDone:
    answer = world.engine.perform(action)
    assert isinstance(answer, ServiceDone), answer
    assert (answer.op, answer.container) == (action.op, action.container)
    return answer
