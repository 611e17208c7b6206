"""The nightly swarm: what is kept, and that a stopped one goes on."""

import json
import signal
import subprocess
import sys

import pytest

from tests.sim.nightly import STOPPED, Progress
from tests.sim.run import Outcome


def an_outcome(seed: int, violation: str = "") -> Outcome:
    return Outcome(seed=seed, virtual_ns=60, turns=1, packets=1, digest="00", violation=violation)


def test_seeds_become_ranges_in_whatever_order_they_end():
    progress = Progress(commit="c", minutes=1)
    for seed in (3, 1, 7, 2):
        progress.add(an_outcome(seed))
    assert progress.done == [[1, 3], [7, 7]]
    assert progress.count() == 4
    assert [seed for seed in range(1, 9) if progress.has(seed)] == [1, 2, 3, 7]


def test_what_was_kept_is_gone_on_with(tmp_path):
    progress = Progress(commit="c", minutes=1)
    progress.add(an_outcome(1, "two owners"))
    progress.save(tmp_path / "kept")
    assert Progress.load(tmp_path / "kept", "c", 1) == progress


@pytest.mark.parametrize(("commit", "minutes"), [("d", 1), ("c", 2)])
def test_another_commit_or_length_begins_anew(tmp_path, commit, minutes):
    progress = Progress(commit="c", minutes=1)
    progress.add(an_outcome(1))
    progress.save(tmp_path / "kept")
    assert Progress.load(tmp_path / "kept", commit, minutes).done == []


@pytest.mark.timeout(120)
def test_term_stops_it_and_keeps_what_is_done(tmp_path):
    kept = tmp_path / "kept"
    command = [sys.executable, "-m", "tests.sim.nightly", "--seeds", "100000", "--minutes", "0.1"]
    running = subprocess.Popen(
        [*command, "--jobs", "1", "--progress", str(kept)],
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
    assert json.loads(kept.read_text())["done"]
