"""The reader of a real node's log finds what it is there to find. Needs no real node."""

from pathlib import Path

import pytest

from tests.interop.halog import (
    ALWAYS,
    DEATH,
    REPEATS_MAX,
    WRONG_KEY,
    complaints,
    floods,
    own_trouble,
)

DAEMON = "Nov 24 17:10:22 real heartbeat: [13]: {}"
SCRIPT = "2026/11/24_17:10:23  ResourceManager(default)[218]:    {}"


@pytest.mark.parametrize("form", [DAEMON, SCRIPT])
@pytest.mark.parametrize("level", ["WARN", "ERROR", "CRIT"])
def test_a_complaint_is_found_whoever_writes_it(form: str, level: str):
    line = form.format(f"{level}: something is wrong")
    assert complaints(line, ()) == [f"{level}: something is wrong"]


def test_what_a_scenario_explains_is_no_complaint():
    line = DAEMON.format("WARN: node ours: is dead")
    assert complaints(line, DEATH) == []
    assert complaints(line, ()) == ["WARN: node ours: is dead"]


def test_information_is_no_complaint():
    assert complaints(DAEMON.format("info: Link ours:eth1 up."), ()) == []


def test_a_line_that_comes_again_and_again_is_a_flood_whatever_its_numbers():
    lines = [DAEMON.format(f"info: packet {number} of ours") for number in range(REPEATS_MAX)]
    assert floods("\n".join(lines), ()) == []
    lines.append(DAEMON.format("info: packet 99 of ours"))
    assert len(floods("\n".join(lines), ())) == 1


def test_a_flood_that_the_scenario_explains_is_none():
    lines = [DAEMON.format("ERROR: MSG[0] : [t=status]")] * (REPEATS_MAX + 1)
    assert floods("\n".join(lines), WRONG_KEY) == []
    assert len(floods("\n".join(lines), DEATH)) == 1


def test_every_entry_of_the_lists_gives_a_reason():
    assert all(known.reason for known in (*ALWAYS, *DEATH, *WRONG_KEY))


TORN = (
    "WARN: ha_msg_add_nv_depth: line doesn't contain '='",
    "info: >>>",
    "ERROR: NV failure (msgfromsteam): [>>>",
)
"""What the daemon wrote when a script's message came to its FIFO around another one."""

EMPTY = "ERROR: msg2string: Message with zero fields"
"""What its FIFO's reader wrote when nothing but the frame of such a message was left."""

SLOW = (
    "WARN: G_SIG_dispatch: Dispatch function for SIGCHLD took too long to execute: 120 ms (> 30 ms)"
)
"""What it wrote when it got no processor for so long."""


DELAYED = (
    "WARN: Gmain_timeout_dispatch: Dispatch function for send local status was delayed 140 ms "
    "(> 110 ms) before being called (GSource: 0x55d613d041b0)"
)
LATE = "CRIT: Late heartbeat: Node ours: interval {} ms (> deadtime)"
BEATS_MS = [200] * 20


@pytest.mark.parametrize(
    ("lines", "trouble"),
    [
        (TORN, "the real node lost a message of its own"),
        ((EMPTY,), "the real node lost a message of its own"),
        ((SLOW,), "the real node had no processor"),
        ((DELAYED,), "the real node had no processor"),
        ((LATE.format(1010),), "the real node slept over what had come"),
        (("ERROR: NV failure (string2msg_ll):",), ""),
        (("WARN: node ours: is dead",), ""),
    ],
)
def test_trouble_that_the_real_node_has_with_itself_is_recognized(
    tmp_path: Path, lines: tuple[str, ...], trouble: str
):
    log = tmp_path / "ha-log"
    assert own_trouble(log, BEATS_MS) == ""
    log.write_text("\n".join(map(DAEMON.format, lines)))
    assert own_trouble(log, BEATS_MS) == trouble


@pytest.mark.parametrize(
    ("silence_ms", "said_ms"),
    [(1000, 1010), (1250, 1010), (200, 1300), (200, 600)],
    ids=["heard by others", "heard so, less a beat", "longer than it sleeps", "no second"],
)
def test_a_silence_that_may_be_the_sidecars_is_no_trouble_of_the_real_node(
    tmp_path: Path, silence_ms: int, said_ms: int
):
    log = tmp_path / "ha-log"
    log.write_text(DAEMON.format(LATE.format(said_ms)))
    assert own_trouble(log, [*BEATS_MS, silence_ms]) == ""
