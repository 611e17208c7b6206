"""A target is reached or missed by the figure that it names, and not judged without one."""

from pathlib import Path

from tests.bench.rows import Rows
from tests.bench.targets import Target, targets, verdicts
from tests.bench.written import row, some_rows


def rows_of(folder: Path, *values: float, system: str = "sidecar") -> Rows:
    rows = Rows(folder / f"{system}.jsonl")
    for number, value in enumerate(values):
        rows.add(row(system, "host", "lost", number, overhead_ms=value))
    return rows


def test_the_worst_of_the_figures_decides_where_nothing_else_is_said(tmp_path: Path):
    target = Target(what="w", where=("host", "lost"), figure="overhead_ms", limit=5)
    missed = target.judge(rows_of(tmp_path, 1, 2, 6))
    assert missed is not None
    assert (missed.measured, missed.count, missed.reached) == (6, 3, False)


def test_exactly_the_limit_is_reached(tmp_path: Path):
    target = Target(what="w", where=("host",), figure="overhead_ms", limit=6)
    found = target.judge(rows_of(tmp_path, 6))
    assert found is not None
    assert found.reached


def test_nothing_is_judged_that_was_not_measured(tmp_path: Path):
    assert verdicts(rows_of(tmp_path)) == []


def test_what_is_measured_against_keepalived_waits_for_it(tmp_path: Path):
    rows = rows_of(tmp_path, 3, 3, 3)
    assert not [v for v in verdicts(rows) if "keepalived" in v.what]
    for number, value in enumerate((1, 2, 9)):
        rows.add(row("keepalived", "host", "lost", number, overhead_ms=value))
    (found,) = [v for v in verdicts(rows) if "keepalived" in v.what]
    assert (found.limit, found.measured, found.reached) == (2, 3, False)


def test_every_target_names_a_figure_that_the_bench_measures(tmp_path: Path):
    assert len(verdicts(some_rows(tmp_path))) == len(list(targets()))
