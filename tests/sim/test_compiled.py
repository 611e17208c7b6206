"""Who may judge in the place of the sources: only who says the same of every packet."""

import shutil
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from tests.sim import nightly
from tests.sim.compiled import compiled, quickest
from tests.sim.fault import Fault
from tests.sim.nightly import ROOT, Progress
from tests.sim.run import Outcome
from tests.sim.worker import Judge, heard, judged, told

SOURCES = Judge(name="the sources", python=sys.executable, place=ROOT)


@pytest.fixture
def copy(tmp_path: Path) -> Judge:
    """The same interpreter with a copy of the code."""
    for folder in ("sidecar", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc"))
    return Judge(name="a copy", python=sys.executable, place=tmp_path)


def trial(judge: Judge) -> Judge:
    return quickest(SOURCES, [judge], seeds=(5,), minutes=0.1)


def test_who_says_the_same_may_judge(copy, capsys):
    assert trial(copy) in {SOURCES, copy}
    assert "a copy: " in (printed := capsys.readouterr().out)
    assert "with the same digests" in printed


def test_who_differs_in_the_instant_of_a_packet_may_not(copy, capsys):
    network = copy.place / "tests/sim/network.py"
    text = network.read_text()
    network.write_text(text.replace("expovariate(1.0)", "expovariate(1.001)"))
    assert network.read_text() != text
    assert trial(copy) is SOURCES
    assert "a copy: not used: judges seeds 5 otherwise" in capsys.readouterr().out


def test_who_cannot_run_may_not(copy, capsys):
    (copy.place / "sidecar/core/cluster.py").write_text("raise SystemExit(7)\n")
    assert trial(copy) is SOURCES
    assert "a copy: not used: a process ended with 7" in capsys.readouterr().out


def test_a_broken_rule_that_the_sources_do_not_see_ends_the_swarm(copy, tmp_path):
    violation = copy.place / "tests/sim/liveness.py"
    violation.write_text(
        violation.read_text().replace("        if trouble:\n", "        if True:\n")
    )
    progress = Progress(code="x", commit="c", minutes=0.1)
    options = Namespace(jobs=1, minutes=0.1, seeds=5, progress=tmp_path / "kept")
    with pytest.raises(RuntimeError, match="a copy: seed 5 is another one than the sources'"):
        nightly._run(copy, [5], progress, options)
    assert not progress.done


def test_every_seed_is_judged_once_by_several_processes():
    outcomes = list(judged(SOURCES, range(5, 8), minutes=0.05, processes=2))
    assert sorted(outcome.seed for outcome in outcomes) == [5, 6, 7]


def test_an_outcome_survives_the_pipe():
    outcome = Outcome(
        seed=3, virtual_ns=60, turns=1, packets=2, digest="0a", violation="1 s: two\nowners",
        check="two owners", made={Fault.KILL: 2},
    )  # fmt: skip
    line = told(outcome)
    assert "\n" not in line
    assert heard(line) == outcome


@pytest.mark.costly
@pytest.mark.timeout(300)
def test_a_copy_is_compiled_where_a_compiler_is(tmp_path):
    files = tuple(ROOT / "sidecar/wire" / name for name in ("limits.py", "errors.py"))
    place = compiled(ROOT, files, tmp_path / "made" / "of-this")
    assert place is not None
    assert len(list(place.glob("sidecar/wire/*.so"))) == len(files)
    assert compiled(ROOT, (), place) == place
