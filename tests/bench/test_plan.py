"""The order of the bench: turns, and what is left after a stop."""

from dataclasses import replace
from pathlib import Path

from tests.bench import plan
from tests.bench.catalogue import SYSTEMS, catalogue
from tests.bench.rows import Rows
from tests.bench.written import row


def stints(*names: str, systems: tuple[str, ...] = SYSTEMS, rounds: int = 4, done=()):
    chosen = plan.choose(catalogue(rounds), names, systems)
    return plan.stints(chosen, done)


def test_the_systems_take_turns_a_few_rounds_at_a_time():
    turns = [(s.system, {item.round for item in s.items}) for s in stints("host", "planned")]
    assert turns == [
        *((system, {0, 1}) for system in SYSTEMS),
        *((system, {2, 3}) for system in SYSTEMS),
    ]


def test_a_turn_plays_every_scenario_once_before_it_plays_one_twice():
    first = stints("host", "planned")[0]
    played = [(item.entry.name, item.round) for item in first.items]
    assert played == [("host", 0), ("planned", 0), ("host", 1), ("planned", 1)]


def test_what_is_done_is_not_planned_again():
    done = {("sidecar", "host", number) for number in (0, 1, 2)}
    (left,) = stints("host", systems=("sidecar",), done=done)
    assert [item.round for item in left.items] == [3]


def test_nothing_is_planned_when_all_is_done():
    every = {(s.system, i.entry.name, i.round) for s in stints() for i in s.items}
    assert stints(done=every) == []


def test_the_long_watch_is_planned_only_when_it_is_named():
    assert "calm" not in {item.entry.name for stint in stints() for item in stint.items}
    assert {i.entry.name for s in stints("calm") for i in s.items} == {"calm", "calm-busy"}


def test_a_system_without_the_scenario_is_left_out():
    assert {s.system for s in stints("birth")} == {"sidecar"}
    assert stints("birth", systems=("ucarp",)) == []


def test_the_time_that_is_left_follows_from_what_a_round_took_before(tmp_path: Path):
    rows = Rows(tmp_path / "rows.jsonl")
    left = stints("host", systems=("sidecar",), rounds=2)
    guessed = plan.seconds(left, rows)
    rows.add(replace(row("sidecar", "host", "lost"), took_s=500))
    assert guessed < 100
    assert 1000 < plan.seconds(left, rows) < 1100
