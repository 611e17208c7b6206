"""The checks notice each broken rule; ``just mutants`` tells which did, and how soon."""

import pytest

from tests.sim.mutants.all import MUTANTS
from tests.sim.mutants.mutant import Mutant, Patch
from tests.sim.violation import CHECKS

SEEDS_MAX = 40
PATCHES = [
    pytest.param(patch, id=f"{mutant.name}: {patch.name}")
    for mutant in MUTANTS
    for patch in mutant.patches
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_check_notices(mutant: Mutant):
    hunt = mutant.hunt()
    assert not hunt.crash
    assert hunt.caught is not None, f"survived {hunt.seeds} seeds"


@pytest.mark.parametrize("patch", PATCHES)
def test_a_mutant_takes_the_place_of_what_there_is(patch: Patch):
    """Otherwise it would crash, or break nothing, when the code it is made for has changed."""
    assert patch.misfit() == ""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_names_who_must_catch_it_and_how_soon(mutant: Mutant):
    assert mutant.caught_by
    assert set(mutant.caught_by) <= CHECKS
    assert mutant.within <= SEEDS_MAX


def test_a_mutant_that_makes_the_core_raise_is_not_caught():
    """An exception says nothing about the checks."""
    broken = _named("claim without a question")

    def raises(_: object):
        def is_clear(self: object, turn: object) -> bool:
            del self, turn
            raise RuntimeError("a mistake of the mutant's own")

        return is_clear

    (patch,) = broken.patches
    mutant = Mutant(
        name="raises",
        rule="none",
        caught_by=tuple(CHECKS),
        patches=(Patch(owner=patch.owner, name=patch.name, by=raises),),
        faults=broken.faults,
        within=1,
    )
    hunt = mutant.hunt()
    assert hunt.caught is None
    assert "a mistake of the mutant's own" in hunt.crash


def _named(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if mutant.name == name)
