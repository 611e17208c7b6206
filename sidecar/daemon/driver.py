"""One turn: an event goes into the core, what comes out is carried out, and one timer is set.

A turn is synchronous. There is no queue, no await and no task switch between a packet that arrives
and the answer that leaves. The driver knows neither sockets nor threads nor asyncio: what carries
out the actions, the clock and the timer are handed in, so that this very class runs in the
simulator too.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol, assert_never

from sidecar.core.actions import (
    Action,
    Announce,
    Answer,
    BeginChecks,
    ClaimAddress,
    EndChecks,
    Exit,
    KeepMaintenance,
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
from sidecar.core.events import Event, Woke
from sidecar.core.occurrences import Occurrence
from sidecar.core.params import MaintenanceOrder
from sidecar.core.terms import LinkName, Moment


class Timer(Protocol):
    def cancel(self) -> None: ...


class Scheduler(Protocol):
    """What the driver needs of time: asyncio in production, virtual time in the simulator."""

    def now(self) -> Moment: ...

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> Timer: ...


class Hands(Protocol):
    """What carries the actions out. None of these calls may block."""

    def send(self, link: LinkName, data: bytes) -> None: ...

    def ping(self, action: SendPing) -> None: ...

    def vip(self, action: VipAction) -> None: ...

    def service(self, action: ServiceAction) -> None: ...

    def report(self, occurrence: Occurrence) -> None: ...

    def answer(self, answer: Answer) -> None: ...

    def keep(self, order: MaintenanceOrder) -> None: ...

    def exit(self) -> None: ...

    def end_turn(self) -> None:
        """All of the turn is said: what was put off in favour of more urgent things is due."""


class Driver:
    """Feeds one cluster core and carries out its wishes."""

    def __init__(self, cluster: Cluster, scheduler: Scheduler, hands: Hands) -> None:
        self.cluster = cluster
        self.turns = 0
        self._scheduler = scheduler
        self._hands = hands
        self._waiting: deque[Event] = deque()
        self._in_turn = False
        self._timer: Timer | None = None
        self._armed_ns: int | None = None

    def feed(self, event: Event) -> None:
        """Run a turn; an event that a hand raises during one waits for the turn's end."""
        self._waiting.append(event)
        if self._in_turn:
            return
        self._in_turn = True
        try:
            while self._waiting:
                self._turn(self._waiting.popleft())
        finally:
            self._in_turn = False
        self._arm()

    def stop(self) -> None:
        """Let no timer fire any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._armed_ns = None

    def _turn(self, event: Event) -> None:
        self.turns += 1
        try:
            for action in self.cluster.step(event, self._scheduler.now()):
                self._carry_out(action)
        finally:
            self._hands.end_turn()

    def _carry_out(self, action: Action) -> None:
        match action:
            case SendPacket():
                self._hands.send(action.link, action.data)
            case SendPing():
                self._hands.ping(action)
            case ClaimAddress() | RenewLease() | ReleaseAddress() | ProbeAddress() | Announce():
                self._hands.vip(action)
            case StartService() | RestartService() | PauseService() | StopService():
                self._hands.service(action)
            case BeginChecks() | EndChecks():
                self._hands.service(action)
            case Report():
                self._hands.report(action.occurrence)
            case Answer():
                self._hands.answer(action)
            case KeepMaintenance():
                self._hands.keep(action.order)
            case Exit():
                self._hands.exit()
            case _:
                assert_never(action)

    def _arm(self) -> None:
        deadline_ns = self.cluster.deadline()
        if deadline_ns == self._armed_ns:
            return
        self.stop()
        if deadline_ns is not None:
            self._timer = self._scheduler.call_at(deadline_ns, self._wake)
            self._armed_ns = deadline_ns

    def _wake(self) -> None:
        self._timer = self._armed_ns = None
        self.feed(Woke())
