"""Mutants of what is believed of the peer, and agreed upon with it."""

from typing import Any, Final

from sidecar.core.claims import Claims
from sidecar.core.cluster import Cluster
from sidecar.core.failback import FailbackDelay
from sidecar.core.groups import Groups
from sidecar.core.inbox import Inbox
from sidecar.core.moves import Moves
from sidecar.core.overlap import Overlap
from sidecar.core.questions import Questions
from sidecar.core.readiness import Readiness
from sidecar.core.repeats import Repeats
from sidecar.core.sequence import Inbound, Verdict
from sidecar.core.shutdown import Stage
from sidecar.core.standby import Standby
from sidecar.core.terms import Holding
from sidecar.core.turn import Turn
from tests.sim.fault import Fault
from tests.sim.mutants.mutant import Function, Mutant, Pace, Patch
from tests.sim.mutants.worlds import LONG, dies_soon, has_ping_nodes, waits_for_failback


def _never_isolated(_: Any) -> property:
    return property(lambda groups: False)  # noqa: ARG005 # the name of the groups says whose it is


def _younger_stays(original: Function) -> Function:
    def keeps(self: Claims, side: Holding) -> bool:
        return not original(self, side)

    return keeps


def _two_owners_are_fine(_: Function) -> Function:
    def resolve(self: Overlap, turn: Turn) -> None:
        del self, turn

    return resolve


def _nothing_is_past(_: Function) -> Function:
    def is_past(self: Inbound, generation: int | None, seq: int | None) -> bool:
        del self, generation, seq
        return False

    return is_past


def _nothing_is_a_copy(_: Function) -> Function:
    def has(self: Repeats, data: bytes, now_ns: int) -> bool:
        del self, data, now_ns
        return False

    return has


def _everything_is_news(original: Function) -> Function:
    def judge(self: Inbound, generation: int, seq: int, now_ns: int, *, is_status: bool) -> Verdict:
        verdict: Verdict = original(self, generation, seq, now_ns, is_status=is_status)
        return Verdict.NEW if verdict in (Verdict.DUPLICATE, Verdict.REPLAY) else verdict

    return judge


def _every_message_is_the_newest(_: Function) -> Function:
    def is_news(self: Inbox, kind: str, seq: int) -> bool:
        del self, kind, seq
        return True

    return is_news


def _any_generation(original: Function) -> Function:
    def judge(self: Inbound, generation: int, seq: int, now_ns: int, *, is_status: bool) -> Verdict:
        if self.generation is not None and generation < self.generation:
            return Verdict.NEW
        verdict: Verdict = original(self, generation, seq, now_ns, is_status=is_status)
        return verdict

    return judge


def _all_is_of_now(_: Function) -> Function:
    def demand_proof(self: Questions) -> None:
        del self

    return demand_proof


def _ready_or_not(original: Function) -> Function:
    def obstacle(self: Moves) -> str:
        peer = self._peer
        ready, peer.ready = peer.ready, None  # as if it did not say; all other obstacles stay
        text: str = original(self)
        peer.ready = ready
        return text

    return obstacle


def _never_vain(_: Function) -> Function:
    def give_up_if_vain(self: Standby, turn: Turn) -> None:
        del self, turn

    return give_up_if_vain


def _no_wait(_: Function) -> Function:
    def left_ns(self: FailbackDelay, now_ns: int) -> int | None:
        del self, now_ns
        return 0

    return left_ns


def _take_unfit(_: Function) -> Function:
    def may_take(self: Cluster) -> bool:
        return self.takeover.both_stable and self.shutdown.stage is Stage.RUNNING

    return may_take


def _always_ready(_: Function) -> Function:
    def obstacles(self: Readiness) -> tuple[str, ...]:
        del self
        return ()

    return obstacles


def _done_before_released(_: Function) -> Function:
    def is_released(self: Standby) -> bool:
        del self
        return True

    return is_released


_REPLAYS: Final = (
    Patch(owner=Inbound, name="is_past", by=_nothing_is_past),
    Patch(owner=Repeats, name="has", by=_nothing_is_a_copy),
)

