"""One turn after the other, and one timer."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from sidecar.core.actions import (
    Action,
    Announce,
    Answer,
    BeginChecks,
    ClaimAddress,
    EndChecks,
    Exit,
    PauseService,
    ProbeAddress,
    ReleaseAddress,
    RenewLease,
    Report,
    RestartService,
    SendPacket,
    SendPing,
    ServiceAction,
    StartService,
    StopService,
    VipAction,
)
from sidecar.core.cluster import Cluster
from sidecar.core.events import EngineChanged, Event, Woke
from sidecar.core.occurrences import Occurrence, ShutdownBegan
from sidecar.core.params import Address, MaintenanceOrder
from sidecar.core.terms import LinkName, Moment
from sidecar.daemon.driver import Driver

ADDRESS = Address(name="10.0.0.100", prefix=24, interface="eth0")
ETH1 = LinkName("eth1")


@dataclass(eq=False)
class SetTimer:
    """A timer that was set, and what became of it."""

    when_ns: int
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Clock:
    ns: int = 100
    timers: list[SetTimer] = field(default_factory=list)

    def now(self) -> Moment:
        return Moment(ns=self.ns, wall_s=0)

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> SetTimer:
        self.timers.append(SetTimer(when_ns, callback))
        return self.timers[-1]

    @property
    def running(self) -> list[SetTimer]:
        return [timer for timer in self.timers if not timer.cancelled]

    def fire(self) -> None:
        """What is set comes due."""
        (timer,) = self.running
        self.timers.remove(timer)
        self.ns = timer.when_ns
        timer.callback()


class ScriptedCluster(Cluster):
    """Wishes what a test says, and keeps what it was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[Event, int]] = []
        self.wishes: list[Action] = []
        self.next_ns: int | None = None

    def step(self, event: Event, now: Moment) -> list[Action]:
        self.steps.append((event, now.ns))
        wishes, self.wishes = self.wishes, []
        return wishes

    def deadline(self) -> int | None:
        return self.next_ns


class RecordingHands:
    """Keeps what it was handed, in order; raises events when told to."""

    def __init__(self) -> None:
        self.did: list[object] = []
        self.then: Callable[[], None] = lambda: None
        self.turns_ended = 0

    def _do(self, *what: object) -> None:
        self.did.append(what)
        self.then()

    def send(self, link: LinkName, data: bytes) -> None:
        self._do("send", link, data)

    def ping(self, action: SendPing) -> None:
        self._do("ping", action)

    def vip(self, action: VipAction) -> None:
        self._do("vip", action)

    def service(self, action: ServiceAction) -> None:
        self._do("service", action)

    def report(self, occurrence: Occurrence) -> None:
        self._do("report", occurrence)

    def answer(self, answer: Answer) -> None:
        self._do("answer", answer)

    def keep(self, order: MaintenanceOrder) -> None:
        self._do("keep", order)

    def exit(self) -> None:
        self._do("exit")

    def end_turn(self) -> None:
        self.turns_ended += 1


class Stage:
    def __init__(self) -> None:
        self.cluster = ScriptedCluster()
        self.clock = Clock()
        self.hands = RecordingHands()
        self.driver = Driver(self.cluster, self.clock, self.hands)

    @property
    def events(self) -> list[Event]:
        return [event for event, _ in self.cluster.steps]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def engine(reason: str) -> EngineChanged:
    return EngineChanged(up=False, reason=reason)


def test_wishes_are_carried_out_in_their_order_each_by_its_hand(stage):
    claim = ClaimAddress(op=1, address=ADDRESS, lease_s=3, not_after_ns=9)
    vip: list[Action] = [
        claim,
        RenewLease(address=ADDRESS, lease_s=3, not_after_ns=9),
        ReleaseAddress(op=2, address=ADDRESS),
        ProbeAddress(op=3, address=ADDRESS, mac=None, patience_ns=1),
        Announce(address=ADDRESS),
    ]
    service: list[Action] = [
        StartService(op=4, container="nginx"),
        RestartService(op=5, container="nginx"),
        PauseService(op=6, container="nginx"),
        StopService(op=7, container="nginx"),
        BeginChecks(container="nginx"),
        EndChecks(container="nginx"),
    ]
    told = Report(occurrence=ShutdownBegan())
    answer = Answer(request=1, ok=True, text="done")
    packet = SendPacket(link=ETH1, data=b"beat")
    stage.cluster.wishes = [packet, *vip, *service, told, answer, Exit()]
    stage.driver.feed(Woke())
    assert stage.hands.did == [
        ("send", ETH1, b"beat"),
        *(("vip", action) for action in vip),
        *(("service", action) for action in service),
        ("report", told.occurrence),
        ("answer", answer),
        ("exit",),
    ]


