"""Cut the bytes of a serial line into frames (protocol section 8).

Lines are skipped until one starts with `>>>`; from there everything belongs to a frame until a line
that starts with `<<<`. A new `>>>` line inside a frame means that the rest of the old one was lost:
it starts anew. Whether a frame is a sound message is for the codec to say. Memory is bounded.
"""

from typing import Final

from sidecar.wire.limits import MAX_DATAGRAM

_START: Final = b">>>"
_END: Final = b"<<<"


class Splitter:
    """Collects bytes in pieces of any size and gives back whole frames."""

    __slots__ = ("_frame", "_line", "_skip_line", "dropped", "dropped_bytes")

    def __init__(self) -> None:
        self.dropped = 0  # frames that were begun and never ended
        self.dropped_bytes = 0  # bytes that came in no frame, noise between frames included
        self._frame: bytearray | None = None  # complete lines of the frame being collected
        self._line = bytearray()  # the line that has no newline yet
        self._skip_line = False  # the line was given up for its length: drop the rest of it too

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was read; return the frames that are complete now, in order."""
        frames: list[bytes] = []
        for piece in data.splitlines_keepends():
            pass
        return frames
