"""``python -m tests.sim --seed N [--seeds M] [--minutes K] [--trace]``: look for broken rules.

A seed that breaks one is shrunk: fault by fault is left out, as long as the same check fails.
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
from tests.sim.fault import Fault
from tests.sim.run import Outcome, run_seed
from tests.sim.shrink import RUNS_MAX, SECONDS_MAX, shrink


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
    _clear_line()
    print(
        f"{len(seeds)} seeds, {virtual_ns / SECOND / 60:.0f} virtual minutes, {turns} turns, "
        f"{len(broken)} violated, digest {digest:016x}"
    )
    if not broken:
        return 0
    first = min(broken, key=lambda outcome: outcome.seed)
    if not options.trace and not options.no_shrink:
        tell_shrunk(first, options.minutes, options.faults)
    print(
        f"violated: seed {first.seed} (commit {commit()}): "
        f"python -m tests.sim --seed {first.seed} --minutes {options.minutes:g} --trace"
    )
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from there on (1)")
    parser.add_argument("--minutes", type=float, default=10, help="virtual minutes of each (10)")
    parser.add_argument("--trace", action="store_true", help="show what happens, line by line")
    parser.add_argument("--only", type=_numbers, help="make only these faults: 3,17 or none")
    parser.add_argument("--faults", type=_kinds, default=(), help="these kinds: kill,partition")
    parser.add_argument("--no-shrink", action="store_true", help="leave a failure as it is")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    return parser.parse_args()


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(number) for number in text.split(",") if number != "none")


def _kinds(text: str) -> tuple[Fault, ...]:
    return tuple(Fault[name.upper()] for name in text.split(","))


def _outcomes(seeds: range, options: argparse.Namespace) -> Iterator[Outcome]:
    if options.trace or options.jobs == 1 or len(seeds) == 1:
        show = print if options.trace else None
        for seed in seeds:
            yield run_seed(seed, options.minutes, show, options.only, options.faults)
        return
    # Started anew instead of forked: each process then has a hash seed of its own, and what
    # depends on it shows.
    run = partial(run_seed, minutes=options.minutes, only=options.only, faults=options.faults)
    with get_context("spawn").Pool(min(options.jobs, len(seeds))) as pool:
        yield from pool.imap_unordered(run, seeds)


def tell_shrunk(broken: Outcome, minutes: float, faults: tuple[Fault, ...] = ()) -> None:
    """Shorten one failure, and print what is left of it."""
    count = len(broken.troubles)
    print(
        f"seed {broken.seed}: leaving out what is not needed of {count} faults "
        f"(at most {RUNS_MAX} runs, {SECONDS_MAX:g} s)"
    )
    shrunk = shrink(broken, minutes, faults=faults)
    print(f"{len(shrunk.troubles)} of {count} faults are left after {shrunk.runs} runs:")
    for trouble in shrunk.troubles:
        print(f"    {trouble.line}")
    print(f"    {shrunk.outcome.violation}")
    print(f"    {shrunk.command}")


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


def commit() -> str:
    """The commit that is checked out, with a + when the tree differs from it."""
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
