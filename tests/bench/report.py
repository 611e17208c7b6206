"""Makes docs/bench.md and its plots from the rows.

The prose stands in head.md, reasons.md (of the targets that were missed) and method.md.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.bench import plots, tables
from tests.bench.catalogue import SYSTEMS
from tests.bench.figures import percentile, summary
from tests.bench.many import COUNTS
from tests.bench.probes import LATE_NS, MS
from tests.bench.rows import Rows
from tests.bench.svg import Point
from tests.bench.tables import PARTS
from tests.bench.targets import verdicts

HERE: Final = Path(__file__).parent


def write(rows: Rows, folder: Path) -> list[Path]:
    """The page and the plots; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {name: text for name, text in _plots(rows).items() if text}
    written = []
    for name, text in drawn.items():
        path = folder / f"bench-{name}.svg"
        path.write_text(text)
        written.append(path)
    page = folder / "bench.md"
    page.write_text("\n".join(_page(rows, drawn)).rstrip() + "\n")
    return [page, *written]


def _page(rows: Rows, drawn: dict[str, str]) -> Iterator[str]:
    yield (HERE / "head.md").read_text()
    yield from _machine(rows)
    if found := verdicts(rows):
        yield "## What is aimed at\n"
        yield from tables.verdicts(found)
        if any(not one.reached for one in found):
            yield (HERE / "reasons.md").read_text().rstrip()
        yield ""
    yield "## Faults and moves\n"
    yield from _picture(drawn, "outage", "outage of each round")
    yield from _picture(drawn, "two", "time with two answering hosts of each round")
    for part in PARTS:
        lines = list(tables.faults(rows, part))
        if len(lines) > 2:
            yield f"### {part.title[0].upper()}{part.title[1:]}\n"
            yield from lines
            yield ""
    if "addresses" in drawn:
        yield "## Many addresses\n"
        yield "From the detection to the last announcement, in milliseconds.\n"
        yield from tables.addresses(rows)
        yield ""
        yield from _picture(drawn, "addresses", "takeover by the number of addresses")
    if len(lines := list(tables.rest(rows))) > 2:
        yield "## At rest\n"
        yield from lines
        yield ""
    if len(lines := list(tables.ours(rows))) > 2:
        yield "## The sidecar alone\n"
        yield from lines
        yield ""
        yield from _picture(drawn, "jitter", "how exactly a silence is judged")
    yield (HERE / "method.md").read_text().format(late_ms=LATE_NS // MS).rstrip()
    yield from _instruments(rows)


def _machine(rows: Rows) -> Iterator[str]:
    machine = rows.machine
    if machine is None:
        return
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    commits = ", ".join(dict.fromkeys(row.commit for row in rows.rows))
    yield (
        f"Measured on {machine.cores} cores of {machine.cpu}, {machine.memory_gib:g} GiB, Linux "
        f"{machine.kernel}; {versions}; this repository at {commits}.\n"
    )


def _picture(drawn: dict[str, str], name: str, words: str) -> Iterator[str]:
    if name in drawn:
        yield f"![{words}](bench-{name}.svg)\n"


def _instruments(rows: Rows) -> Iterator[str]:
    errors = [row.values["instrument_ms"] for row in rows.rows if "instrument_ms" in row.values]
    if errors:
        of = summary(errors)
        yield (
            "- **The instruments' own error**: the longest delay of one of the client's datagrams "
            f"in a round is {of.median:.2f} ms in the median and {of.worst:.1f} ms at worst."
        )


def _plots(rows: Rows) -> dict[str, str]:
    return {
        "outage": _strips(rows, "Outage of each round, and the median", "outage_ms"),
        "two": _strips(rows, "Time with two answering hosts, and the median", "two_answer_ms"),
        "addresses": _addresses(rows),
        "jitter": _jitter(rows),
    }


def _strips(rows: Rows, title: str, figure: str) -> str:
    groups: dict[str, dict[str, list[float]]] = {}
    for part in PARTS:
        if part.scenario == "service":
            continue  # the datagrams are no business of nginx
        series: dict[str, list[float]] = {
            system: figures
            for system in SYSTEMS
            if (figures := rows.figures(figure, system, part.scenario, *part.parts))
        }
        if series:
            groups[_SHORT[part.title]] = series
    return plots.strips(title, "ms", groups, SYSTEMS) if groups else ""


_SHORT: Final = dict(
    zip(
        (part.title for part in PARTS),
        ("host lost", "host returns", "planned move", "clean stop", "daemon killed",
         "daemon frozen", "heartbeat cut", "cut heals", "nginx dies"),
        strict=True,
    )
)  # fmt: skip


def _addresses(rows: Rows) -> str:
    lines: dict[str, list[Point]] = {}
    for system in SYSTEMS:
        points = [
            (float(count), percentile(figures, 50))
            for count in COUNTS
            if (figures := rows.figures("all_ms", system, f"addresses-{count}", "lost"))
        ]
        if points:
            lines[system] = points
    title = "From detection to the last announcement, median"
    return plots.curves(title, "addresses", "ms", lines) if lines else ""


def _jitter(rows: Rows) -> str:
    series = {
        name: figures
        for name, scenario in (("at rest", "jitter"), ("every core busy", "jitter-busy"))
        if (figures := rows.figures("jitter_ms", "sidecar", scenario))
    }
    title = "Dead declared beyond deadtime: share of the judgements"
    return plots.shares(title, "ms", series) if series else ""
