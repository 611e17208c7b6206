"""The nightly swarm: what is kept, and that a stopped one goes on."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim.nightly import ROOT, STOPPED, Progress
from tests.sim.run import Outcome


def an_outcome(seed: int, violation: str = "") -> Outcome:
    return Outcome(seed=seed, virtual_ns=60, turns=1, packets=1, digest="00", violation=violation)


def test_seeds_become_ranges_in_whatever_order_they_end():
    progress = Progress(code="x", commit="c", minutes=1)
    for seed in (3, 1, 7, 2):
        progress.add(an_outcome(seed))
    assert progress.done == [[1, 3], [7, 7]]
    assert progress.count() == 4
    assert [seed for seed in range(1, 9) if progress.has(seed)] == [1, 2, 3, 7]


def test_what_was_kept_is_gone_on_with(tmp_path):
    progress = Progress(code="x", commit="c", minutes=1)
    progress.add(an_outcome(1, "two owners"))
    progress.save(tmp_path / "kept")
    assert Progress.load(tmp_path / "kept", code="x", at_commit="c", minutes=1) == progress


def test_what_was_done_elsewhere_is_gone_on_with_unless_more_is_kept_here(tmp_path):
    here, elsewhere = tmp_path / "kept", tmp_path / "judged"
    progress = Progress(code="x", commit="c", minutes=1)
    progress.add(an_outcome(1))
    progress.save(elsewhere)
    told = Progress.load(here, elsewhere, code="x", at_commit="c", minutes=1)
    assert told.done == [[1, 1]]
    progress.add(an_outcome(2))
    progress.save(here)
    told = Progress.load(here, elsewhere, code="x", at_commit="c", minutes=1)
    assert told.done == [[1, 2]]
    Progress(code="y", commit="c", minutes=1).save(here)
    told = Progress.load(here, elsewhere, code="x", at_commit="c", minutes=1)
    assert told.done == [[1, 1]]


@pytest.mark.parametrize(("code", "minutes"), [("y", 1), ("x", 2)])
def test_other_code_or_another_length_begins_anew(tmp_path, code, minutes):
    progress = Progress(code="x", commit="c", minutes=1)
    progress.add(an_outcome(1))
    progress.save(tmp_path / "kept")
    fresh = Progress.load(tmp_path / "kept", code=code, at_commit="c", minutes=minutes)
    assert fresh.done == []


def test_a_commit_that_leaves_the_simulated_code_alone_goes_on(tmp_path):
    progress = Progress(code="x", commit="c", minutes=1)
    progress.add(an_outcome(1))
    progress.save(tmp_path / "kept")
    kept = Progress.load(tmp_path / "kept", code="x", at_commit="d", minutes=1)
    assert (kept.done, kept.commit) == ([[1, 1]], "d")


def add_a_remark(file: Path) -> None:
    file.write_text(file.read_text() + "# another remark\n")


def test_the_digest_of_the_code_is_of_what_a_simulation_loads(tmp_path):
    """As another process finds it, in a copy of the repository in which one file differs."""
    program = "from tests.sim.nightly import digest_of_code; print(digest_of_code())"

    def digest() -> str:
        ran = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.strip()

    for folder in ("sidecar", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc"))
    before = digest()
    (tmp_path / "sidecar/web/app.py").write_text("")
    for runner in ("nightly", "worker", "compiled", "plainer"):
        add_a_remark(tmp_path / f"tests/sim/{runner}.py")
    assert digest() == before
    add_a_remark(tmp_path / "sidecar/core/cluster.py")
    assert digest() != before


@pytest.mark.timeout(120)
def test_term_stops_it_and_keeps_what_is_done(tmp_path):
    kept = tmp_path / "kept"
    command = [sys.executable, "-m", "tests.sim.nightly", "--seeds", "100000", "--minutes", "0.1"]
    running = subprocess.Popen(
        [*command, "--first", "50", "--jobs", "1", "--progress", str(kept)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    try:
        while not kept.exists():
            assert running.stderr.read(1), "it ended by itself"
    finally:
        running.send_signal(signal.SIGTERM)
    told, _ = running.communicate(timeout=60)
    assert running.returncode == STOPPED, told
    assert "the same command goes on" in told
    ((first, _last),) = json.loads(kept.read_text())["done"]
    assert first == 50
