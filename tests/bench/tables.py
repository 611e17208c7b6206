"""The tables of the report, in Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.catalogue import SYSTEMS
from tests.bench.figures import summary
from tests.bench.many import COUNTS
from tests.bench.rows import Rows
from tests.bench.targets import Verdict

NOTHING: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that happened, and the figure that only it has."""

    title: str
    scenario: str
    parts: tuple[str, ...]
    figure: str = ""
    heading: str = ""


PARTS: Final = (
    Part(
        title="the active host is lost",
        scenario="host",
        parts=("lost",),
        figure="overhead_ms",
        heading="served after detection",
    ),
    Part(title="the lost host returns", scenario="host", parts=("returned",)),
    Part(
        title="planned move",
        scenario="planned",
        parts=("away", "back"),
        figure="done_ms",
        heading="done after the command",
    ),
    Part(
        title="clean stop of the active daemon",
        scenario="stop",
        parts=("stopped",),
        figure="done_ms",
        heading="done after the signal",
    ),
    Part(title="SIGKILL of the active daemon", scenario="kill", parts=("killed",)),
    Part(title="the active daemon is frozen, and woken", scenario="freeze", parts=("frozen",)),
    Part(title="the heartbeat is cut", scenario="link", parts=("cut",)),
    Part(title="the cut heals", scenario="link", parts=("healed",)),
    Part(
        title="nginx dies on the active host",
        scenario="service",
        parts=("died",),
        figure="done_ms",
        heading="answers again after",
    ),
)


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for line in lines:
        yield f"| {' | '.join(line)} |"


def three(figures: Sequence[float]) -> str:
    """Median, 95th percentile and worst."""
    if not figures:
        return NOTHING
    of = summary(figures)
    return f"{number(of.median)} / {number(of.p95)} / {number(of.worst)}"


def number(value: float) -> str:
    """With as many digits as mean something."""
    if value == int(value):
        return f"{value:.0f}"
    if abs(value) < 10:
        return f"{value:.1f}" if abs(value) >= 0.05 else f"{value:.2f}"
    return f"{value:.0f}"


def faults(rows: Rows, part: Part) -> Iterator[str]:
    own = [f"{part.heading}, ms"] if part.figure else []
    head = ["", "outage, ms", "HTTP requests lost", "two answer, ms", *own, "rounds"]
    yield from table(head, _fault_lines(rows, part))


def _fault_lines(rows: Rows, part: Part) -> Iterator[list[str]]:
    for system in SYSTEMS:
        where = (system, part.scenario, *part.parts)
        outage = rows.figures("outage_ms", *where)
        if not outage:
            continue
        troubles = rows.troubles(system, part.scenario)
        failed = f" ({troubles} did not end)" if troubles else ""
        own = [three(rows.figures(part.figure, *where))] if part.figure else []
        yield [
            system,
            three(outage),
            three(rows.figures("requests_lost", *where)),
            three(rows.figures("two_answer_ms", *where)),
            *own,
            f"{len(outage)}{failed}",
        ]


def verdicts(found: Iterable[Verdict]) -> Iterator[str]:
    lines = (
        (
            one.what,
            f"{number(one.limit)} {one.unit}".strip(),
            f"{number(one.measured)} {one.unit}".strip(),
            str(one.count),
            "reached" if one.reached else "**missed**",
        )
        for one in found
    )
    yield from table(("target", "at most", "measured", "n", ""), lines)


def addresses(rows: Rows) -> Iterator[str]:
    counts = [f"{count}" for count in COUNTS]
    lines = []
    for system in SYSTEMS:
        cells = [three(rows.figures("all_ms", system, f"addresses-{c}", "lost")) for c in counts]
        if set(cells) != {NOTHING}:
            lines.append([system, *cells])
    yield from table(["addresses", *counts], lines)


def rest(rows: Rows) -> Iterator[str]:
    head = ("", "interval", "role", "CPU, s/min", "with health checks", "PSS, MiB", "packets/s",
            "a beat's delay p99 / worst, ms")  # fmt: skip
    yield from table(head, _rest_lines(rows))


def _rest_lines(rows: Rows) -> Iterator[list[str]]:
    for interval in (1000, 100):
        for system in SYSTEMS:
            for part in ("active", "standby"):
                where = (system, f"rest-{interval}", part)
                cpu = rows.figures("cpu_s_per_min", *where)
                if not cpu:
                    continue
                late = [_last(rows.figures(f"late_{w}_ms", *where)) for w in ("p99", "worst")]
                box = rows.figures("container_cpu_s_per_min", *where)
                yield [
                    system,
                    f"{interval} ms",
                    part,
                    f"{cpu[-1]:.3f}",
                    f"{box[-1]:.3f}" if box else NOTHING,
                    _last(rows.figures("pss_mib", *where)),
                    _last(rows.figures("packets_per_s", *where)),
                    NOTHING if NOTHING in late else " / ".join(late),
                ]


def ours(rows: Rows) -> Iterator[str]:
    """What only the sidecar is asked."""
    wanted = (
        ("`docker start` to the first beat, ms", "birth", "first_beat_ms"),
        ("`docker start` to ready, ms", "birth", "ready_ms"),
        ("dead declared beyond deadtime, at rest, ms", "jitter", "jitter_ms"),
        ("the same, by the log and the wire", "jitter", "seen_ms"),
        ("dead declared beyond deadtime, every core busy, ms", "jitter-busy", "jitter_ms"),
        ("the same, by the log and the wire", "jitter-busy", "seen_ms"),
        ("deadtime 100 ms at rest: nodes held for dead that live", "calm", "false_deaths"),
        ("the same, every core busy", "calm-busy", "false_deaths"),
    )
    lines = []
    for what, scenario, figure in wanted:
        if figures := rows.figures(figure, "sidecar", scenario):
            of = summary(figures)
            cells = (of.median, of.p95, of.p99, of.worst)
            lines.append([what, *(number(cell) for cell in cells), str(of.count)])
    yield from table(("", "median", "p95", "p99", "worst", "n"), lines)


def _last(figures: Sequence[float]) -> str:
    return number(figures[-1]) if figures else NOTHING
