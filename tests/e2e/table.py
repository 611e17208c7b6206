"""The table at the end of the run: what each scenario cost the client."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

HEAD = ("scenario", "rounds", "outage ms", "worst ms", "lost", "two holders ms", "pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One thing done once: the longest outage, all lost requests, the time with two holders."""

    scenario: str
    outage_ms: float
    lost: int
    two_holders_ms: float
    pages: tuple[str, ...]


def table(costs: list[Cost]) -> Iterator[str]:
    """A line for each scenario, over all its rounds: the median, and the worst."""
    rows = [HEAD]
    for scenario in dict.fromkeys(cost.scenario for cost in costs):
        rounds = [cost for cost in costs if cost.scenario == scenario]
        outages = [cost.outage_ms for cost in rounds]
        rows.append(
            (
                scenario,
                str(len(rounds)),
                f"{median(outages):.0f}",
                f"{max(outages):.0f}",
                f"{max(cost.lost for cost in rounds)}",
                f"{max(cost.two_holders_ms for cost in rounds):.0f}",
                " | ".join(sorted({" > ".join(cost.pages) for cost in rounds})),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
