"""Shrinking: from many faults to those that matter."""

from sidecar.core.terms import NodeName
from tests.sim.chaos import MAKERS
from tests.sim.fault import Fault
from tests.sim.mutants.addresses import MUTANTS
from tests.sim.mutants.mutant import MINUTES
from tests.sim.run import run_seed
from tests.sim.schedule import Trouble
from tests.sim.shrink import minimize, shrink


def a_trouble(number: int) -> Trouble:
    return Trouble(
        number=number,
        at_ns=number,
        fault=Fault.KILL,
        node=NodeName("a"),
        lasting_ns=1,
        chance=str(number),
    )


def test_every_kind_of_fault_has_a_maker():
    assert set(MAKERS) == set(Fault)


def test_two_faults_that_matter_together_are_all_that_is_left():
    def fails(troubles: list[Trouble]) -> bool:
        return {7, 23} <= {trouble.number for trouble in troubles}

    left = minimize([a_trouble(number) for number in range(1, 41)], fails)
    assert [trouble.number for trouble in left] == [7, 23]


def test_a_fault_that_is_needed_alone_is_left_alone():
    left = minimize([a_trouble(n) for n in range(1, 10)], lambda ts: any(t.number == 5 for t in ts))
    assert [trouble.number for trouble in left] == [5]


def test_what_fails_without_any_fault_needs_none():
    assert minimize([a_trouble(1), a_trouble(2)], lambda _: True) == []


def test_leaving_faults_out_changes_nothing_of_the_others():
    whole = run_seed(21, 1)
    some = frozenset(trouble.number for trouble in whole.troubles[::2])
    part = run_seed(21, 1, only=some)
    assert part.troubles == tuple(t for t in whole.troubles if t.number in some)


def test_a_mutant_s_failure_is_told_again_with_fewer_faults():
    mutant = next(m for m in MUTANTS if m.name == "claim without a question")
    with mutant.applied():
        broken = run_seed(next(mutant.worlds(1)), MINUTES, faults=mutant.faults)
        assert broken.check
        shrunk = shrink(broken, MINUTES, faults=mutant.faults, runs_max=12)
        only = frozenset(trouble.number for trouble in shrunk.troubles)
        again = run_seed(broken.seed, shrunk.minutes, only=only, faults=mutant.faults)
    assert len(shrunk.troubles) <= len(broken.troubles)
    assert again.check == broken.check
    assert f"--seed {broken.seed} " in shrunk.command
