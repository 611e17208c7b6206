"""`sidecar status --watch`: on a real pseudo-terminal, into a pipe, and when the sidecar goes."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sidecar.core.terms import NodeStatus
from tests.builders import a_node, a_peer, a_view
from tests.web.serving import Stage, controlled

CLEAR = "\x1b[2J"
HOME = "\x1b[H"
DEAD = a_view(summary="alone", nodes=(a_node(), a_peer(status=NodeStatus.DEAD)))


class Screen:
    """What a command wrote to its terminal so far."""

    def __init__(self, screen: int) -> None:
        self._screen = screen
        self.text = ""

    def until(self, wanted: str, *, seconds: float = 20) -> str:
        """All that came up to here, from the last drawing that was complete."""
        end = time.monotonic() + seconds
        while wanted not in self.text:
            left = end - time.monotonic()
            assert left > 0, f"{wanted!r} did not come: {self.text!r}"
            if select.select([self._screen], [], [], left)[0]:
                self.text += os.read(self._screen, 65536).decode()
        seen, self.text = self.text, ""
        return seen.replace("\r\n", "\n")


@contextmanager
def watching(control: Path, **environ: str) -> Iterator[tuple[subprocess.Popen[bytes], Screen]]:
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        (sys.executable, "-m", "sidecar.cli", "status", "--watch", "--control", str(control)),
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "300", "LINES": "40", **environ},
    )
    os.close(terminal)
    try:
        yield process, Screen(screen)
    finally:
        process.kill()
        process.communicate(timeout=10)
        os.close(screen)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


def test_a_terminal_is_drawn_over_in_place_and_says_when_the_sidecar_is_gone(path: Path):
    stage = Stage()
    with watching(path) as (process, screen):
        assert CLEAR in screen.until("there is no such socket")
        with controlled(path, stage):
            seen = screen.until("ready to serve")
            assert CLEAR not in seen
            assert HOME in seen
            assert "\x1b[32mup\x1b[0m" in seen
            stage.view = DEAD
            assert "\x1b[31mdead\x1b[0m" in screen.until("dead\x1b[0m")
        screen.until("no answer since ")
        # What was known last stays to be seen, and is not shown as true.
        assert "\x1b[2malone" in screen.until("\x1b[2malone")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        screen.until("\x1b[?25h")
    assert process.stderr is not None


def test_no_line_is_longer_and_there_are_no_more_than_the_terminal_has_room_for(path: Path):
    with (
        controlled(path, Stage(view=a_view(summary="x" * 200))),
        watching(path, COLUMNS="50", LINES="6", NO_COLOR="1") as (_, screen),
    ):
        drawing = screen.until("\x1b[J").partition(HOME)[2]
    lines = re.sub(r"\x1b\[[0-9?]*[A-Za-z]", "", drawing).splitlines()
    assert len(lines) <= 6
    assert max(map(len, lines)) == 50


def test_without_colours_the_words_are_the_same(path: Path):
    with controlled(path, Stage(view=DEAD)), watching(path, NO_COLOR="1") as (_, screen):
        seen = screen.until("ready to serve")
    assert "\x1b[3" not in seen
    assert "node-b         dead" in seen


def test_into_a_pipe_only_what_has_changed_is_written(path: Path):
    stage = Stage()
    command = (sys.executable, "-m", "sidecar.cli", "status", "--watch", "--control", str(path))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout)
        assert next(lines).startswith("--- ")
        assert "no answer: no sidecar at" in next(lines)
        with controlled(path, stage):
            assert next(lines) == "\n"
            assert next(lines).startswith("--- ")
            assert next(lines) == f"{stage.view.summary}\n"
            assert "ready to serve\n" in lines
            time.sleep(2.5)  # long enough for a second and a third look, which bring nothing
            stage.view = DEAD
            assert next(lines) == "\n"
            assert next(lines).startswith("--- ")
            assert next(lines) == "alone\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
