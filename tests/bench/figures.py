"""Median and percentiles of a few dozen figures, by the nearest rank: each is a figure that was
measured, none is made up between two of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Of one kind of figure."""

    count: int
    median: float
    p95: float
    p99: float
    worst: float


def percentile(figures: Sequence[float], percent: float) -> float:
    """The smallest figure that is not exceeded by so many percent of them."""
    ordered = sorted(figures)
    rank = max(1, math.ceil(len(ordered) * percent / 100))
    return ordered[rank - 1]


def summary(figures: Sequence[float]) -> Summary:
    """Of at least one figure."""
    return Summary(
        count=len(figures),
        median=percentile(figures, 50),
        p95=percentile(figures, 95),
        p99=percentile(figures, 99),
        worst=max(figures),
    )
