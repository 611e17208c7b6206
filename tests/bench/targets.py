"""What the sidecar is meant to reach: each is a line that the report marks as reached or missed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from tests.bench.figures import percentile
from tests.bench.rows import Rows

Way = Literal["median", "p95", "p99", "worst"]
Limit = float | Callable[[Rows], float | None]
"""Or what it is compared with, as measured; None while it is not."""
Where = tuple[str, ...]
"""A scenario and its parts; all of them when none is named."""
_PERCENT: Final = {"median": 50, "p95": 95, "p99": 99, "worst": 100}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A target, and what was measured of it."""

    what: str
    limit: float
    measured: float
    unit: str
    count: int

    @property
    def reached(self) -> bool:
        return self.measured <= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """At most so much of one figure."""

    what: str
    where: Where
    figure: str
    limit: Limit
    way: Way = "worst"
    unit: str = "ms"

    def judge(self, rows: Rows) -> Verdict | None:
        """None while it, or what it is compared with, has not been measured."""
        scenario, *parts = self.where
        figures = rows.figures(self.figure, "sidecar", scenario, *parts)
        limit = self.limit(rows) if callable(self.limit) else self.limit
        if not figures or limit is None:
            return None
        return Verdict(
            what=f"{self.what}, {self.way}",
            limit=limit,
            measured=percentile(figures, _PERCENT[self.way]),
            unit=self.unit,
            count=len(figures),
        )


def verdicts(rows: Rows) -> list[Verdict]:
    """Of all targets that can be judged."""
    found = (target.judge(rows) for target in targets())
    return [verdict for verdict in found if verdict is not None]


def targets() -> Iterator[Target]:
    yield from _judging()
    yield from _moving()
    yield from _never_two()
    yield from _many()
    yield from _resting()


def _keepalived_median(rows: Rows) -> float | None:
    figures = rows.figures("overhead_ms", "keepalived", "host", "lost")
    return percentile(figures, 50) if figures else None


def _judging() -> Iterator[Target]:
    lost = ("host", "lost")
    served = "a host is lost: served after detection"
    theirs = f"{served} (against keepalived)"
    yield Target(
        what=theirs, where=lost, figure="overhead_ms", way="median", limit=_keepalived_median
    )
    yield Target(what=served, where=lost, figure="overhead_ms", way="p95", limit=5)
    for scenario, when, limit_ms in (
        ("jitter", "at rest", 2),
        ("jitter-busy", "every core busy", 10),
    ):
        what = f"dead declared beyond deadtime, {when}"
        yield Target(what=what, where=(scenario,), figure="jitter_ms", way="p99", limit=limit_ms)


def _moving() -> Iterator[Target]:
    moves: tuple[tuple[str, Where, bool], ...] = (
        ("planned move", ("planned", "away", "back"), True),
        ("clean stop", ("stop", "stopped"), True),
        ("failback to a host that returns", ("host", "returned"), False),
    )
    for what, where, by_command in moves:
        yield Target(
            what=f"{what}: HTTP requests lost",
            where=where,
            figure="requests_lost",
            limit=0,
            unit="",
        )
        yield Target(what=f"{what}: outage", where=where, figure="outage_ms", way="median", limit=2)
        if by_command:
            done = f"{what}: the other host answers after the command"
            yield Target(what=done, where=where, figure="done_ms", limit=60)


def _never_two() -> Iterator[Target]:
    faults: tuple[tuple[str, Where], ...] = (
        ("SIGKILL", ("kill", "killed")),
        ("freeze", ("freeze", "frozen")),
        ("heartbeat cut", ("link", "cut")),
        ("cut heals", ("link", "healed")),
    )
    for what, where in faults:
        two = f"{what}: two hosts answer"
        yield Target(what=two, where=where, figure="two_answer_ms", limit=0)
    yield Target(what="cut heals: outage", where=("link", "healed"), figure="outage_ms", limit=0)
    dies = "nginx dies: requests are answered again"
    yield Target(what=dies, where=("service", "died"), figure="done_ms", limit=50)


def _many() -> Iterator[Target]:
    for count, limit_ms in ((100, 20), (1000, 150)):
        name = f"addresses-{count}"
        announced = f"{count} addresses announced after detection"
        yield Target(what=announced, where=(name, "lost"), figure="all_ms", limit=limit_ms)
        gap = f"{count} addresses move: longest time between two beats (keepalive 100 ms)"
        yield Target(what=gap, where=(name, "returned"), figure="beat_gap_ms", limit=150)


def _resting() -> Iterator[Target]:
    for role in ("active", "standby"):
        where = ("rest-100", role)
        what = f"at rest, keepalive 100 ms, {role}"
        yield Target(
            what=f"{what}: CPU", where=where, figure="cpu_s_per_min", limit=0.3, unit="s/min"
        )
        yield Target(what=f"{what}: PSS", where=where, figure="pss_mib", limit=40, unit="MiB")
        yield Target(
            what=f"{what}: p99 of a beat's delay", where=where, figure="late_p99_ms", limit=1
        )
    for scenario, when in (("calm", "at rest"), ("calm-busy", "every core busy")):
        what = f"deadtime 100 ms, {when}: nodes held for dead that live"
        yield Target(what=what, where=(scenario,), figure="false_deaths", limit=0, unit="")
    what = "first beat after docker start"
    yield Target(what=what, where=("birth",), figure="first_beat_ms", limit=400)
