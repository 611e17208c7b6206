"""Carries out the core's wishes on addresses, as sidecar/vip does it on the real kernel.

Claims, renewals and releases go one after the other through one netlink thread. A claim or renewal
looks at ``not_after_ns`` just before its request leaves, and takes back what came through too late.
A claim that has not left before its release is wished for is not made.
Probes and announcements leave by raw sockets of the loop and wait for nobody.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final, assert_never

from sidecar.core.actions import (
    Announce,
    ClaimAddress,
    ProbeAddress,
    ReleaseAddress,
    RenewLease,
    VipAction,
)
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressProbed,
    AddressRefused,
    AddressReleased,
    ConflictSeen,
    Event,
    LeaseRenewed,
    ProbeFailed,
    QuestionHeard,
)
from sidecar.core.params import Address
from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.host import Host
from tests.sim.kernel import CLAIMED, RENEWED
from tests.sim.life import Life

# Measured: 0.3 to 3 ms for a netlink request. First the thread looks at the clock and hands the
# request over, then the kernel works on it.
_HAND_OVER_NS: Final = (MILLISECOND // 50, MILLISECOND // 5)
_KERNEL_NS: Final = (MILLISECOND // 4, 3 * MILLISECOND)

NetlinkAction = ClaimAddress | RenewLease | ReleaseAddress


class AddressWorker:
    """The vip adapter of one life of the sidecar."""

    def __init__(self, host: Host, life: Life, rng: Random, feed: Callable[[Event], None]) -> None:
        self._host = host
        self._life = life
        self._rng = rng
        self._feed = feed
        self._mailbox: deque[NetlinkAction] = deque()
        self._asked: dict[str, dict[int, str | None]] = {}
        """The questions under way, and whom they are for, by address."""
        self._questioned_ns: dict[str, int] = {}
        self._busy = False

    def perform(self, action: VipAction) -> None:
        match action:
            case ClaimAddress() | RenewLease() | ReleaseAddress():
                self._mailbox.append(action)
                if not self._busy:
                    self._busy = True
                    self._life.thread_later(0, self._next)
            case ProbeAddress():
                self._probe(action)
            case Announce():
                self._host.lan.announce(self._host, action.address.name)
            case _:
                assert_never(action)

    # --- the netlink thread ----------------------------------------------------------------------

    def _next(self) -> None:
        if not self._mailbox:
            self._busy = False
            return
        action = self._mailbox.popleft()
        if isinstance(action, ClaimAddress) and self._is_let_go(action.address):
            self._answer(_refusal(action, "let go of before it was claimed"))
            return
        at_ns = self._host.clock.ns()
        if not isinstance(action, ReleaseAddress) and at_ns > action.not_after_ns:
            self._answer(_refusal(action, "it comes too late"))
            return
        wait_ns = self._draw(_HAND_OVER_NS) + self._host.kernel.hold_up()
        self._life.thread_later(wait_ns, partial(self._request, action, at_ns))

    def _is_let_go(self, address: Address) -> bool:
        waiting = (one for one in self._mailbox if isinstance(one, ReleaseAddress))
        return any(one.address == address for one in waiting)

    def _request(self, action: NetlinkAction, at_ns: int) -> None:
        """The request reaches the kernel, at once or, if frozen before the send, much later."""
        event = self._carry_out(action, at_ns)
        self._life.thread_later(self._draw(_KERNEL_NS), partial(self._answer, event))

    def _carry_out(self, action: NetlinkAction, at_ns: int) -> Event:
        kernel, address = self._host.kernel, action.address.name
        if kernel.refusing:
            return _refusal(action, "refused")
        if isinstance(action, ReleaseAddress):
            kernel.delete(address)
            return AddressReleased(op=action.op, address=address)
        why = RENEWED if isinstance(action, RenewLease) else CLAIMED
        kernel.put(address, action.lease_s, why=why)
        if self._host.clock.ns() > action.not_after_ns:
            kernel.delete(address)
            return _refusal(action, "it came through too late")
        if isinstance(action, RenewLease):
            return LeaseRenewed(address=address, at_ns=at_ns)
        return AddressClaimed(op=action.op, address=address, at_ns=at_ns)

    def _answer(self, event: Event) -> None:
        self._feed(event)
        self._next()

    # --- raw sockets of the loop -----------------------------------------------------------------

    def _probe(self, action: ProbeAddress) -> None:
        address = action.address.name
        if not self._host.on_the_lan:
            reason = f"{action.address.interface} has no carrier"
            failed = ProbeFailed(op=action.op, address=address, reason=reason)
            self._life.loop_later(0, partial(self._feed, failed))
            return
        end = partial(self._end, action.op, address)

        def hear(mac: str) -> None:
            self._life.loop(partial(end, mac))

        self._asked.setdefault(address, {})[action.op] = action.mac
        self._host.lan.ask(self._host, address, action.mac, hear)
        # The patience is measured by the node's own clock, whose drift does not matter here.
        self._life.loop_later(action.patience_ns, partial(end, None))

    def _end(self, op: int, address: str, mac: str | None) -> None:
        asked = self._asked[address]
        if op in asked:
            del asked[op]
            self._feed(AddressProbed(op=op, address=address, answered_by=mac))

    def hear_announcement(self, address: str, mac: str) -> None:
        """It answers whoever asks just now (RFC 5227 2.1.1), and alarms who holds the address."""
        for op, whom in tuple(self._asked.get(address, {}).items()):
            if whom in (None, mac):
                self._end(op, address, mac)
        if self._host.kernel.holds(address):
            self._feed(ConflictSeen(address=address, mac=mac))

    def hear_question(self, address: str, mac: str) -> None:
        """Told of at most once a second, and only while it concerns this node."""
        now_ns = self._host.clock.ns()
        told_ns = self._questioned_ns.get(address)
        concerned = self._asked.get(address) or self._host.kernel.holds(address)
        if concerned and (told_ns is None or now_ns - told_ns >= SECOND):
            self._questioned_ns[address] = now_ns
            self._feed(QuestionHeard(address=address, mac=mac))

    def _draw(self, bounds: tuple[int, int]) -> int:
        return self._rng.randrange(*bounds)


def _refusal(action: NetlinkAction, reason: str) -> AddressLost | AddressRefused:
    address = action.address.name
    if isinstance(action, RenewLease):
        return AddressLost(address=address, reason=reason, gone=False)
    return AddressRefused(op=action.op, address=address, reason=reason)
