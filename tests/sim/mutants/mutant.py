"""What a mutant is, and how it is hunted.

A mutant is caught by the check that it names, and by nothing else: one that makes the core raise
proves nothing of the checks, and one that another check refuses shows only that it does more harm
than was meant. So a hunt goes on past the words of other checks, and ends at an exception.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from unittest.mock import patch

from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.fault import Fault
from tests.sim.run import Outcome, run_seed
from tests.sim.swarm import Options, focused, options_of
from tests.sim.violation import MISTAKES

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

    def misfit(self) -> str:
        """Why it cannot take its place any more; empty when it can."""
        where = f"{self.owner.__name__}.{self.name}"
        original = vars(self.owner).get(self.name)
        if original is None:
            return f"there is no {where}"
        mutated = self.by(original)
        if isinstance(original, property) or isinstance(mutated, property):
            both = isinstance(original, property) and isinstance(mutated, property)
            return "" if both else f"{where} is a property, or was one"
        wanted, given = _parameters(original), _parameters(mutated)
        return "" if wanted == given else f"{where} takes {wanted}, its mutant {given}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Another pace of the faults than ``focused`` has, where a rule needs time to show."""

    every_s: int
    """Between two faults, on average."""
    shortest_s: int
    longest_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What came of the hunt for one mutant."""

    seeds: int
    """How many were run."""
    caught: Outcome | None = None
    crash: str = ""
    """The code itself failed, so that no check had its say."""
    others: tuple[str, ...] = ()
    """Which other checks complained on the way, once for each seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One rule broken on purpose."""

    name: str
    rule: str
    """The rule, and where it is documented."""
    caught_by: tuple[str, ...]
    """The checks of which one must refuse it."""
    patches: tuple[Patch, ...]
    faults: tuple[Fault, ...]
    """The kinds that are on: those that the rule is about."""
    within: int
    """By how many seeds it must have been caught."""
    suits: Callable[[Options], bool] = lambda _: True
    """In which worlds there is something to break."""
    pace: Pace | None = None

    @contextmanager
    def applied(self) -> Iterator[None]:
        with ExitStack() as stack:
            for one in self.patches:
                function = vars(one.owner)[one.name]
                stack.enter_context(patch.object(one.owner, one.name, one.by(function)))
            yield

    def hunt(self, seeds: int | None = None) -> Hunt:
        """Run seeds until a named check catches it."""
        taken = 0
        others: list[str] = []
        with self.applied():
            for seed in self.worlds(seeds or self.within):
                taken += 1
                outcome = run_seed(seed, MINUTES, options=self.options(seed))
                if outcome.check in self.caught_by:
                    return Hunt(seeds=taken, caught=outcome, others=tuple(others))
                if outcome.check in MISTAKES:
                    return Hunt(seeds=taken, crash=outcome.violation, others=tuple(others))
                if outcome.check:
                    others.append(outcome.check)
        return Hunt(seeds=taken, others=tuple(others))

    def options(self, seed: int) -> Options:
        """What the seed draws, but for the faults and their pace."""
        options = focused(options_of(seed), self.faults)
        if self.pace is None:
            return options
        return replace(
            options,
            pace_ns=self.pace.every_s * SECOND,
            shortest_ns=self.pace.shortest_s * SECOND,
            longest_ns=self.pace.longest_s * SECOND,
            round_ns=max(options.round_ns, 100 * SECOND),
        )

    def worlds(self, count: int) -> Iterator[int]:
        """The first seeds that suit it, with timers that suit a hunt."""
        seed = found = 0
        while found < count:
            seed += 1
            if is_cheap(options_of(seed)) and self.suits(options_of(seed)):
                found += 1
                yield seed


def is_cheap(options: Options) -> bool:
    """Whether its timers suit a hunt."""
    timing = options.pair.timing
    return timing.deadtime_ns <= _DEADTIME_MAX_NS and timing.keepalive_ns >= _KEEPALIVE_MIN_NS


def _parameters(function: Any) -> list[str]:
    return [str(p).partition(":")[0] for p in inspect.signature(function).parameters.values()]
