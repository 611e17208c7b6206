"""`sidecar history`, against a real control socket."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar import cli
from sidecar.commands import history
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.web.history import history_document
from sidecar.web.move import Move
from tests.builders import NODE_A, NODE_B
from tests.web.serving import NOON_NS, Stage, controlled

GROUP = "192.168.171.100/24/eth0:0"
TAKEN = Move(
    at_ns=NOON_NS,
    group=GROUP,
    kind="takeover",
    reason="peer_dead",
    why="node-b is dead",
    origin=NODE_B,
    target=NODE_A,
    total_ns=1_051_234_000,
    phases=(("detected", 0), ("decided", SECOND), ("address", 1_051_234_000)),
)
GIVEN = Move(
    at_ns=NOON_NS + 60 * SECOND,
    group=GROUP,
    kind="giveup",
    reason="standby",
    why="an operator asked for it",
    origin=NODE_A,
    target=NODE_B,
    total_ns=20 * MILLISECOND,
    phases=(("decided", 0), ("address", MILLISECOND), ("container", 20 * MILLISECOND)),
)
UNFINISHED = Move(
    at_ns=NOON_NS,
    group=GROUP,
    kind="takeover",
    reason="start",
    why="node-b is dead",
    origin=None,
    target=NODE_A,
    total_ns=None,
    phases=(("decided", 0),),
)


@pytest.fixture
def stage() -> Stage:
    return Stage(moves=(GIVEN, TAKEN))


@pytest.fixture
def control(tmp_path: Path, stage: Stage) -> Iterator[str]:
    path = tmp_path / "control.sock"
    with controlled(path, stage):
        yield str(path)


def run(control: str, *words: str) -> int:
    return history.main(cli.build_parser({}).parse_args(["history", "--control", control, *words]))


def test_each_move_is_a_sentence_and_its_phases(control: str, capsys: pytest.CaptureFixture[str]):
    assert run(control) == 0
    assert capsys.readouterr().out == (
        "2026-11-30 12:01:00Z  gave up 192.168.171.100/24/eth0:0, to node-b in 20 ms: "
        "an operator asked for it\n"
        "    decided 0.0 ms, address 1.0 ms, container 20 ms\n"
        "2026-11-30 12:00:00Z  took over 192.168.171.100/24/eth0:0 from node-b in 1051 ms: "
        "node-b is dead\n"
        "    detected 0.0 ms, decided 1000 ms, address 1051 ms\n"
    )


def test_what_never_ended_has_no_length(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    stage.moves = (UNFINISHED,)
    run(control)
    assert f"began to take over {GROUP}: node-b is dead\n" in capsys.readouterr().out


def test_as_json_it_is_the_document_of_the_api(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    assert run(control, "--json") == 0
    told = json.loads(json.dumps(history_document(NODE_A, stage.moves)))
    assert json.loads(capsys.readouterr().out) == told


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_only_as_many_as_are_asked_for_are_shown(
    control: str, capsys: pytest.CaptureFixture[str], form: tuple[str, ...]
):
    run(control, "-n", "1", *form)
    said = capsys.readouterr().out
    assert "standby" in said or "an operator" in said
    assert "node-b is dead" not in said


@pytest.mark.parametrize("count", ["0", "-1", "many", ""])
def test_no_moves_at_all_cannot_be_asked_for(count: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        run("none", "-n", count)
    assert ended.value.code == 2
    assert "is no number from 1 on" in capsys.readouterr().err


def test_before_the_first_move_it_says_so(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    stage.moves = ()
    assert run(control) == 0
    said = capsys.readouterr().out
    assert said == "node-a has neither taken over nor given up anything yet\n"
