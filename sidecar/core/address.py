"""One floating address on this node: wish and fact kept apart (``wants`` / ``holds``).

The kernel keeps the address as a lease. It is renewed by its own timer, several times per lease,
while the address is wanted; a node that is killed, frozen or starved loses it by itself (safety
rules 1 and 2). Announced in a spaced burst on each claim, and slowly ever after (rule 8).
Never decides who owns it.
"""

from collections.abc import Callable
from random import Random
from typing import Final, assert_never

from sidecar.core.actions import ClaimAddress, ReleaseAddress, RenewLease
from sidecar.core.announcements import Announcements
from sidecar.core.events import (
    AddressClaimed,
    AddressEvent,
    AddressLost,
    AddressProbed,
    AddressRefused,
    AddressReleased,
    ConflictSeen,
    LeaseRenewed,
    ProbeFailed,
    QuestionHeard,
)
from sidecar.core.occurrences import (
    AddressConflict,
    AddressFailed,
    AddressGivenUp,
    AddressHeld,
    AddressTaken,
)
from sidecar.core.params import Address, Timing
from sidecar.core.probe import Probe
from sidecar.core.rival import Rival
from sidecar.core.terms import LEASE_GRAIN_NS, MILLISECOND, SECOND, AddressState
from sidecar.core.timers import Timers
from sidecar.core.turn import Operations, Turn
from sidecar.core.view import AddressView

RENEWALS_PER_LEASE: Final = 5
DEFEND_EVERY_NS: Final = 1 * SECOND
QUESTIONS_END_NS: Final = 5 * SECOND
"""Questions that follow each other faster are one search: its first one is answered by a burst."""
MET_FOR_NS: Final = 3 * SECOND
"""So long the peer counts as met. That it asks is reported once a second at the most."""
FORGIVE_AFTER_NS: Final = 30 * SECOND
OPERATION_MAX_NS: Final = 2 * SECOND
RETRY_NS: Final = 500 * MILLISECOND


