"""`sidecar tune`: what it recommends and why, against a real control socket."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar import cli
from sidecar.commands import tune
from sidecar.commands.tuning import Advice, advise, duration, ha_cf_time
from sidecar.config.values import parse_time
from sidecar.core.occurrences import BeatHeard, NodeReturned
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.web.beyond import Beyond, LinkGaps
from sidecar.web.observed import observed_document
from tests.builders import a_view
from tests.web.serving import Stage, controlled

DAY = 24 * 3600


def observed(
    *, largest_ms: int, keepalive_ms: int, deadtime_ms: int = 6000, seconds: int = DAY
) -> Stage:
    """A stage that has heard a beat each keepalive, and once so late."""
    stage = Stage(
        view=a_view(deadtime_ns=deadtime_ms * MILLISECOND),
        beyond=Beyond(keepalive_ns=keepalive_ms * MILLISECOND, warntime_ns=deadtime_ms * 500_000),
    )
    for _ in range(min(2000, seconds * 1000 // keepalive_ms)):
        stage.observed.report(BeatHeard(node="node-b", gap_ns=keepalive_ms * MILLISECOND))
    stage.observed.report(BeatHeard(node="node-b", gap_ns=largest_ms * MILLISECOND))
    return stage


def advice(*, largest_ms: int, keepalive_ms: int, deadtime_ms: int = 6000) -> Advice:
    stage = observed(largest_ms=largest_ms, keepalive_ms=keepalive_ms, deadtime_ms=deadtime_ms)
    return advise(json.loads(json.dumps(document(stage))))


def document(stage: Stage) -> object:
    return observed_document(stage.view, stage.beyond, stage.observed, stage.gaps)


@pytest.mark.parametrize(
    ("largest_ms", "keepalive_ms", "deadtime_ms", "why"),
    [
        (1500, 500, 3000, "twice the largest gap"),
        (1010, 1000, 4000, "four times keepalive"),
        (210, 200, 1600, "keepalive + 1.4 s"),
        (7200, 1000, 15_000, "twice the largest gap"),
        (60, 50, 1450, "keepalive + 1.4 s"),
    ],
)
def test_deadtime_is_the_longest_of_three(
    largest_ms: int, keepalive_ms: int, deadtime_ms: int, why: str
):
    told = advice(largest_ms=largest_ms, keepalive_ms=keepalive_ms)
    assert (told.deadtime_ms, told.warntime_ms) == (deadtime_ms, deadtime_ms // 2)
    assert told.why.startswith(why)


@pytest.mark.parametrize("largest_ms", [10, 900, 1001, 2600, 4999, 12_345])
@pytest.mark.parametrize("keepalive_ms", [50, 200, 1000, 2000])
def test_no_gap_that_was_seen_would_have_been_late(largest_ms: int, keepalive_ms: int):
    told = advice(largest_ms=largest_ms, keepalive_ms=keepalive_ms)
    assert max(largest_ms, 2 * keepalive_ms) <= told.warntime_ms < told.deadtime_ms
    assert told.shortest_ms <= told.deadtime_ms
    for ms in (told.warntime_ms, told.deadtime_ms):
        assert parse_time(ha_cf_time(ms)) == ms * MILLISECOND


@pytest.mark.parametrize(
    ("deadtime_ms", "verdict"),
    [
        (2900, "too short: only 1.9 times the largest gap"),
        (3200, "long enough: 2.1 times the largest gap"),
        (6000, "long enough: 4.0 times the largest gap"),
    ],
)
def test_the_deadtime_in_force_is_judged(deadtime_ms: int, verdict: str):
    told = advice(largest_ms=1500, keepalive_ms=500, deadtime_ms=deadtime_ms)
    assert told.verdict == verdict


def test_a_deadtime_that_the_gaps_allow_and_the_lease_does_not_is_short():
    told = advice(largest_ms=210, keepalive_ms=200, deadtime_ms=1000)
    assert told.verdict == "short: 4.8 times the largest gap, but less than is recommended"
    assert told.shortest_ms == 800


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(9, "9 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (DAY + 3601, "1 d 1 h")],
)
def test_how_long_was_observed_is_told_in_two_units(seconds: int, written: str):
    assert duration(seconds) == written


@pytest.fixture
def stage() -> Stage:
    return observed(largest_ms=1500, keepalive_ms=1000, seconds=60)


@pytest.fixture
def control(tmp_path: Path, stage: Stage) -> Iterator[str]:
    path = tmp_path / "control.sock"
    with controlled(path, stage):
        yield str(path)


def run(control: str, *words: str) -> int:
    return tune.main(cli.build_parser({}).parse_args(["tune", "--control", control, *words]))


def test_it_shows_what_was_seen_what_follows_and_whether_to_trust_it(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    stage.gaps = (LinkGaps(link="eth1", gaps_ns=(), silence_ns=None),)
    assert run(control) == 0
    assert capsys.readouterr().out == (
        "node-a has heard node-b for 1 min 1 s; keepalive is 1000 ms\n"
        "\n"
        "GAPS         BEATS  MEDIAN   P99      LARGEST\n"
        "by any link  61     1007 ms  1500 ms  1500 ms\n"
        "eth1         0      -        -        -\n"
        "late (warntime is 3000 ms): 0\n"
        "\n"
        "recommended for ha.cf on both nodes, unless the other node's `sidecar tune` says more:\n"
        "  warntime 2\n"
        "  deadtime 4\n"
        "because of four times keepalive: three beats in a row may be lost; "
        "warntime is half of it\n"
        "in force is deadtime 6000 ms, long enough: 4.0 times the largest gap\n"
        "not to be trusted: 1 min 1 s and 61 beats are too short: ask again after a day, with its "
        "busiest hour and its backups\n"
    )


def test_a_peer_that_was_held_for_dead_and_lived_is_a_reason_for_doubt(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    stage.observed.report(NodeReturned(node="node-b", restarted=False))
    run(control)
    said = capsys.readouterr().out
    assert "not to be trusted: node-b was held for dead once and had only not been heard" in said


def test_programs_get_the_figures_and_the_advice(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    assert run(control, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    advice = said.pop("advice")
    assert said == json.loads(json.dumps(document(stage)))
    assert (advice["warntime_ms"], advice["deadtime_ms"]) == (2000, 4000)


def test_before_two_beats_there_is_nothing_to_tell(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    stage.observed = Stage().observed
    assert run(control) == 1
    assert capsys.readouterr().err == "node-b has not been heard twice yet: ask again later\n"


def test_a_day_of_beats_is_trusted():
    stage = Stage(beyond=Beyond(keepalive_ns=SECOND))
    for _ in range(1500):
        stage.observed.report(BeatHeard(node="node-b", gap_ns=60 * SECOND))
    assert not advise(json.loads(json.dumps(document(stage)))).doubt


def test_without_a_sidecar_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(str(tmp_path / "none")) == 1
    assert "there is no such socket" in capsys.readouterr().err
