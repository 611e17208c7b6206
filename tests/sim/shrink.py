"""From a seed that breaks a rule to the shortest list of faults that still breaks it.

Delta debugging: leave out halves of the list, then quarters, and so on down to single faults, and
keep whatever still violates the same check. Each trial is a run of its own, so that the number of
runs and the time are bounded; what was reached by then is the answer.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sidecar.core.terms import SECOND
from tests.sim.fault import Fault
from tests.sim.run import Outcome, run_seed
from tests.sim.schedule import Trouble

RUNS_MAX: Final = 200
SECONDS_MAX: Final = 120.0

Fails = Callable[[list[Trouble]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """What is left."""

    outcome: Outcome
    """Of the last run that violated the check."""
    troubles: tuple[Trouble, ...]
    minutes: float
    """How long a run must be to show it."""
    runs: int
    faults: tuple[Fault, ...] = ()
    """The kinds that were switched on by hand."""

    @property
    def command(self) -> str:
        """Tells it again, line by line."""
        numbers = ",".join(str(trouble.number) for trouble in self.troubles) or "none"
        kinds = ",".join(fault.name.lower() for fault in self.faults)
        focus = f"--faults {kinds} " if kinds else ""
        return (
            f"python -m tests.sim --seed {self.outcome.seed} --minutes {self.minutes:g} "
            f"{focus}--only {numbers} --trace"
        )


def shrink(
    broken: Outcome,
    minutes: float,
    *,
    faults: tuple[Fault, ...] = (),
    runs_max: int = RUNS_MAX,
    seconds_max: float = SECONDS_MAX,
) -> Shrunk:
    """Shorten the list of faults of a run that violated a check, as far as the bounds allow."""
    ends = time.monotonic() + seconds_max
    best, runs = broken, 0

    def fails(troubles: list[Trouble]) -> bool:
        nonlocal best, runs
        if runs >= runs_max or time.monotonic() > ends:
            return False
        runs += 1
        only = frozenset(trouble.number for trouble in troubles)
        outcome = run_seed(broken.seed, minutes, only=only, faults=faults)
        if outcome.check != broken.check:
            return False
        best = outcome
        return True

    left = minimize(list(broken.troubles), fails)
    # A run is a whole number of rounds: the length asked for decides nothing but how many.
    shown_minutes = min(minutes, round(best.virtual_ns / SECOND / 60 + 0.05, 1))
    numbers = frozenset(trouble.number for trouble in left)
    if run_seed(broken.seed, shown_minutes, only=numbers, faults=faults).check != broken.check:
        shown_minutes = minutes
    return Shrunk(
        outcome=best, troubles=tuple(left), minutes=shown_minutes, runs=runs, faults=faults
    )


def minimize(items: list[Trouble], fails: Fails) -> list[Trouble]:
    """A list that still fails, and of which no single item can be left out any more.

    Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002), its
    complements only: a part alone seldom fails where faults build upon each other.
    """
    if not items or fails([]):
        return []
    parts = 2
    while True:
        size = -(-len(items) // parts)
        for begin in range(0, len(items), size):
            rest = items[:begin] + items[begin + size :]
            if rest and fails(rest):
                items, parts = rest, max(2, parts - 1)
                break
        else:
            if size == 1:
                return items
            parts = min(len(items), 2 * parts)
