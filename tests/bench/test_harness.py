"""The harness itself, on two real hosts: one round with the two systems that are compared most."""

import os
import shutil
from pathlib import Path

import pytest

from tests.bench import plan
from tests.bench.catalogue import catalogue
from tests.bench.report import write
from tests.bench.rows import Rows
from tests.bench.run import Run

pytestmark = [pytest.mark.e2e, pytest.mark.costly, pytest.mark.timeout(300)]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it makes network namespaces")
@pytest.mark.skipif(shutil.which("keepalived") is None, reason="needs keepalived")
def test_one_round_of_two_systems_makes_a_report(tmp_path: Path):
    rows = Rows(tmp_path / "rows.jsonl")
    systems = ("sidecar", "keepalived")
    chosen = plan.choose(catalogue(1), ("host", "planned"), systems)
    Run(rows, plan.stints(chosen, rows.done())).run()
    assert [row.trouble for row in rows.rows if row.trouble] == []
    for system in systems:
        (outage_ms,) = rows.figures("outage_ms", system, "host", "lost")
        # A host that is lost is missed for less than the dead time only by what passed before.
        assert 150 < outage_ms < 3000
        assert len(rows.figures("done_ms", system, "planned", "away", "back")) == 2
    assert "### The active host is lost" in write(rows, tmp_path / "docs")[0].read_text()
