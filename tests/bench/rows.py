"""What was measured, one JSON object a line: so that a run that was stopped can go on, and so that
the report can be made again without measuring again.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.machine import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One part of one round: its figures by name, or what went wrong instead."""

    system: str
    scenario: str
    part: str
    round: int
    commit: str
    values: dict[str, float] = field(default_factory=dict)
    trouble: str = ""
    took_s: float = 0


Key = tuple[str, str, int]


class Rows:
    """The rows of one run, in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.machine: Machine | None = None
        self.rows: list[Row] = []
        if path.exists():
            for line in _whole_lines(path):
                self._take(json.loads(line))

    def begin(self, machine: Machine) -> None:
        """Say where what follows is measured, when that is not told yet, or has changed."""
        if self.machine != machine:
            self.machine = machine
            self._append({"machine": asdict(machine)})

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self._append(asdict(row))

    def done(self) -> set[Key]:
        """What need not be measured again."""
        return {(row.system, row.scenario, row.round) for row in self.rows if not row.trouble}

    def figures(self, name: str, system: str, scenario: str, *parts: str) -> list[float]:
        """All that were measured under this name."""
        return [
            row.values[name]
            for row in self.rows
            if (row.system, row.scenario) == (system, scenario)
            and (not parts or row.part in parts)
            and name in row.values
        ]

    def troubles(self, system: str, scenario: str) -> int:
        """How many rounds did not come to their end."""
        ended = self.done()
        return len(
            {
                row.round
                for row in self.rows
                if row.trouble
                and (row.system, row.scenario) == (system, scenario)
                and (system, scenario, row.round) not in ended
            }
        )

    def took_s(self, system: str, scenario: str) -> float | None:
        """The last round's length."""
        found = [r.took_s for r in self.rows if (r.system, r.scenario) == (system, scenario)]
        return found[-1] if found else None

    def _take(self, line: dict[str, Any]) -> None:
        if "machine" in line:
            self.machine = Machine(**line["machine"])
        else:
            self.rows.append(Row(**line))

    def _append(self, line: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _whole_lines(path: Path) -> Iterator[str]:
    """A run that was killed may have left half a line; the next one begins on a line of its own."""
    text = path.read_text()
    whole, end, _half = text.rpartition("\n")
    if whole + end != text:
        path.write_text(whole + end)
    yield from whole.splitlines()
