"""Mutants of what is done with addresses: leases, probes, announcements."""

from typing import Final

from sidecar.core.actions import RenewLease
from sidecar.core.addresses import Addresses
from sidecar.core.cluster import Cluster
from sidecar.core.groups import Groups
from sidecar.core.keepers import Keepers
from sidecar.core.lease import Lease
from sidecar.core.negotiation import Negotiation
from sidecar.core.params import Address
from sidecar.core.probe import Probe
from sidecar.core.terms import SECOND, Holding
from sidecar.core.turn import Turn
from tests.sim.fault import Fault
from tests.sim.mutants.mutant import Function, Mutant, Patch
from tests.sim.mutants.worlds import LONG, dies_soon, may_have_two_owners

_HOUR_NS: Final = 3600 * SECOND


def _renew_whenever(original: Function) -> Function:
    def renew(self: Lease, turn: Turn) -> None:
        actions = turn.actions
        original(self, turn)
        for at, action in enumerate(actions):
            if isinstance(action, RenewLease):
                actions[at] = RenewLease(
                    address=action.address, lease_s=action.lease_s, not_after_ns=turn.ns + _HOUR_NS
                )

    return renew


def _believe_all(_: Function) -> Function:
    def believe(self: Cluster, turn: Turn) -> None:
        del self, turn

    return believe


def _clear_at_once(_: Function) -> Function:
    def is_clear(self: Probe, turn: Turn) -> bool:
        del self, turn
        return True

    return is_clear


def _one_silent_question(_: Function) -> Function:
    def is_clear(self: Probe, turn: Turn) -> bool:
        del turn
        return self._silent >= 1

    return is_clear


def _ask_everybody(_: Function) -> Function:
    def owner_mac(self: Keepers, address: Address) -> Function:
        del self, address
        return lambda: None

    return owner_mac


def _no_announcement(_: Function) -> Function:
    def announce(self: Addresses, turn: Turn) -> None:
        del self, turn

    return announce


def _no_renewal(_: Function) -> Function:
    def keep(self: Lease, turn: Turn) -> None:
        del self, turn

    return keep


def _any_carrier(_: Function) -> Function:
    def has_carrier(self: Groups, interface: str) -> bool:
        del self, interface
        return True

    return has_carrier


def _fight_for_the_past(_: Function) -> Function:
    def reattach(self: Negotiation, turn: Turn) -> None:
        if Holding.FOREIGN not in self._holdings.mine:
            # The rule is kept there, too: nothing is vouched for before it.
            self._questions.proof = ""
            why = "it was ours"
            self._holdings.claim(
                turn, Holding.FOREIGN, vouched_until_ns=turn.ns + SECOND, reason="reattach", why=why
            )

    return reattach


MUTANTS: Final = (
    Mutant(
        name="a renewal never comes too late",
        rule="safety 2: a renewal after its time is not sent",
        caught_by=("two owners",),
        patches=(Patch(owner=Lease, name="_renew", by=_renew_whenever),),
        faults=(Fault.KERNEL_SLOW, Fault.FREEZE),
        within=6,
    ),
    Mutant(
        name="a late turn is no loss",
        rule="safety 2: a node that slept probes before it claims again",
        caught_by=("deaf itself",),
        patches=(Patch(owner=Cluster, name="_believe_nothing", by=_believe_all),),
        faults=(Fault.FREEZE, Fault.PARTITION),
        within=6,
    ),
    Mutant(
        name="claim without a question",
        rule="safety 3: ask before claiming",
        caught_by=("two owners",),
        patches=(Patch(owner=Probe, name="is_clear", by=_clear_at_once),),
        faults=(Fault.PARTITION, Fault.CUT_LINK),
        within=3,
    ),
    Mutant(
        name="one silent question is enough",
        rule="safety 3: an address whose owner still answers is not taken",
        caught_by=("two owners",),
        patches=(Patch(owner=Probe, name="is_clear", by=_one_silent_question),),
        faults=(Fault.PARTITION, *(Fault.LAN_HICCUP,) * 4),
        within=10,
    ),
    Mutant(
        name="anybody's answer counts",
        rule="safety 3: the owner is asked by its hardware address",
        caught_by=("not taken over",),
        patches=(Patch(owner=Keepers, name="_owner_mac", by=_ask_everybody),),
        faults=(Fault.CRASH, *(Fault.ROUTER_ANSWERS,) * 3),
        within=20,
        suits=dies_soon,
        pace=LONG,
    ),
    Mutant(
        name="no announcement after a heal",
        rule="safety 5: the older claim is announced again",
        caught_by=("not found",),
        patches=(Patch(owner=Addresses, name="announce", by=_no_announcement),),
        faults=(Fault.PARTED, Fault.LAN_CUT, Fault.PARTITION),
        suits=may_have_two_owners,
        pace=LONG,
        within=20,
    ),
    Mutant(
        name="no timer renews",
        rule="safety 1: an address is a lease, renewed by its own timer",
        caught_by=(
            "does not stay",
            "does not settle",
        ),
        patches=(Patch(owner=Lease, name="keep", by=_no_renewal),),
        faults=(Fault.BAD_QUALITY,),
        within=6,
    ),
    Mutant(
        name="a carrier does not matter",
        rule="faults: the service cable is pulled, hand-over at once",
        caught_by=("by sight",),
        patches=(Patch(owner=Groups, name="has_carrier", by=_any_carrier),),
        faults=(Fault.CARRIER_LOST,),
        within=6,
    ),
    Mutant(
        name="what was held before a restart is held now",
        rule="safety 3 and 5: a peer that has taken over is not fought",
        caught_by=("two owners",),
        patches=(Patch(owner=Negotiation, name="_reattach", by=_fight_for_the_past),),
        faults=(Fault.KILL, Fault.CRASH),
        within=20,
    ),
)
