"""Hands for a bench that do as they are told, until a test lets them refuse, hang or forget.

The kernel keeps one address with its lease, the engine one container, and both answer in order,
as the workers do. What a stranger does to either is told as the watches tell it. Time goes from
one thing that is due to the next, so that minutes cost little.
"""

from collections import Counter, deque
from enum import Enum, auto
from typing import Final

from sidecar.core.actions import (
    BeginChecks,
    ClaimAddress,
    EndChecks,
    PauseService,
    ProbeAddress,
    ReleaseAddress,
    RenewLease,
    RestartService,
    StartService,
    StopService,
)
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressProbed,
    AddressRefused,
    AddressReleased,
    LeaseRenewed,
    ProbeFailed,
    ServiceChanged,
    ServiceChecked,
    ServiceDone,
    ServiceRefused,
)
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState
from tests.core.resources import ADDRESS, Bench, facts

LATENCY_NS: Final = 2 * MILLISECOND
CHECK_EVERY_NS: Final = SECOND

Netlink = ClaimAddress | RenewLease | ReleaseAddress
Verb = StartService | RestartService | PauseService | StopService


class Mood(Enum):
    """How a hand answers."""

    OBEY = auto()
    REFUSE = auto()
    HANG = auto()


class Hands:
    """One kernel, one engine and one network for a bench with one container and one address."""

    def __init__(self, bench: Bench, state: ContainerState) -> None:
        self.bench = bench
        self.kernel = self.engine = self.network = Mood.OBEY
        self.owner: str | None = None
        """The machine that answers for the address, if one does."""
        self.present = False
        self.expires_ns = 0
        self.state = state
        self.identity = "c1"
        self.healthy = True
        self.known = True
        """Whether the engine answers those who only ask."""
        self.checking = False
        self.check_ns = 0
        self.netlink: deque[Netlink] = deque()
        self.verbs: deque[Verb] = deque()
        self._later: deque[AddressProbed | ProbeFailed] = deque()
        self.done: Counter[str] = Counter()
        """How often each thing was done, by the name of its action."""
        self.tell_state()

    # --- the world -----------------------------------------------------------------------------

    def tell_state(self) -> None:
        """What the watch of the engine tells."""
        state = self.state if self.known else ContainerState.UNKNOWN
        shown = facts(state, identity=self.identity, detail="told by the watch")
        self.bench.feed(ServiceChanged(container="nginx", facts=shown))
        self.pump()

    def becomes(self, state: ContainerState) -> None:
        self.state = state
        self.tell_state()

    def lose_address(self, reason: str) -> None:
        if self.present:
            self.present = False
            self.bench.feed(AddressLost(address=ADDRESS.name, reason=reason))
            self.pump()

    # --- time ----------------------------------------------------------------------------------

    def run(self, ns: int) -> None:
        end_ns = self.bench.now_ns + ns
        self.pump()
        while (at_ns := self._next_ns()) <= end_ns:
            self.bench.now_ns = max(self.bench.now_ns, at_ns)
            self._happen()
            self.bench.turn()
            self.pump()
        self.bench.now_ns = max(self.bench.now_ns, end_ns)

    def oversleep(self, ns: int) -> None:
        """The process is frozen; the kernel goes on."""
        self.bench.now_ns += ns
        self.bench.turn()
        self.pump()
        self._happen()
        self.pump()

    def _next_ns(self) -> int:
        due = [self.bench.timers.earliest()]
        if self.present:
            due.append(self.expires_ns)
        if self.checking:
            due.append(self.check_ns)
        return min((at_ns for at_ns in due if at_ns is not None), default=2**62)

    def _happen(self) -> None:
        if self.present and self.bench.now_ns >= self.expires_ns:
            self.lose_address("its lease ended")
        if self.checking and self.bench.now_ns >= self.check_ns:
            self.check_ns = self.bench.now_ns + CHECK_EVERY_NS
            passed = self.healthy and self.state is ContainerState.RUNNING
            self.bench.feed(ServiceChecked(container="nginx", passed=passed, detail="checked"))

    # --- carrying out --------------------------------------------------------------------------

    def pump(self) -> None:
        """Carry out what was wished, and what is wished upon the answers."""
        for _ in range(100):
            self._sort()
            if not (self._next_netlink() or self._next_verb()):
                return
        raise AssertionError("the core and its hands keep each other busy without end")

    def _sort(self) -> None:
        for wish in self.bench.wishes:
            match wish:
                case ClaimAddress() | RenewLease() | ReleaseAddress():
                    self.netlink.append(wish)
                case StartService() | RestartService() | PauseService() | StopService():
                    self.verbs.append(wish)
                case ProbeAddress():
                    self._probe(wish)
                case BeginChecks():
                    self.checking, self.check_ns = True, self.bench.now_ns + LATENCY_NS
                case EndChecks():
                    self.checking = False
                case _:
                    pass
        self.bench.wishes.clear()

    def _probe(self, probe: ProbeAddress) -> None:
        op, name = probe.op, probe.address.name
        match self.network:
            case Mood.OBEY:
                self._later.append(AddressProbed(op=op, address=name, answered_by=self.owner))
            case Mood.REFUSE:
                self._later.append(ProbeFailed(op=op, address=name, reason="cannot ask"))
            case Mood.HANG:
                pass

    def _next_netlink(self) -> bool:
        if self._later:
            self.bench.now_ns += LATENCY_NS
            self.bench.feed(self._later.popleft())
            return True
        if not self.netlink or self.kernel is Mood.HANG:
            return False
        action = self.netlink.popleft()
        self.bench.now_ns += LATENCY_NS
        self.done[type(action).__name__] += 1
        name, now_ns = action.address.name, self.bench.now_ns
        refused = self.kernel is Mood.REFUSE
        match action:
            case ClaimAddress():
                if refused or now_ns > action.not_after_ns:
                    self.bench.feed(AddressRefused(op=action.op, address=name, reason="refused"))
                else:
                    self._put(action.lease_s)
                    self.bench.feed(AddressClaimed(op=action.op, address=name, at_ns=now_ns))
            case RenewLease():
                if refused or now_ns > action.not_after_ns:
                    self.bench.feed(AddressLost(address=name, reason="not renewed", gone=False))
                else:
                    self._put(action.lease_s)
                    self.bench.feed(LeaseRenewed(address=name, at_ns=now_ns))
            case ReleaseAddress():
                if refused:
                    self.bench.feed(AddressRefused(op=action.op, address=name, reason="refused"))
                else:
                    self.present = False
                    self.bench.feed(AddressReleased(op=action.op, address=name))
        return True

    def _put(self, lease_s: int) -> None:
        self.present = True
        self.expires_ns = self.bench.now_ns + lease_s * SECOND

    def _next_verb(self) -> bool:
        if not self.verbs or self.engine is Mood.HANG:
            return False
        action = self.verbs.popleft()
        self.bench.now_ns += LATENCY_NS
        self.done[type(action).__name__] += 1
        if self.engine is Mood.REFUSE or self.state is ContainerState.ABSENT:
            refusal = ServiceRefused(op=action.op, container="nginx", reason="the engine says no")
            self.bench.feed(refusal)
            return True
        self.state = self._after(action)
        shown = facts(self.state, identity=self.identity)
        self.bench.feed(ServiceDone(op=action.op, container="nginx", facts=shown))
        if self.known:  # the watch sees it, too
            self.bench.feed(ServiceChanged(container="nginx", facts=shown))
        return True

    def _after(self, action: Verb) -> ContainerState:
        match action:
            case StartService() | RestartService():
                return ContainerState.RUNNING
            case PauseService():
                runs = self.state is ContainerState.RUNNING
                return ContainerState.PAUSED if runs else self.state
            case StopService():
                return ContainerState.STOPPED
