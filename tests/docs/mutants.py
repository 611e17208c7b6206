"""The table of mutants: each rule that is broken on purpose, and the check that must notice."""

from tests.docs.markdown import code, table
from tests.sim.mutants.all import MUTANTS
from tests.sim.mutants.mutant import Mutant


def mutants() -> str:
    head = ("broken on purpose", "the rule", "caught by", "within seeds")
    return table(head, (_row(mutant) for mutant in MUTANTS))


def _row(mutant: Mutant) -> tuple[str, ...]:
    checks = ", ".join(map(code, mutant.caught_by))
    return mutant.name, mutant.rule, checks, str(mutant.within)
