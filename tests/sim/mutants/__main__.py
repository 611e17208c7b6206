"""``python -m tests.sim.mutants [--seeds N] [NAME ...]``: is every broken rule noticed?

Prints which check caught which mutant, after how many seeds. Exit 1 when one survives, or crashes.
"""

import argparse
import sys
import time

from tests.sim.mutants.all import MUTANTS
from tests.sim.mutants.mutant import Hunt, Mutant


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.mutants", description=__doc__)
    parser.add_argument("--seeds", type=int, help="how many seeds at most, instead of each's own")
    parser.add_argument("names", nargs="*", help="a part of a name: only those mutants")
    options = parser.parse_args()
    chosen = [m for m in MUTANTS if not options.names or any(n in m.name for n in options.names)]
    print(f"{'mutant':<44}  {'caught by':<16}  seeds  rule")
    survivors = [mutant.name for mutant in chosen if not _tell(mutant, options.seeds)]
    print(f"{len(chosen)} mutants, {len(survivors)} not caught: {', '.join(survivors) or 'none'}")
    return 1 if survivors else 0


def _tell(mutant: Mutant, seeds: int | None) -> bool:
    """Hunt one and print its row; whether it was caught."""
    began_s = time.monotonic()
    hunt = mutant.hunt(seeds)
    caught = hunt.caught
    by = caught.check if caught else "CRASHED" if hunt.crash else "SURVIVED"
    bound = seeds or mutant.within
    print(f"{mutant.name:<44}  {by:<16}  {hunt.seeds:>2}/{bound:<2}  {mutant.rule}")
    if caught:
        print(f"    seed {caught.seed}, {caught.violation.partition(': ')[2]}")
    elif hunt.crash:
        print(hunt.crash)
    print(f"    {_on_the_way(hunt)}{time.monotonic() - began_s:.1f} s", flush=True)
    return caught is not None


def _on_the_way(hunt: Hunt) -> str:
    """What does not count, for whoever wonders why it took so long."""
    others = ", ".join(sorted(set(hunt.others)))
    return f"on the way: {len(hunt.others)} by other checks ({others}); " if others else ""


if __name__ == "__main__":
    sys.exit(main())
