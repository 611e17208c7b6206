"""Mutants of what is done with containers, and in which order."""

from dataclasses import replace
from typing import Final

from sidecar.core.container import ContainerKeeper
from sidecar.core.group import Group
from sidecar.core.mending import Mending
from sidecar.core.terms import ContainerFacts, ContainerState
from sidecar.core.turn import Turn
from tests.sim.fault import Fault
from tests.sim.mutants.mutant import Function, Mutant, Patch
from tests.sim.mutants.worlds import LONG, has_no_restarts


def _pause_first(original: Function) -> Function:
    def advance_down(self: Group, turn: Turn) -> None:
        if self.addresses.any_here:
            for container in self.containers:
                container.stand_by(turn)
        original(self, turn)

    return advance_down


def _claim_first(original: Function) -> Function:
    def bring_up(self: Group, turn: Turn) -> bool:
        original(self, turn)
        return True

    return bring_up


def _keep_it_dead(original: Function) -> Function:
    def suspension(self: Group) -> tuple[str, str] | None:
        why: tuple[str, str] | None = original(self)
        return None if why is not None and why[0] == "service_failed" else why

    return suspension


def _cold(_: Function) -> Function:
    def prepare(self: Group, turn: Turn, wanted_ns: int) -> None:
        if not self.wanted:
            self.addresses.look_for_owner(turn, wanted_ns)

    return prepare


def _never_again(_: Function) -> Function:
    def mend_later(self: Mending, turn: Turn, *, active: bool) -> None:
        del self, turn, active

    return mend_later


def _unknown_is_stopped(original: Function) -> Function:
    def learn(self: ContainerKeeper, turn: Turn, facts: ContainerFacts) -> None:
        if facts.state is ContainerState.UNKNOWN and self.facts.identity:
            facts = replace(facts, state=ContainerState.STOPPED)
        original(self, turn, facts)

    return learn


MUTANTS: Final = (
    Mutant(
        name="pause before the address has gone",
        rule="safety 8: addresses leave before their containers are paused",
        caught_by=("order",),
        patches=(Patch(owner=Group, name="_advance_down", by=_pause_first),),
        faults=(Fault.STANDBY, Fault.TAKEOVER),
        within=4,
    ),
    Mutant(
        name="claim before the container serves",
        rule="safety 8: addresses come after their containers serve",
        caught_by=("order",),
        patches=(Patch(owner=Group, name="_bring_up_containers", by=_claim_first),),
        faults=(Fault.CRASH, Fault.STANDBY),
        within=15,
    ),
    Mutant(
        name="alone and without service, and keeps",
        rule="safety 6: a holder that cannot serve and hears no peer lets the address go",
        caught_by=("not served",),
        patches=(Patch(owner=Group, name="suspension", by=_keep_it_dead),),
        faults=(Fault.CRASH, Fault.PARTITION, Fault.CONTAINER_LOOPS, Fault.CONTAINER_SICK),
        within=20,
        suits=has_no_restarts,
        pace=LONG,
    ),
    Mutant(
        name="a cold standby",
        rule="safety 7: stand-by is warm from warntime on",
        caught_by=("not warm",),
        patches=(Patch(owner=Group, name="prepare", by=_cold),),
        faults=(Fault.CRASH,),
        within=20,
    ),
    Mutant(
        name="nobody tries a failed container again",
        rule="faults: a container without restarts left is tried again, also on the standby",
        caught_by=("does not settle",),
        patches=(Patch(owner=Mending, name="mend_later", by=_never_again),),
        faults=(Fault.CONTAINER_KILL,),
        within=15,
    ),
    Mutant(
        name="what is unknown has stopped",
        rule="safety 6: unknown is a state of its own",
        caught_by=("no need",),
        patches=(Patch(owner=ContainerKeeper, name="_learn", by=_unknown_is_stopped),),
        faults=(Fault.ENGINE_DOWN, Fault.ENGINE_HUNG),
        within=10,
    ),
)
