"""The checks notice a broken rule: the mutants that are caught within a few cheap seeds.

The whole table takes minutes: ``just mutants``.
"""

import pytest

from tests.sim.mutants.all import MUTANTS
from tests.sim.mutants.mutant import Mutant

QUICK = (
    "a renewal never comes too late",
    "a late turn is no loss",
    "claim without a question",
)


@pytest.mark.parametrize("name", QUICK)
def test_a_check_notices(name: str):
    outcome, _ = _named(name).hunt(4)
    assert outcome is not None
    assert outcome.check


def _named(name: str) -> Mutant:
    return next(mutant for mutant in MUTANTS if mutant.name == name)
