"""The simulated service adapter: latencies, an engine that is down or hangs, checks, the watch."""

import pytest

from sidecar.core.actions import BeginChecks, EndChecks, PauseService, StartService, StopService
from sidecar.core.events import (
    EngineChanged,
    Event,
    ServiceChanged,
    ServiceChecked,
    ServiceDone,
    ServiceRefused,
)
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState
from tests.sim.docker import PAUSED, RUNNING, STOPPED, Engine, EngineMode, Settings
from tests.sim.life import Life
from tests.sim.service_worker import ENGINE_TIMEOUT_NS, ServiceWorker
from tests.sim.steady import Steady
from tests.sim.witness import Witnesses
from tests.sim.world import World

WEB = "web"


class AWorker:
    """A worker over one running container; each latency is the middle of what it may be."""

    def __init__(self) -> None:
        self.world = World()
        self.engine = Engine(self.world, Steady(1), "a", Witnesses())
        self.engine.create(WEB, Settings(), RUNNING)
        self.answers: list[tuple[int, Event]] = []
        life = Life(self.world, Steady(2))
        self.worker = ServiceWorker(self.engine, (WEB,), life, Steady(3), self._hear)

    def _hear(self, event: Event) -> None:
        self.answers.append((self.world.now_ns, event))

    @property
    def events(self) -> list[Event]:
        return [event for _, event in self.answers]


@pytest.mark.parametrize(
    ("before", "wish", "then", "least_ms", "most_ms"),
    [
        (PAUSED, StartService, RUNNING, 12, 30),
        (STOPPED, StartService, RUNNING, 130, 260),
        (RUNNING, PauseService, PAUSED, 11, 25),
        (RUNNING, StopService, STOPPED, 60, 130),
        (RUNNING, StartService, RUNNING, 1, 4),
    ],
)
def test_verbs_take_as_long_as_measured(before, wish, then, least_ms, most_ms):
    node = AWorker()
    node.engine.create(WEB, Settings(), RUNNING if before is PAUSED else before)
    if before is PAUSED:
        node.engine.pause_by_stranger(WEB)
    node.worker.perform(wish(op=1, container=WEB))
    node.world.run_for(SECOND)
    ((at_ns, done),) = node.answers
    assert isinstance(done, ServiceDone)
    assert done.facts.state is then
    assert least_ms * MILLISECOND <= at_ns <= most_ms * MILLISECOND


def test_an_engine_that_is_down_refuses_at_once_and_one_that_hangs_after_the_timeout():
    for mode, most_ns in ((EngineMode.DOWN, 5 * MILLISECOND), (EngineMode.HUNG, SECOND * 4)):
        node = AWorker()
        node.engine.set_mode(mode)
        node.worker.perform(PauseService(op=1, container=WEB))
        node.world.run_for(10 * SECOND)
        ((at_ns, refused),) = node.answers
        assert isinstance(refused, ServiceRefused)
        assert (at_ns >= ENGINE_TIMEOUT_NS) == (mode is EngineMode.HUNG)
        assert at_ns <= most_ns


def test_wishes_wait_for_one_another():
    node = AWorker()
    node.worker.perform(StopService(op=1, container=WEB))
    node.worker.perform(StartService(op=2, container=WEB))
    node.world.run_for(SECOND)
    assert [event.op for event in node.events if isinstance(event, ServiceDone)] == [1, 2]
    assert node.engine.boxes[WEB].state is RUNNING


def test_checks_pass_at_their_interval_until_they_are_ended():
    node = AWorker()
    node.worker.perform(BeginChecks(container=WEB))
    node.world.run_for(5 * SECOND - 1)
    assert node.events == [ServiceChecked(container=WEB, passed=True, detail="200")] * 5
    node.worker.perform(EndChecks(container=WEB))
    node.world.run_for(5 * SECOND)
    assert len(node.events) == 5


def test_checks_fail_when_the_container_is_sick_stopped_or_paused():
    node = AWorker()
    node.worker.perform(BeginChecks(container=WEB))
    node.world.run_for(SECOND // 2)
    node.engine.sicken(WEB, heals_by_restart=False)
    node.world.run_for(3 * SECOND)
    assert [event.passed for event in node.events if isinstance(event, ServiceChecked)] == [
        True,
        False,
        False,
    ]


def test_checks_repeat_quickly_until_the_first_one_passes():
    node = AWorker()
    node.engine.kill(WEB)
    node.worker.perform(BeginChecks(container=WEB))
    node.world.run_for(SECOND - 1)
    failed = [event for event in node.events if isinstance(event, ServiceChecked)]
    assert len(failed) == 20


def test_begun_again_checks_do_not_run_twice():
    node = AWorker()
    node.worker.perform(BeginChecks(container=WEB))
    node.worker.perform(BeginChecks(container=WEB))
    node.world.run_for(SECOND // 2)
    assert len(node.events) == 1


def test_the_watch_tells_the_first_facts_and_then_each_change_once():
    node = AWorker()
    node.worker.begin()
    node.world.run_for(SECOND)
    node.engine.kill(WEB)
    node.world.run_for(SECOND)
    assert [
        event.up if isinstance(event, EngineChanged) else _state(event) for event in node.events
    ] == [True, RUNNING, STOPPED]


def test_the_watch_tells_of_an_engine_that_ceases_to_answer_and_all_facts_when_it_is_back():
    node = AWorker()
    node.worker.begin()
    node.world.run_for(SECOND)
    node.engine.set_mode(EngineMode.HUNG)
    node.world.run_for(2 * SECOND)
    assert len(node.events) == 2, "a hung engine is found out by the timeout"
    node.world.run_for(10 * SECOND)
    node.engine.set_mode(EngineMode.UP)
    node.world.run_for(2 * SECOND)
    assert [
        event.up if isinstance(event, EngineChanged) else _state(event) for event in node.events
    ] == [True, RUNNING, False, ContainerState.UNKNOWN, True, RUNNING]


def test_an_engine_that_is_up_again_before_anybody_noticed_is_no_news():
    node = AWorker()
    node.worker.begin()
    node.world.run_for(SECOND)
    node.engine.set_mode(EngineMode.DOWN)
    node.world.run_for(MILLISECOND)
    node.engine.set_mode(EngineMode.UP)
    node.world.run_for(5 * SECOND)
    assert len(node.events) == 2


def _state(event: Event) -> ContainerState:
    assert isinstance(event, ServiceChanged)
    return event.facts.state


def test_what_somebody_changes_right_after_an_operation_is_told_though_it_was_told_before_that():
    """Seed 10487: a pause was ended before the watch had looked, and the container ran on."""
    node = AWorker()
    node.worker.begin()
    node.world.run_for(SECOND)
    node.answers.clear()
    node.worker.perform(PauseService(op=1, container=WEB))
    while not node.answers:
        node.world.run_for(MILLISECOND // 10)
    node.engine.start_by_stranger(WEB)
    node.world.run_for(SECOND)
    done, changed = node.events
    assert isinstance(done, ServiceDone)
    assert isinstance(changed, ServiceChanged)
    assert changed.facts.state is RUNNING
