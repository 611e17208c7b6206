"""What is shown where: colours and lines that change only on a terminal, plain lines elsewhere.

NO_COLOR, set to anything, takes the colours away (no-color.org); TERM=dumb the changing lines, too.
"""

import os
from collections.abc import Mapping
from enum import Enum
from typing import Final, TextIO

_ERASE_LINE: Final = "\r\x1b[K"


class Colour(Enum):
    GOOD = "32"
    WARNING = "33"
    BAD = "31"
    FAINT = "2"


class Terminal:
    """One output stream, a terminal or not."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str] = os.environ) -> None:
        self.live = stream.isatty() and environ.get("TERM", "") != "dumb"
        self._colours = self.live and not environ.get("NO_COLOR")
        self._stream = stream
        self._passing = False

    def paint(self, text: str, colour: Colour | None) -> str:
        if not self._colours or colour is None or not text:
            return text
        return f"\x1b[{colour.value}m{text}\x1b[0m"

    def draw(self, text: str) -> None:
        """As it is, control sequences and all; for what is live only."""
        self._stream.write(text)
        self._stream.flush()

    def say(self, text: str) -> None:
        """A line that stays."""
        self.settle()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def pass_by(self, text: str) -> None:
        """A line that the next one replaces; nothing where lines cannot be replaced."""
        if self.live:
            # A line that the terminal had to break could not be erased as a whole.
            columns = os.get_terminal_size(self._stream.fileno()).columns
            self._stream.write(f"{_ERASE_LINE}{text[: columns - 1] if columns else text}")
            self._stream.flush()
            self._passing = True

    def settle(self) -> None:
        """Take the line away that only passed by."""
        if self._passing:
            self._stream.write(_ERASE_LINE)
            self._stream.flush()
            self._passing = False
