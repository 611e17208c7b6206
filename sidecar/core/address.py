"""One floating address on this node: wish and fact kept apart (``wants`` / ``holds``).

The kernel keeps the address as a lease, which is renewed while the address is wanted (lease.py); a
node that is killed, frozen or starved loses it by itself. Announced in a spaced burst on each
claim, and slowly ever after (announcements.py), and kept against others (defence.py).
Never decides who owns it.
"""

from random import Random
from typing import Final, assert_never

from sidecar.core.actions import ClaimAddress, ReleaseAddress
from sidecar.core.announcements import Announcements
from sidecar.core.changes import Changes
from sidecar.core.defence import Defence
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
from sidecar.core.lease import Lease
from sidecar.core.neighbours import Neighbours
from sidecar.core.occurrences import AddressGivenUp, AddressHeld, AddressTaken
from sidecar.core.operation import Operation
from sidecar.core.params import Address, Timing
from sidecar.core.probe import Probe
from sidecar.core.setback import Setback
from sidecar.core.terms import SECOND, AddressState
from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Operations, Turn
from sidecar.core.view import AddressView

OPERATION_MAX_NS: Final = 2 * SECOND
NOWHERE: Final = (
    "haresources names no interface for it, and no interface of this host has a subnet that "
    "contains it: bring that interface up, and the address is served; or write it as "
    "ADDRESS/PREFIX/INTERFACE, and reload"
)


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
        neighbours: Neighbours,
        changes: Changes,
        troubles: Changes,
    ) -> None:
        """``changes``: noted when ``gone`` may have changed; ``troubles``: with each trouble."""
        self.address = address
        self.wants = False
        self.holds = False
        self.probe = Probe(
            address,
            timing,
            timers=timers,
            operations=operations,
            neighbours=neighbours,
            troubles=troubles,
        )
        self.defence = Defence(address, timers=timers, operations=operations, neighbours=neighbours)
        self._changes = changes
        self._lost = 0
        self._operation = Operation(f"operation {address.name}", operations, timers)
        self._setback = Setback(
            address,
            timers,
            wanted=lambda: self.wants,
            retry=self._try_again,
            troubles=troubles,
        )
        self._lease = Lease(address, timing, timers)
        self._lingers = False
        """The kernel may still have it although it counts as lost: its lease is not over yet."""
        self.left = False
        """An earlier life held it when it ended, and this one has not wanted it yet."""
        self._deleted_ns = -1
        self._claim_until_ns = 0
        self._undone = False
        """It went while a claim was under way: perhaps after the kernel had carried that out."""
        self._made_anew = False
        """It went just when the kernel had answered: perhaps before the kernel made it anew."""
        self._announcements = Announcements(address, timers, rng, neighbours)
        self.reconfigure(timing)

    def reconfigure(self, timing: Timing) -> None:
        """The next renewal has the new lifetime."""
        self._lease.reconfigure(timing)
        # Until then nobody holds this node for dead, and what it claims on its peer's word or after
        # its own questions is still free.
        self._claim_within_ns = min(OPERATION_MAX_NS, timing.alive_for_ns)

    @property
    def busy(self) -> bool:
        """A claim or a release is under way."""
        return self._operation.under_way

    @property
    def kept(self) -> bool:
        """Held, and meant to be: what is held only because a release failed is not kept."""
        return self.holds and self.wants and not self.busy

    @property
    def gone(self) -> bool:
        """Surely not on this node: not even a renewal that was on its way when it went, and of
        which the kernel has not told yet, or told first, can put it back.
        """
        return self.away and not (self._lease.renewing or self._made_anew)

    @property
    def away(self) -> bool:
        """Neither held, nor asked for, nor left in the kernel, as far as that has told."""
        return not self.holds and not self.busy and not self._lingers

    @property
    def trouble(self) -> str:
        """Why it cannot be held, or the kernel did not do as it was told; empty when it did."""
        return self._setback.reason if self.address.interface else NOWHERE

    def claim(self, turn: Turn, *, free_until_ns: int | None = None, blind: bool = False) -> None:
        """Want it; whether it may be claimed now was decided by the caller.

        ``free_until_ns``: so long it is free by the peer's word.
        ``blind``: nobody but the probe said that it is free, and the peer could not be asked.
        """
        self._changes.note()
        self.wants = True
        self.defence.blind = blind
        if self.holds or self.busy or self._setback.waits:
            return
        self.probe.end()
        not_after_ns = turn.ns + self._claim_within_ns
        if free_until_ns is not None:
            not_after_ns = min(not_after_ns, free_until_ns)
        self._ask_kernel(turn, not_after_ns)

    def put_back(self, turn: Turn) -> None:
        """A stranger deleted it just now: claim it as before, as blindly or not."""
        self.claim(turn, blind=self.defence.blind)

    def _ask_kernel(self, turn: Turn, not_after_ns: int) -> None:
        self._undone = False
        self._claim_until_ns = not_after_ns
        self._lease.asked_for(not_after_ns)
        turn.do(
            ClaimAddress(
                op=self._begin(turn, self._claim_hangs),
                address=self.address,
                lease_s=self._lease.seconds,
                not_after_ns=not_after_ns,
            )
        )

    def release(self, turn: Turn) -> None:
        """Want it no more; it is gone when the kernel has said so."""
        self._changes.note()
        self.probe.end()
        was_wanted, self.wants = self.wants, False
        if was_wanted:
            self._stop_keeping()
            self._setback.wait_no_more()
        self._setback.forgive_later(turn)
        if self.gone or (self.busy and not was_wanted):
            return
        if self._setback.waits:
            return
        # A claim that this overtakes may have succeeded: it is here until the kernel denies it.
        self.holds = True
        op = self._begin(turn, self._release_hangs)
        turn.do(ReleaseAddress(op=op, address=self.address))

    def end(self) -> None:
        """It has gone, and no group names it any more."""
        self._setback.end()

    def found(self, turn: Turn) -> None:
        """An earlier life left it in the kernel: it stays there until its lease ends."""
        self.left = True
        self._linger(turn)

    def _linger(self, turn: Turn) -> None:
        self._changes.note()
        self._lingers = True
        self._lease.extend(turn.ns)

    def take_up(self, turn: Turn) -> None:
        """An earlier life left it, and it is to be held again: its lease is not to end while that
        is being prepared. Once, so that a life that comes to nothing costs one lease at most.
        Who slept just now may not have heard yet that it went, and that the other node has it.
        """
        still_here = self.left and self._lingers and self._lease.runs(turn.ns)
        if still_here and not (self.busy or turn.waking):
            self._changes.note()
            self._lease.renew(turn, turn.ns + self._claim_within_ns)
        self.left = False

    def is_undisputed(self, turn: Turn) -> bool:
        """A stranger deleted it this very moment, while its lease ran: it may be put back.

        Any other node needs several silent probes before it can have taken it: while this node
        slept, it may have had the time.
        """
        return self._deleted_ns == turn.ns and not turn.waking

    def slept(self) -> None:
        """What was found out before may have changed meanwhile."""
        self.probe.distrust()
        self.left = False
        if self.holds:
            self.distrust()

    def distrust(self) -> None:
        """What was held may be another's now. It is claimed anew, after a probe."""
        self._changes.note()
        self._lingers = self.holds
        self.holds = False
        self._stop_keeping()

    def announce(self, turn: Turn) -> None:
        """Begin a burst anew: claimed, a peer returned, carrier came back, a second owner seen."""
        if not self.holds or not self.wants or self.busy:
            return
        self._announcements.begin(turn)

    def hush(self) -> None:
        """Say nothing of it before it is announced again."""
        self._announcements.end()

    # --- answers -------------------------------------------------------------------------------

    def on_event(self, turn: Turn, event: AddressEvent) -> None:  # noqa: C901 - a table
        """Take a fact about this address; an answer that is not awaited any more is ignored."""
        match event:
            case AddressClaimed() if self._operation.is_answered_by(event.op):
                self._claimed(turn, event.at_ns)
            case AddressReleased() if self._operation.is_answered_by(event.op):
                self._released(turn)
            case AddressRefused() if self._operation.is_answered_by(event.op):
                self._changes.note()
                self._operation.end()
                if not event.gone:
                    self._linger(turn)
                self._setback.happen(turn, event.reason)
            case AddressClaimed() | AddressReleased() | AddressRefused():
                return
            case LeaseRenewed():
                self._renewed(turn, event.at_ns)
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
        self._changes.note()
        self._operation.end()
        self._setback.make_good()
        self._lease.claimed(at_ns, turn.ns)
        if not self._lease.runs(turn.ns):
            # We slept before the answer was read, and the lease has ended meanwhile; or the kernel
            # was slow, and it has only just begun there.
            self._linger(turn)
            return
        if self._undone and self.wants:
            self._lingers = True  # unless it went after that, which the next answer tells
            self._ask_kernel(turn, self._claim_until_ns)
            return
        self.holds = True
        self._lingers = False
        if not self.wants:
            self.release(turn)
            return
        turn.tell(AddressHeld(address=self.address.name, interface=self.address.interface))
        self.announce(turn)
        self._lease.keep(turn)
        self.defence.begin(turn)

    def _released(self, turn: Turn) -> None:
        self._changes.note()
        self._operation.end()
        self._lease.released()
        self.holds = self._lingers = self._made_anew = False
        self._setback.make_good()
        turn.tell(AddressGivenUp(address=self.address.name, interface=self.address.interface))

    def _renewed(self, turn: Turn, at_ns: int) -> None:
        if not self.holds:
            # It was on its way when the address was lost, and has made it anew (safety rule 2).
            self._changes.note()
            self._lingers = True
        self._lease.renewed(at_ns, turn.ns)

    def _taken(self, turn: Turn, event: AddressLost) -> None:
        self._changes.note()
        renewal_failed = not (event.gone or event.displaced)
        if renewal_failed:
            self._lease.not_renewed()
        # A release of our own is seen by the kernel's watch too, and is no loss. A renewal that
        # failed may have made anew what had gone while it was on its way.
        made_anew = renewal_failed and self.away
        self._lingers = not event.gone and (self._lingers or made_anew)
        self._undone = self.busy and not renewal_failed
        if event.gone:
            self._made_anew = self._lease.made_lately(turn.ns)
        if not self.holds or not self.wants or self.busy:
            return
        self._lost += 1
        self.distrust()
        self._lingers = not event.gone
        turn.tell(AddressTaken(address=self.address.name, reason=event.reason))
        if not renewal_failed and self._lease.runs(turn.ns):
            self._deleted_ns = turn.ns

    def _probed(self, turn: Turn, event: AddressProbed) -> None:
        if event.answered_by is not None:
            self.defence.meet(turn, event.answered_by)
        rival = self.defence.rival_in(event)
        if rival is not None:
            self._conflict(turn, rival)
        else:
            self.probe.on_probed(turn, event)

    def _conflict(self, turn: Turn, mac: str) -> None:
        if not self.holds or not self.wants:
            return
        if self.defence.must_yield(turn, mac):
            # The silent peer is there after all, or a stranger goes first. If both claimed in the
            # same instant, both let go now, and only one of them is to claim it again.
            self.probe.contend(turn)
            self.release(turn)
        elif self.defence.answers(turn, mac):
            self.announce(turn)

    def _questioned(self, turn: Turn, mac: str) -> None:
        """Somebody looks for an owner: perhaps the silent peer, which has just let go."""
        self.defence.meet(turn, mac)
        first = self.defence.begins_a_search(turn)
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
            conflicts=self.defence.conflicts,
        )

    def _state(self) -> AddressState:
        if self.busy:
            return AddressState.CLAIMING if self.wants else AddressState.RELEASING
        if self.holds:
            return AddressState.HELD
        if self.trouble:
            return AddressState.FAILED
        return AddressState.PROBING if self.probe.asking else AddressState.ABSENT

    # --- operations ----------------------------------------------------------------------------

    def _stop_keeping(self) -> None:
        self._lease.let_run_out()
        self._announcements.end()
        self.defence.end()

    def _begin(self, turn: Turn, hangs: Then) -> int:
        return self._operation.begin(turn, at_most_ns=OPERATION_MAX_NS, hangs=hangs)

    def _claim_hangs(self, turn: Turn) -> None:
        self._changes.note()
        # It may yet succeed in the kernel, so that it must be released before anything else.
        self.holds = True
        self._setback.happen(turn, "the kernel did not answer a claim within 2 s")
        self.release(turn)

    def _release_hangs(self, turn: Turn) -> None:
        self._changes.note()
        self._setback.happen(turn, "the kernel did not answer a release within 2 s")

    def _try_again(self, turn: Turn) -> None:
        self._changes.note()
        if not (self.wants or self.busy or self.gone) and self._lease.is_over(turn.ns):
            self.holds = self._lingers = self._made_anew = False
            turn.tell(AddressGivenUp(address=self.address.name, interface=self.address.interface))
        if not self.wants and not self.gone:
            self.release(turn)