def test_an_event_meets_the_core_with_the_time_at_which_it_came(stage):
    stage.clock.ns = 777
    stage.driver.feed(engine("x"))
    assert stage.cluster.steps == [(engine("x"), 777)]
    assert stage.driver.turns == 1


def test_an_event_that_a_hand_raises_during_a_turn_waits_for_the_end_of_the_turn(stage):
    raised = [engine("raised")]

    def raise_once() -> None:
        if raised:
            stage.driver.feed(raised.pop())
            assert stage.events == [engine("first")], "no turn begins inside a turn"

    stage.hands.then = raise_once
    stage.cluster.wishes = [SendPacket(link=ETH1, data=b"1"), SendPacket(link=ETH1, data=b"2")]
    stage.driver.feed(engine("first"))
    assert stage.events == [engine("first"), engine("raised")]
    assert len(stage.hands.did) == 2


def test_events_that_wait_keep_their_order(stage):
    waiting = [engine("a"), engine("b"), engine("c")]

    def raise_all() -> None:
        while waiting:
            stage.driver.feed(waiting.pop(0))

    stage.hands.then = raise_all
    stage.cluster.wishes = [SendPacket(link=ETH1, data=b"")]
    stage.driver.feed(Woke())
    assert [event.reason for event in stage.events[1:] if isinstance(event, EngineChanged)] == [
        "a",
        "b",
        "c",
    ]


def test_there_is_one_timer_for_the_next_deadline(stage):
    stage.cluster.next_ns = 500
    stage.driver.feed(Woke())
    stage.cluster.next_ns = 300
    stage.driver.feed(Woke())
    assert [timer.when_ns for timer in stage.clock.running] == [300]


def test_a_deadline_that_stays_does_not_set_the_timer_anew(stage):
    stage.cluster.next_ns = 500
    for _ in range(10):
        stage.driver.feed(Woke())
    assert len(stage.clock.timers) == 1


def test_the_timer_is_set_after_the_last_of_the_waiting_events(stage):
    def raise_once() -> None:
        stage.hands.then = lambda: None
        stage.driver.feed(engine("raised"))

    stage.hands.then = raise_once
    stage.cluster.wishes = [SendPacket(link=ETH1, data=b"")]
    stage.cluster.next_ns = 500
    stage.driver.feed(Woke())
    assert len(stage.clock.timers) == 1


def test_when_the_timer_fires_the_core_wakes_and_the_next_one_is_set(stage):
    stage.cluster.next_ns = 500
    stage.driver.feed(engine("x"))
    stage.cluster.next_ns = 600
    stage.clock.fire()
    assert stage.cluster.steps[-1] == (Woke(), 500)
    assert [timer.when_ns for timer in stage.clock.running] == [600]


def test_a_deadline_that_has_come_and_stays_is_set_again(stage):
    stage.cluster.next_ns = 500
    stage.driver.feed(engine("x"))
    stage.clock.fire()
    assert [timer.when_ns for timer in stage.clock.running] == [500]


def test_without_a_deadline_there_is_no_timer(stage):
    stage.cluster.next_ns = 500
    stage.driver.feed(Woke())
    stage.cluster.next_ns = None
    stage.driver.feed(Woke())
    assert stage.clock.running == []


def test_once_stopped_no_timer_fires(stage):
    stage.cluster.next_ns = 500
    stage.driver.feed(Woke())
    stage.driver.stop()
    stage.driver.stop()
    assert stage.clock.running == []


def test_an_error_in_a_turn_reaches_whoever_fed_and_the_next_turn_can_run(stage):
    def fail() -> None:
        stage.hands.then = lambda: None
        raise RuntimeError("a broken hand")

    stage.hands.then = fail
    stage.cluster.wishes = [SendPacket(link=ETH1, data=b"")]
    with pytest.raises(RuntimeError, match="a broken hand"):
        stage.driver.feed(Woke())
    assert stage.hands.turns_ended == 1
    stage.driver.feed(engine("next"))
    assert stage.events[-1] == engine("next")


def test_the_hands_hear_of_the_end_of_each_turn_after_its_last_wish(stage):
    ended_before_wish: list[int] = []
    stage.hands.then = lambda: ended_before_wish.append(stage.hands.turns_ended)
    stage.cluster.wishes = [SendPacket(link=ETH1, data=b"1"), SendPacket(link=ETH1, data=b"2")]
    stage.driver.feed(Woke())
    stage.driver.feed(Woke())
    assert ended_before_wish == [0, 0]
    assert stage.hands.turns_ended == 2
