"""What the log looks like, and that it never stops the loop."""

import json
import logging
import os
import re
import subprocess
import sys
import time
import warnings
from typing import Any

import pytest

from sidecar.core.occurrences import (
    BeatHeard,
    HeartbeatLate,
    LinkChanged,
    NodeDied,
    NodeReturned,
    TakeoverBegan,
)
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.daemon import logs
from sidecar.daemon.logs import LogFormat, logging_to, report

DIED = NodeDied(node="node-b", silence_ns=3_012 * MILLISECOND, deadtime_ns=3 * SECOND, heard=True)
BEAT = BeatHeard(node="node-b", gap_ns=1_000_250_000)


class Pipe:
    """Standard output with a reader; lines are read after the log has been closed."""

    def __init__(self) -> None:
        self._read, self.fd = os.pipe()

    def lines(self) -> list[str]:
        os.close(self.fd)
        with os.fdopen(self._read, encoding="utf-8") as reader:
            return reader.read().splitlines()

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]


def test_an_occurrence_is_one_line_with_time_level_and_sentence():
    pipe = Pipe()
    with logging_to(pipe.fd):
        report(DIED)
    (line,) = pipe.lines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ERROR   "
        r"node-b is dead: silent for 3012 ms, deadtime is 3000 ms",
        line,
    )


@pytest.mark.parametrize(
    ("occurrence", "level"),
    [
        (BEAT, "debug"),
        (NodeReturned(node="node-b", restarted=True), "info"),
        (HeartbeatLate(node="node-b", gap_ns=SECOND, warntime_ns=SECOND), "warning"),
        (DIED, "error"),
    ],
)
def test_severity_is_the_level(occurrence: Any, level: str):
    pipe = Pipe()
    with logging_to(pipe.fd, form=LogFormat.JSON, level="debug"):
        report(occurrence)
    (record,) = pipe.records()
    assert record["level"] == level


def test_json_carries_the_event_the_sentence_and_every_field_with_its_unit():
    pipe = Pipe()
    with logging_to(pipe.fd, form=LogFormat.JSON):
        report(DIED)
    (record,) = pipe.records()
    assert record.pop("time").endswith("Z")
    assert record == {
        "level": "error",
        "event": "node_died",
        "message": DIED.sentence(),
        "node": "node-b",
        "silence_ms": 3012.0,
        "deadtime_ms": 3000.0,
        "heard": True,
        "refused": False,
    }


def test_json_shows_several_groups_as_a_list():
    pipe = Pipe()
    with logging_to(pipe.fd, form=LogFormat.JSON):
        report(TakeoverBegan(groups=("web", "mail"), reason="peer_dead", why="node-b is dead"))
    (record,) = pipe.records()
    assert record["groups"] == ["web", "mail"]


def test_beats_are_shown_at_debug_level_only():
    quiet, verbose = Pipe(), Pipe()
    with logging_to(quiet.fd):
        report(BEAT)
    with logging_to(verbose.fd, level="debug"):
        report(BEAT)
    assert quiet.lines() == []
    assert len(verbose.lines()) == 1


def test_a_line_break_in_a_field_makes_no_second_line_of_json():
    pipe = Pipe()
    with logging_to(pipe.fd, form=LogFormat.JSON):
        report(LinkChanged(node="node-b", link="eth1", status="dead", reason="gone\nfor good"))
    (record,) = pipe.records()
    assert record["reason"] == "gone\nfor good"


def test_what_libraries_log_takes_the_same_form():
    pipe = Pipe()
    with logging_to(pipe.fd, form=LogFormat.JSON, level="debug"):
        logging.getLogger("aiohttp.server").error("bad %s", "request")
        logging.getLogger("urllib3").debug("each request")
    (record,) = pipe.records()
    assert (record["event"], record["logger"]) == ("log", "aiohttp.server")
    assert record["message"] == "bad request"


def test_a_warning_of_the_interpreter_is_logged():
    pipe = Pipe()
    with logging_to(pipe.fd, form=LogFormat.JSON), warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
    (record,) = pipe.records()
    assert "soon gone" in record["message"]


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_traceback_is_kept(form: LogFormat):
    pipe = Pipe()
    with logging_to(pipe.fd, form=form):
        try:
            int("the reason")
        except ValueError:
            logging.getLogger("sidecar.daemon.guard").exception("the page failed")
    lines = pipe.lines()
    if form is LogFormat.JSON:
        (line,) = lines
        record = json.loads(line)
        assert record["message"] == "the page failed"
        assert "ValueError: invalid literal" in record["exception"]
    else:
        assert lines[0].endswith("ERROR   the page failed")
        assert lines[-1].startswith("ValueError: invalid literal")


def test_a_blocked_standard_output_stops_nobody_and_loses_lines_by_count():
    read_fd, fd = os.pipe()
    began = time.monotonic()
    with logging_to(fd) as entry:
        _fill(fd)
        for _ in range(logs.QUEUE_MAX + 500):
            report(DIED)
        took_s = time.monotonic() - began
        assert entry.dropped >= 499
        # The reader comes back: what waited is written, and so is the number of missing lines.
        os.set_blocking(read_fd, False)
        text = _drain_until(read_fd, "missing")
    os.close(fd)
    os.close(read_fd)
    assert took_s < 5
    assert re.search(rf"{entry.dropped} log line\(s\) missing", text)


def test_the_end_of_the_program_does_not_wait_for_a_blocked_standard_output():
    program = (
        "import os\n"
        "from sidecar.core.occurrences import ShutdownBegan\n"
        "from sidecar.daemon.logs import logging_to, report\n"
        "with logging_to():\n"
        "    for _ in range(5000): report(ShutdownBegan())\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    try:
        # Nobody reads its output until it has ended.
        assert child.wait(timeout=20) == 0
    finally:
        child.kill()
        child.communicate()


def test_a_reader_that_has_gone_does_no_harm():
    read_fd, fd = os.pipe()
    os.close(read_fd)
    with logging_to(fd) as entry:
        report(DIED)
    os.close(fd)
    assert entry.dropped == 0


def _fill(fd: int) -> None:
    os.set_blocking(fd, False)
    try:
        while True:
            os.write(fd, b"." * 4095 + b"\n")
    except BlockingIOError:
        os.set_blocking(fd, True)


def _drain_until(fd: int, word: str) -> str:
    text, until = "", time.monotonic() + 20
    while word not in text and time.monotonic() < until:
        try:
            text += os.read(fd, 65536).decode()
        except BlockingIOError:
            time.sleep(0.001)
    return text
