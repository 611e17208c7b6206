"""``python -m tests.sim.mutants [--seeds N] [NAME ...]``: is every broken rule noticed?

Prints which check caught which mutant, at which seed. Exit 1 when one survives.
"""

import argparse
import sys

from tests.sim.mutants.all import MUTANTS
from tests.sim.mutants.mutant import Mutant


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.mutants", description=__doc__)
    parser.add_argument("--seeds", type=int, help="how many seeds at most, instead of each's own")
    parser.add_argument("names", nargs="*", help="a part of a name: only those mutants")
    options = parser.parse_args()
    chosen = [m for m in MUTANTS if not options.names or any(n in m.name for n in options.names)]
    survivors = [mutant.name for mutant in chosen if not _tell(mutant, options.seeds)]
    print(f"{len(chosen)} mutants, {len(survivors)} survived: {', '.join(survivors) or 'none'}")
    return 1 if survivors else 0


def _tell(mutant: Mutant, seeds: int | None) -> bool:
    """Hunt one and print its row; whether it was caught."""
    outcome, taken = mutant.hunt(seeds)
    print(f"{mutant.name:<45}  {mutant.rule}")
    if outcome is None:
        print(f"    SURVIVED {taken} seeds")
        return False
    first_line = outcome.violation.partition("\n")[0]
    print(f"    seed {outcome.seed}, the {taken}. of {mutant.within}: {first_line}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
