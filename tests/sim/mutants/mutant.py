"""What a mutant is, and how it is hunted."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.fault import Fault
from tests.sim.run import Outcome, run_seed
from tests.sim.swarm import options_of

MINUTES: Final = 2.0
"""Virtual, of each seed."""
_KEEPALIVE_MIN_NS: Final = 500 * MILLISECOND
_DEADTIME_MAX_NS: Final = 8 * SECOND
"""Shorter beats cost the most, longer dead times leave room for few faults; what breaks a rule here
breaks it there as well."""

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One function that is replaced."""

    owner: type
    name: str
    by: Callable[[Function], Function | property]
    """From the function as it is to the one that takes its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One rule broken on purpose."""

    name: str
    rule: str
    """The rule, and where it is documented."""
    patches: tuple[Patch, ...]
    faults: tuple[Fault, ...]
    """The kinds that are on: those that the rule is about."""
    within: int
    """By how many seeds it must have been caught."""

    @contextmanager
    def applied(self) -> Iterator[None]:
        with ExitStack() as stack:
            for one in self.patches:
                function = vars(one.owner)[one.name]
                stack.enter_context(patch.object(one.owner, one.name, one.by(function)))
            yield

    def hunt(self, seeds: int | None = None) -> tuple[Outcome | None, int]:
        """Run seeds until a check catches it: the outcome, if any, and how many seeds it took."""
        taken = 0
        with self.applied():
            for seed in cheap_seeds(seeds or self.within):
                taken += 1
                outcome = run_seed(seed, MINUTES, faults=self.faults)
                if outcome.violation:
                    return outcome, taken
        return None, taken


def cheap_seeds(count: int) -> Iterator[int]:
    """The first seeds with timers that suit a hunt."""
    seed = found = 0
    while found < count:
        seed += 1
        timing = options_of(seed).pair.timing
        quick = timing.deadtime_ns <= _DEADTIME_MAX_NS
        if quick and timing.keepalive_ns >= _KEEPALIVE_MIN_NS:
            found += 1
            yield seed
