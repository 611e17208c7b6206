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
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._extend_line(end + b"\n")
            frame = self._end_line()
            if frame is not None:
                frames.append(frame)
        self._extend_line(rest)
        return frames

    def _extend_line(self, piece: bytes) -> None:
        if self._skip_line:
            self.dropped_bytes += len(piece)
            return
        self._line += piece
        collected = len(self._line) + (0 if self._frame is None else len(self._frame))
        if collected > MAX_DATAGRAM:
            self._give_up_frame()
            self.dropped_bytes += len(self._line)
            self._line.clear()
            self._skip_line = True

    def _end_line(self) -> bytes | None:
        """File the line that has just got its newline; return the frame if it was the last."""
        # A break on the line, or a sender of the older kind, leaves NULs between frames.
        line = bytes(self._line.lstrip(b"\0"))
        self.dropped_bytes += len(self._line) - len(line)
        self._line.clear()
        self._skip_line = False
        if line.startswith(_START):
            self._give_up_frame()
            self._frame = bytearray(line)
        elif self._frame is None:
            self.dropped_bytes += len(line)
        else:
            self._frame += line
            if line.startswith(_END):
                frame, self._frame = bytes(self._frame), None
                return frame
        return None

    def _give_up_frame(self) -> None:
        if self._frame is not None:
            self.dropped += 1
            self.dropped_bytes += len(self._frame)
            self._frame = None