class AddressKeeper:
    """Brings one address to where it is wanted, and keeps it there."""

    def __init__(
        self,
        address: Address,
        timing: Timing,
        *,
        timers: Timers,
        operations: Operations,
        rng: Random,
        owner_mac: Callable[[], str | None],
        yields: Callable[[], bool],
    ) -> None:
        """``yields``: this is not the preferred node; a tie with a stranger is decided by that."""
        self.address = address
        self.wants = False
        self.holds = False
        self.probe = Probe(
            address,
            timing,
            timers=timers,
            operations=operations,
            owner_mac=owner_mac,
            yields=yields,
        )
        self.trouble = ""
        self.peer_met = False
        """The peer's machine was met on the service network: it has just asked or answered."""
        self._lost = 0
        self._conflicts = 0
        self._blind = False
        self._timers = timers
        self._operations = operations
        self._owner_mac = owner_mac
        self._op: int | None = None
        self._lingers = False
        """The kernel may still have it although it counts as lost: its lease is not over yet."""
        self._expires_ns = 0
        self._latest_end_ns = 0
        """When the lease of the last claim ends at the latest, whenever the kernel took it."""
        self._deleted_ns = -1
        self._announcements = Announcements(address, timers, rng)
        self._rival = Rival(
            address, timers=timers, operations=operations, owner_mac=owner_mac, yields=yields
        )
        self._defended_ns = -DEFEND_EVERY_NS
        self._questioned_ns = -QUESTIONS_END_NS - 1
        self.reconfigure(timing)

    def reconfigure(self, timing: Timing) -> None:
        """The next renewal has the new lifetime."""
        self._lease_s = timing.lease_s
        self._claim_within_ns = min(OPERATION_MAX_NS, timing.deadtime_ns)

    @property
    def busy(self) -> bool:
        """A claim or a release is under way."""
        return self._op is not None

    @property
    def kept(self) -> bool:
        """Held, and meant to be: what is held only because a release failed is not kept."""
        return self.holds and self.wants and not self.busy

    @property
    def gone(self) -> bool:
        """Surely not on this node: neither held, nor about to be, nor left in the kernel."""
        return not self.holds and not self.busy and not self._lingers

    def claim(self, turn: Turn, *, blind: bool = False) -> None:
        """Want it; whether it may be claimed now was decided by the caller.

        ``blind``: nobody but the probe said that it is free, and the peer could not be asked.
        """
        self.wants = True
        self._blind = blind
        if self.holds or self.busy or self._timers.is_armed(self._name("retry")):
            return
        self.probe.end()
        self._op = self._operations.next()
        not_after_ns = turn.ns + self._claim_within_ns
        self._latest_end_ns = not_after_ns + self._lease_s * SECOND
        turn.do(
            ClaimAddress(
                op=self._op,
                address=self.address,
                lease_s=self._lease_s,
                not_after_ns=not_after_ns,
            )
        )
        self._timers.arm(self._name("operation"), turn.ns + OPERATION_MAX_NS, self._claim_hangs)

    def release(self, turn: Turn) -> None:
        """Want it no more; it is gone when the kernel has said so."""
        self.probe.end()
        was_wanted, self.wants = self.wants, False
        if was_wanted:
            self._stop_keeping()
            self._timers.disarm(self._name("retry"))
        self._forgive_later(turn)
        if self.gone or (self.busy and not was_wanted):
            return
        if self._timers.is_armed(self._name("retry")):
            return
        # A claim that this overtakes may have succeeded: it is here until the kernel denies it.
        self.holds = True
        self._op = self._operations.next()
        turn.do(ReleaseAddress(op=self._op, address=self.address))
        self._timers.arm(self._name("operation"), turn.ns + OPERATION_MAX_NS, self._release_hangs)

    def found(self, turn: Turn) -> None:
        """An earlier life left it in the kernel; it stays there until its lease ends."""
        self._lingers = True
        self._extend(turn.ns)

    def is_undisputed(self, turn: Turn) -> bool:
        """A stranger deleted it this very moment, while its lease ran: it may be put back.

        Any other node needs several silent probes before it can have taken it.
        """
        return self._deleted_ns == turn.ns

    def agree(self) -> None:
        """The peer is heard: who holds what is settled with it, and no more by sight."""
        self._blind = False
        self._rival.end()

    def meet(self, turn: Turn, mac: str) -> None:
        """This machine has said something about the address on the service network."""
        if mac == self._owner_mac():
            self.peer_met = True
            self._timers.arm(self._name("met"), turn.ns + MET_FOR_NS, self._part)

    def _part(self, turn: Turn) -> None:
        del turn
        self.peer_met = False

    def distrust(self) -> None:
        """We slept: what was held may be another's now. It is claimed anew, after a probe."""
        self._lingers = self.holds
        self.holds = False
        self._stop_keeping()

    def announce(self, turn: Turn) -> None:
        """Begin a burst anew: claimed, a peer returned, carrier came back, a second owner seen."""
        if not self.holds or not self.wants or self.busy:
            return
        self._announcements.begin(turn)

    # --- answers -------------------------------------------------------------------------------

    def on_event(self, turn: Turn, event: AddressEvent) -> None:  # noqa: C901 - a table
        """Take a fact about this address; an answer that is not awaited any more is ignored."""
        match event:
            case AddressClaimed() if event.op == self._op:
                self._claimed(turn, event.at_ns)
            case AddressReleased() if event.op == self._op:
                self._released(turn)
            case AddressRefused() if event.op == self._op:
                self._end_operation()
                self._fail(turn, event.reason)
            case AddressClaimed() | AddressReleased() | AddressRefused():
                return
            case LeaseRenewed():
                self._renewed(event.at_ns)
            case AddressLost():
                self._taken(turn, event)
            case AddressProbed():
                self._probed(turn, event)
            case ProbeFailed():
                self.probe.on_failed(event)
            case ConflictSeen():
                self._conflict(turn, event.mac)
            case QuestionHeard():
                self._questioned(turn, event.mac)
            case _:
                assert_never(event)

    def _claimed(self, turn: Turn, at_ns: int) -> None:
        self._end_operation()
        self.trouble = ""
        self._extend(at_ns)
        if turn.ns >= self._expires_ns:
            return  # we slept before the answer was read, and the lease has ended meanwhile
        self.holds = True
        self._lingers = False
        if not self.wants:
            self.release(turn)
            return
        turn.tell(AddressHeld(address=self.address.name, interface=self.address.interface))
        self.announce(turn)
        self._arm_renewal(turn)
        if self._blind:
            self._rival.begin(turn)

    def _released(self, turn: Turn) -> None:
        self._end_operation()
        self.holds = self._lingers = False
        self.trouble = ""
        turn.tell(AddressGivenUp(address=self.address.name, interface=self.address.interface))

    def _renewed(self, at_ns: int) -> None:
        if not self.holds:
            # It was on its way when the address was lost, and has made it anew (safety rule 2).
            self._lingers = True
        self._extend(at_ns)

    def _taken(self, turn: Turn, event: AddressLost) -> None:
        # A release of our own is seen by the kernel's watch too, and is no loss.
        self._lingers = self._lingers and not event.gone
        if not self.holds or not self.wants or self.busy:
            return
        self._lost += 1
        self.distrust()
        self._lingers = not event.gone
        turn.tell(AddressTaken(address=self.address.name, reason=event.reason))
        if event.gone and turn.ns < self._expires_ns:
            self._deleted_ns = turn.ns

    def _probed(self, turn: Turn, event: AddressProbed) -> None:
        if event.answered_by is not None:
            self.meet(turn, event.answered_by)
        rival = self._rival.answer(event)
        if rival is not None:
            self._conflict(turn, rival)
        else:
            self.probe.on_probed(turn, event)

    def _conflict(self, turn: Turn, mac: str) -> None:
        # Two machines that answer each other's announcements would do nothing else (RFC 5227 2.4).
        if not self.holds or not self.wants or turn.ns - self._defended_ns < DEFEND_EVERY_NS:
            return
        self._defended_ns = turn.ns
        self._conflicts += 1
        turn.tell(AddressConflict(address=self.address.name, mac=mac))
        if self._rival.is_it(mac):
            self.release(turn)  # the silent peer is there after all, or a stranger goes first
        else:
            self.announce(turn)

    def _questioned(self, turn: Turn, mac: str) -> None:
        """Somebody looks for an owner: perhaps the silent peer, which has just let go."""
        self.meet(turn, mac)
        first = turn.ns - self._questioned_ns > QUESTIONS_END_NS
        self._questioned_ns = turn.ns
        self.probe.contend(turn)
        if first:
            self.announce(turn)

    def view(self) -> AddressView:
        return AddressView(
            name=self.address.name,
            interface=self.address.interface,
            label=self.address.label or "",
            state=self._state(),
            lost=self._lost,
            conflicts=self._conflicts,
        )

    def _state(self) -> AddressState:
        if self.busy:
            return AddressState.CLAIMING if self.wants else AddressState.RELEASING
        if self.holds:
            return AddressState.HELD
        if self.trouble:
            return AddressState.FAILED
        return AddressState.PROBING if self.probe.asking else AddressState.ABSENT

    # --- timers --------------------------------------------------------------------------------

    def _name(self, what: str) -> str:
        return f"{what} {self.address.name}"

    def _stop_keeping(self) -> None:
        self._timers.disarm(self._name("renew"))
        self._announcements.end()
        self._rival.end()

    def _end_operation(self) -> None:
        self._op = None
        self._timers.disarm(self._name("operation"))

    def _extend(self, at_ns: int) -> None:
        self._expires_ns = max(self._expires_ns, at_ns + self._lease_s * SECOND)

    def _arm_renewal(self, turn: Turn) -> None:
        every_ns = self._lease_s * SECOND // RENEWALS_PER_LEASE
        self._timers.arm(self._name("renew"), turn.ns + every_ns, self._renew)

    def _renew(self, turn: Turn) -> None:
        # A little before the end, so that a renewal that waits for its turn cannot become a claim.
        margin_ns = self._lease_s * SECOND // 10
        turn.do(
            RenewLease(
                address=self.address,
                lease_s=self._lease_s,
                not_after_ns=self._expires_ns - margin_ns,
            )
        )
        self._arm_renewal(turn)

    def _claim_hangs(self, turn: Turn) -> None:
        # It may yet succeed in the kernel, so that it must be released before anything else.
        self._op = None
        self.holds = True
        self._fail(turn, "the kernel did not answer a claim within 2 s")
        self.release(turn)

    def _release_hangs(self, turn: Turn) -> None:
        self._op = None
        self._fail(turn, "the kernel did not answer a release within 2 s")

    def _fail(self, turn: Turn, reason: str) -> None:
        if self.trouble != reason:
            turn.tell(AddressFailed(address=self.address.name, reason=reason))
        self.trouble = reason
        self._timers.arm(self._name("retry"), turn.ns + RETRY_NS, self._retry)
        self._forgive_later(turn)

    def _forgive_later(self, turn: Turn) -> None:
        if self.trouble and not self.wants and not self._timers.is_armed(self._name("forgive")):
            self._timers.arm(self._name("forgive"), turn.ns + FORGIVE_AFTER_NS, self._forgive)

    def _forgive(self, turn: Turn) -> None:
        """What was refused a while ago may be possible now: the node counts as fit again."""
        del turn
        if not self.wants:
            self.trouble = ""

    def _retry(self, turn: Turn) -> None:
        if not self.wants and not self.busy and self._is_over(turn):
            self.holds = self._lingers = False
            turn.tell(AddressGivenUp(address=self.address.name, interface=self.address.interface))
        if not self.wants and not self.gone:
            self.release(turn)

    def _is_over(self, turn: Turn) -> bool:
        """Nobody renewed it for so long that the kernel has ended it, whatever it answers."""
        end_ns = max(self._expires_ns, self._latest_end_ns)
        return not self.gone and turn.ns > end_ns + LEASE_GRAIN_NS
