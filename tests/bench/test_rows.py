"""The file of rows: what a run that was stopped finds again."""

from dataclasses import replace
from pathlib import Path

from tests.bench.rows import Rows
from tests.bench.written import MACHINE, row


def test_a_later_run_finds_what_an_earlier_one_has_written(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    first = Rows(path)
    first.begin(MACHINE)
    first.add(row("sidecar", "host", "lost", outage_ms=1.5))
    again = Rows(path)
    assert again.rows == first.rows
    assert again.machine == MACHINE
    assert again.done() == {("sidecar", "host", 0)}


def test_half_a_line_of_a_killed_run_is_dropped_and_the_next_row_is_whole(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    Rows(path).add(row("sidecar", "host", "lost"))
    path.write_text(path.read_text() + '{"system": "sid')
    rows = Rows(path)
    rows.add(row("sidecar", "host", "lost", 1))
    assert [one.round for one in Rows(path).rows] == [0, 1]


def test_a_round_that_failed_is_measured_again_and_counted_while_it_is_not(tmp_path: Path):
    rows = Rows(tmp_path / "rows.jsonl")
    rows.add(replace(row("sidecar", "host", ""), trouble="it did not return"))
    assert rows.done() == set()
    assert rows.troubles("sidecar", "host") == 1
    rows.add(row("sidecar", "host", "lost"))
    assert rows.done() == {("sidecar", "host", 0)}
    assert rows.troubles("sidecar", "host") == 0


def test_figures_are_those_of_the_system_the_scenario_and_the_part(tmp_path: Path):
    rows = Rows(tmp_path / "rows.jsonl")
    rows.add(row("sidecar", "planned", "away", outage_ms=1))
    rows.add(row("sidecar", "planned", "back", outage_ms=2))
    rows.add(row("ucarp", "planned", "away", outage_ms=3))
    assert rows.figures("outage_ms", "sidecar", "planned") == [1, 2]
    assert rows.figures("outage_ms", "sidecar", "planned", "back") == [2]
    assert rows.figures("done_ms", "sidecar", "planned") == []


def test_the_machine_is_told_anew_only_when_it_is_another_one(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    for machine in (MACHINE, MACHINE, replace(MACHINE, cores=4)):
        Rows(path).begin(machine)
    assert len(path.read_text().splitlines()) == 2
