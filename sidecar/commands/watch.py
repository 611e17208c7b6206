"""Shows something anew each second until it is interrupted.

On a terminal the screen is drawn over in place. Elsewhere a text is written again when it has
changed, below the time at which it had. When there is no answer both say so, with the time of the
last one: what was shown before need not be true any more.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from sidecar.commands.terminal import Colour, Terminal

EVERY_S: Final = 1.0
_HOME: Final = "\x1b[H"
_CLEAR: Final = "\x1b[2J"
_REST_OF_LINE: Final = "\x1b[K"
_REST_OF_SCREEN: Final = "\x1b[J"
_HIDE_CURSOR: Final = "\x1b[?25l"
_SHOW_CURSOR: Final = "\x1b[?25h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One answer as lines, or why there is none."""

    lines: tuple[str, ...] = ()
    trouble: str = ""


Paint = Callable[[str], str]


def watch(look: Callable[[], Look], terminal: Terminal, paint: Paint) -> None:
    """Until Ctrl-C, which is no error. ``paint`` colours a line of an answer."""
    show = _Drawn(terminal, paint) if terminal.live else _Written(terminal)
    with suppress(KeyboardInterrupt), _screen(terminal):
        while True:
            show(look(), time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()))
            time.sleep(EVERY_S)


class _Written:
    """Text that stays: only what is new."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._last: Look | None = None

    def __call__(self, now: Look, at: str) -> None:
        if now == self._last:
            return
        first = self._last is None
        self._last = now
        lines = (f"no answer: {now.trouble}",) if now.trouble else now.lines
        self._terminal.say("\n".join((*(() if first else ("",)), f"--- {at}", *lines)))


class _Drawn:
    """A screen, from its top, no line longer and no more lines than it has room for."""

    def __init__(self, terminal: Terminal, paint: Paint) -> None:
        self._terminal = terminal
        self._paint = paint
        self._last: tuple[str, ...] = ()
        self._answered_at = ""

    def __call__(self, now: Look, at: str) -> None:
        size = shutil.get_terminal_size()
        head: tuple[str, ...] = (f"{at}  each second; Ctrl-C ends it",)
        head_colour, paint = Colour.FAINT, self._paint
        if now.trouble:
            since = f" since {self._answered_at}" if self._answered_at else ""
            head = (f"{at}  no answer{since}", *wrap(now.trouble, size.columns))
            head_colour, paint = Colour.BAD, self._faint
        else:
            self._last, self._answered_at = now.lines, at
        drawn = [self._terminal.paint(line[: size.columns], head_colour) for line in head]
        drawn += ["", *(paint(line[: size.columns]) for line in self._last)]
        shown = f"{_REST_OF_LINE}\n".join(drawn[: size.lines - 1])
        self._terminal.draw(f"{_HOME}{shown}{_REST_OF_LINE}\n{_REST_OF_SCREEN}")

    def _faint(self, line: str) -> str:
        return self._terminal.paint(line, Colour.FAINT)


@contextmanager
def _screen(terminal: Terminal) -> Iterator[None]:
    if not terminal.live:
        yield
        return
    terminal.draw(f"{_HIDE_CURSOR}{_CLEAR}")
    try:
        yield
    finally:
        terminal.draw(_SHOW_CURSOR)
