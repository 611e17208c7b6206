"""What a dashboard is made of, and the few forms that its queries take.

``$cluster`` is the pair that was chosen at the top of the dashboard. Every query is run by a test
against a real Prometheus that scrapes a real pair, and must find something.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["stat", "timeseries", "state-timeline", "table"]
Unit = Literal["s", "short", "pps", "none"]
Words = tuple[tuple[int, str, str], ...]
"""What a number means: the number, the word, the colour."""

YES: Final[Words] = ((0, "no", "red"), (1, "yes", "green"))
NO: Final[Words] = ((0, "no", "green"), (1, "yes", "red"))
HERE: Final[Words] = ((0, "not here", "text"), (1, "here", "green"))
HOLDERS: Final[Words] = ((0, "nobody", "red"), (1, "one node", "green"), (2, "two nodes", "red"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    title: str
    kind: Kind
    queries: tuple[tuple[str, str], ...]
    """Pairs of expression and legend."""
    about: str
    unit: Unit = "none"
    words: Words = ()
    width: int = 12
    """Of 24 columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    uid: str
    title: str
    about: str
    since: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    """Pairs of a row's title and its panels."""


def of_pair(metric: str, *more: str) -> str:
    """The metric's series of the chosen pair."""
    matchers = ",".join(('cluster=~"$cluster"', *more))
    return f"{metric}{{{matchers}}}"


def counted(metric: str, window: str, *more: str, by: str = "") -> str:
    """How far the counter moved in the window; ``by``: added up over all other labels."""
    moved = f"increase({of_pair(metric, *more)}[{window}])"
    return f"sum by ({by}) ({moved})" if by else moved


def quantile(part: float, histogram: str, by: str) -> str:
    rate = f"rate({of_pair(f'{histogram}_bucket')}[$__rate_interval])"
    return f"histogram_quantile({part}, sum by ({by}, le) ({rate}))"


def phase_time(phase: str) -> str:
    """The mean time of the phase in the takeovers of the last minutes; nothing without any."""
    metric, matcher = "heartbeat_takeover_phase_seconds", f'phase="{phase}"'
    took = f"sum by (instance) (increase({of_pair(f'{metric}_sum', matcher)}[5m]))"
    count = f"sum by (instance) (increase({of_pair(f'{metric}_count', matcher)}[5m]))"
    return f"{took} / ({count} > 0)"
