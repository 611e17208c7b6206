"""The simulated engine, judged by the sentences that judge the real one."""

from random import Random

import pytest

from sidecar.core.events import ServiceDone, ServiceRefused
from sidecar.core.terms import ContainerFacts, ContainerState
from tests.service.contract import NAME, VerbsContract
from tests.sim.docker import (
    ABSENT,
    PAUSED,
    RUNNING,
    STOPPED,
    Engine,
    Settings,
    VerbAction,
    outcome,
    verb_for,
)
from tests.sim.witness import Witnesses
from tests.sim.world import World


class AtOnce:
    """The simulated engine without its latencies."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def perform(self, action: VerbAction) -> ServiceDone | ServiceRefused:
        before = self.engine.facts(action.container)
        verb = verb_for(action, before.state)
        trouble = self.engine.apply(verb, action.container) if verb else ""
        return outcome(action, before, self.engine.facts(action.container), trouble)

    def inspect(self, container: str) -> ContainerFacts:
        return self.engine.facts(container)


class OneContainer:
    """A world in which a stranger brings one container into a state."""

    def __init__(self) -> None:
        self._engine = Engine(World(), Random(1), "a", Witnesses())
        self.engine = AtOnce(self._engine)

    def given(self, state: ContainerState) -> None:
        self._engine.boxes.clear()
        if state is not ABSENT:
            self._engine.create(NAME, Settings(), STOPPED if state is STOPPED else RUNNING)
        if state is PAUSED:
            self._engine.pause_by_stranger(NAME)


class TestVerbs(VerbsContract):
    @pytest.fixture
    def world(self) -> OneContainer:
        return OneContainer()


@pytest.fixture
def engine() -> Engine:
    engine = Engine(World(), Random(1), "a", Witnesses())
    engine.create(NAME, Settings(), RUNNING)
    return engine


def test_a_paused_container_is_killed_like_a_running_one(engine):
    engine.pause_by_stranger(NAME)
    engine.kill(NAME)
    facts = engine.facts(NAME)
    assert facts.state is STOPPED
    assert facts.detail == "exit code 137 (signal 9)"


def test_power_loss_stops_what_ran_and_the_boot_starts_it_again(engine):
    engine.create("idle", Settings(), STOPPED)
    engine.power_off()
    assert engine.facts(NAME).state is STOPPED
    engine.boot()
    assert engine.facts(NAME).state is RUNNING
    assert engine.facts("idle").state is STOPPED


def test_a_sick_container_runs_and_does_not_serve_until_it_is_cured(engine):
    engine.sicken(NAME, heals_by_restart=False)
    box = engine.boxes[NAME]
    assert (box.state, box.serves) == (RUNNING, False)
    engine.cure(NAME)
    assert box.serves


def test_repair_brings_everything_back(engine):
    box = engine.boxes[NAME]
    box.failing_starts = 3
    engine.sicken(NAME, heals_by_restart=False)
    engine.kill(NAME)
    engine.repair()
    assert box.serves