MUTANTS: Final = (
    Mutant(
        name="cut off and does not know",
        rule="safety 4: who has lost the peer and every ping node lets go",
        caught_by=("cut off",),
        patches=(Patch(owner=Groups, name="isolated", by=_never_isolated),),
        faults=(Fault.PARTITION, Fault.PING_LOST, Fault.ARBITER_DOWN),
        within=20,
        suits=has_ping_nodes,
    ),
    Mutant(
        name="the younger claim stays",
        rule="safety 5: the older claim stays",
        caught_by=("older stays",),
        patches=(Patch(owner=Claims, name="keeps", by=_younger_stays),),
        faults=(Fault.PARTED, Fault.PARTITION, Fault.LAN_CUT),
        within=6,
    ),
    Mutant(
        name="two owners are left alone",
        rule="safety 5: the other one lets go",
        caught_by=("two owners",),
        patches=(Patch(owner=Overlap, name="resolve", by=_two_owners_are_fine),),
        faults=(Fault.PARTED, Fault.PARTITION, Fault.LAN_CUT),
        within=6,
    ),
    Mutant(
        name="packets of the past are believed",
        rule="security: generation and number make an old packet useless",
        caught_by=("not taken over", "does not settle"),
        patches=(
            *_REPLAYS,
            Patch(owner=Inbound, name="judge", by=_everything_is_news),
            Patch(owner=Inbox, name="_is_news", by=_every_message_is_the_newest),
        ),
        faults=(Fault.CRASH, *(Fault.REPLAYED,) * 3),
        within=40,
        suits=dies_soon,
        pace=LONG,
    ),
    Mutant(
        name="an earlier life is believed",
        rule="security: the generation",
        caught_by=("not taken over", "does not settle"),
        patches=(
            *_REPLAYS,
            Patch(owner=Inbound, name="judge", by=_any_generation),
            Patch(owner=Inbox, name="_is_news", by=_every_message_is_the_newest),
        ),
        faults=(*(Fault.CRASH,) * 2, *(Fault.REPLAYED,) * 5),
        within=40,
        suits=dies_soon,
        pace=Pace(every_s=5, shortest_s=5, longest_s=40),
    ),
    Mutant(
        name="a goodbye needs no proof",
        rule="safety 3: a goodbye or hand-over vouches only for a peer that has answered this life",
        caught_by=("two owners",),
        patches=(Patch(owner=Questions, name="demand_proof", by=_all_is_of_now),),
        faults=(Fault.KILL, Fault.STOP, *(Fault.REPLAYED,) * 4),
        within=20,
        suits=dies_soon,
        pace=Pace(every_s=3, shortest_s=1, longest_s=10),
    ),
    Mutant(
        name="hand over to whom is not ready",
        rule="safety 6: nothing is handed over to a node that is not ready",
        caught_by=("no worse",),
        patches=(
            Patch(owner=Moves, name="obstacle", by=_ready_or_not),
            Patch(owner=Cluster, name="may_take", by=_take_unfit),
            Patch(owner=Standby, name="_give_up_if_vain", by=_never_vain),
        ),
        faults=(Fault.CARRIER_LOST, *(Fault.STANDBY,) * 3),
        within=20,
        suits=dies_soon,
        pace=Pace(every_s=5, shortest_s=15, longest_s=60),
    ),
    Mutant(
        name="failback at once",
        rule="R9: when its preferred node has been ready for a while",
        caught_by=("too early",),
        patches=(Patch(owner=FailbackDelay, name="left_ns", by=_no_wait),),
        faults=(Fault.KILL, Fault.CRASH),
        within=20,
        suits=waits_for_failback,
    ),
    Mutant(
        name="always ready",
        rule="safety 6: failback when it is ready",
        caught_by=("no worse",),
        patches=(Patch(owner=Readiness, name="obstacles", by=_always_ready),),
        faults=(Fault.CONTAINER_REMOVED, Fault.CARRIER_LOST, Fault.STANDBY, Fault.CRASH),
        within=20,
        pace=LONG,
    ),
    Mutant(
        name="done is said before it is done",
        rule="hand-over: the taker claims when the giver has released",
        caught_by=("two owners",),
        patches=(Patch(owner=Standby, name="_is_released", by=_done_before_released),),
        faults=(Fault.STANDBY, Fault.KERNEL_SLOW, Fault.KERNEL_REFUSES),
        within=6,
    ),
)
