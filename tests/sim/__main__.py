"""``python -m tests.sim --seed N [--seeds M] [--minutes K] [--trace]``: look for broken rules.

Exit 0 when no check was violated, else 1 with the seed in the last line.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context

from sidecar.core.terms import SECOND
from tests.sim.run import Outcome, run_seed


def main() -> int:
    options = _arguments()
    seeds = range(options.seed, options.seed + options.seeds)
    broken: list[Outcome] = []
    digest, virtual_ns, turns = 0, 0, 0
    for number, outcome in enumerate(_outcomes(seeds, options), start=1):
        virtual_ns += outcome.virtual_ns
        turns += outcome.turns
        digest ^= int(outcome.digest, 16)
        if outcome.violation:
            broken.append(outcome)
            _tell(outcome)
        _progress(number, len(seeds), len(broken))
    print(
        f"{len(seeds)} seeds, {virtual_ns / SECOND / 60:.0f} virtual minutes, {turns} turns, "
        f"{len(broken)} violated, digest {digest:016x}"
    )
    if not broken:
        return 0
    first = min(outcome.seed for outcome in broken)
    print(
        f"violated: seed {first} (commit {_commit()}): "
        f"python -m tests.sim --seed {first} --minutes {options.minutes:g} --trace"
    )
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from there on (1)")
    parser.add_argument("--minutes", type=float, default=10, help="virtual minutes of each (10)")
    parser.add_argument("--trace", action="store_true", help="show what happens, line by line")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    return parser.parse_args()


def _outcomes(seeds: range, options: argparse.Namespace) -> Iterator[Outcome]:
    if options.trace or options.jobs == 1 or len(seeds) == 1:
        show = print if options.trace else None
        for seed in seeds:
            yield run_seed(seed, options.minutes, show)
        return
    # Started anew instead of forked: each process then has a hash seed of its own, and what
    # depends on it shows.
    with get_context("spawn").Pool(min(options.jobs, len(seeds))) as pool:
        yield from pool.imap_unordered(partial(run_seed, minutes=options.minutes), seeds)


def _tell(outcome: Outcome) -> None:
    _clear_line()
    print(f"seed {outcome.seed}: {outcome.violation}")


def _progress(done: int, total: int, broken: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total} seeds, {broken} violated ")
        sys.stderr.flush()


def _clear_line() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
