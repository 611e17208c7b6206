"""Rows as a run writes them, with figures that were never measured: for tests of the report."""

from pathlib import Path

from tests.bench.catalogue import catalogue
from tests.bench.machine import Machine
from tests.bench.rows import Row, Rows
from tests.bench.tables import PARTS

MACHINE = Machine(
    cpu="a fine CPU", cores=2, memory_gib=4, kernel="6.1.0", versions={"keepalived": "2.2.7"}
)


def row(system: str, scenario: str, part: str, number: int = 0, **values: float) -> Row:
    return Row(
        system=system, scenario=scenario, part=part, round=number, commit="c0ffee", values=values
    )


def some_rows(folder: Path, *, rounds: int = 3) -> Rows:
    """Of every scenario and every system, a few rounds."""
    rows = Rows(folder / "rows.jsonl")
    rows.begin(MACHINE)
    for entry in catalogue(rounds):
        for system in entry.systems:
            for number in range(rounds):
                for part in _parts(entry.name):
                    rows.add(row(system, entry.name, part, number, **_values(number + 1.0)))
    return rows


def _parts(scenario: str) -> list[str]:
    known = [name for part in PARTS if part.scenario == scenario for name in part.parts]
    return known or ["active", "standby", "lost", "returned"]


def _values(value: float) -> dict[str, float]:
    names = (
        *("outage_ms", "datagrams_lost", "requests_lost", "two_answer_ms", "instrument_ms"),
        *("overhead_ms", "done_ms", "all_ms", "beat_gap_ms", "jitter_ms", "seen_ms"),
        *("first_beat_ms", "ready_ms", "cpu_s_per_min", "container_cpu_s_per_min", "pss_mib"),
        *("packets_per_s", "late_p99_ms", "late_worst_ms", "false_deaths"),
    )
    return dict.fromkeys(names, value)
