"""What a terminal is shown, and what anything else is: asked of a real pseudo-terminal."""

import io
import os
import select
import termios
from collections.abc import Iterator, Mapping
from typing import TextIO

import pytest

from sidecar.commands.terminal import Colour, Terminal


class Tty:
    def __init__(self) -> None:
        self._screen, program = os.openpty()
        self.stream: TextIO = os.fdopen(program, "w", encoding="utf-8")

    def resize(self, *, columns: int) -> None:
        termios.tcsetwinsize(self._screen, (24, columns))

    def shown(self) -> str:
        """All that was written so far; a terminal gives it in pieces."""
        self.stream.flush()
        pieces = []
        while select.select([self._screen], [], [], 0.1)[0]:
            pieces.append(os.read(self._screen, 4096))
        return b"".join(pieces).decode().replace("\r\n", "\n")

    def close(self) -> None:
        self.stream.close()
        os.close(self._screen)


@pytest.fixture
def tty() -> Iterator[Tty]:
    one = Tty()
    yield one
    one.close()


def test_a_passing_line_is_replaced_by_the_next_one(tty: Tty):
    terminal = Terminal(tty.stream, {})
    terminal.pass_by("1 of 2")
    terminal.pass_by("2 of 2")
    terminal.say("done")
    assert tty.shown() == "\r\x1b[K1 of 2\r\x1b[K2 of 2\r\x1b[Kdone\n"


def test_a_passing_line_is_no_longer_than_the_terminal_is_wide(tty: Tty):
    tty.resize(columns=12)
    terminal = Terminal(tty.stream, {})
    terminal.pass_by("twelve signs")
    tty.resize(columns=80)
    terminal.pass_by("twelve signs")
    terminal.settle()
    assert tty.shown() == "\r\x1b[Ktwelve sign\r\x1b[Ktwelve signs\r\x1b[K"


def test_a_terminal_that_does_not_tell_its_width_is_shown_whole_lines(tty: Tty):
    tty.resize(columns=0)
    Terminal(tty.stream, {}).pass_by("twelve signs")
    assert tty.shown() == "\r\x1b[Ktwelve signs"


def test_a_line_that_stays_is_not_erased(tty: Tty):
    terminal = Terminal(tty.stream, {})
    terminal.say("first")
    terminal.say("second")
    terminal.settle()
    assert tty.shown() == "first\nsecond\n"


@pytest.mark.parametrize(
    ("environ", "painted"),
    [
        ({}, "\x1b[32mgood\x1b[0m"),
        ({"TERM": "xterm"}, "\x1b[32mgood\x1b[0m"),
        ({"NO_COLOR": ""}, "\x1b[32mgood\x1b[0m"),
        ({"NO_COLOR": "1"}, "good"),
        ({"TERM": "dumb"}, "good"),
    ],
)
def test_colours_are_for_terminals_whose_user_wants_them(
    tty: Tty, environ: Mapping[str, str], painted: str
):
    assert Terminal(tty.stream, environ).paint("good", Colour.GOOD) == painted


def test_what_is_no_terminal_gets_plain_lines_that_stay():
    stream = io.StringIO()
    terminal = Terminal(stream, {})
    terminal.pass_by("1 of 2")
    terminal.say(terminal.paint("done", Colour.GOOD))
    assert stream.getvalue() == "done\n"


def test_nothing_is_painted_without_a_colour(tty: Tty):
    terminal = Terminal(tty.stream, {})
    assert terminal.paint("as it is", None) == "as it is"
    assert terminal.paint("", Colour.BAD) == ""
