"""``serial DEVICE``: a serial line between the two nodes (protocol section 8).

Always the classic form, one message after the other. Written in pieces, each when the line must
have taken the one before, so that little waits inside the kernel and the newest heartbeat can go
first. A line that takes nothing for half a second is flushed and reported; reading goes on. Never
forwards what it hears to another line, as Heartbeat 3 does not either.
"""

import asyncio
import os
from typing import Final

from sidecar.core.events import PacketReceived
from sidecar.core.params import Link
from sidecar.media.attempts import Attempts
from sidecar.media.backlog import Backlog
from sidecar.media.base import Emit
from sidecar.media.reasons import serial_reason_of, stuck_reason
from sidecar.media.tty import (
    BITS_PER_BYTE,
    close_tty,
    open_tty,
    throw_away_output,
    unsent_bytes,
)
from sidecar.wire.stream import Splitter

PIECE: Final = 512
STUCK_S: Final = 0.5
_READ: Final = 4096
_SOONEST_S: Final = 0.001


class SerialMedium:
    def __init__(self, link: Link, emit: Emit) -> None:
        self.link = link
        self.backlog = Backlog()
        self._emit = emit
        self._attempts = Attempts(link.name, emit, self._try_again)
        self._splitter = Splitter()
        self._descriptor: int | None = None
        self._rest = b""
        """What is left of the message that is being written."""
        self._next: asyncio.Handle | None = None
        self._unsent = 0
        self._moved_s = 0.0
        """When the line took something for the last time."""

    def open(self) -> None:
        """Open the device, from inside the running loop, and again until it works."""
        try:
            descriptor = open_tty(self.link.device, self.link.baud)
        except OSError as error:
            self._attempts.fail(serial_reason_of(error, self.link))
            return
        self._descriptor = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._on_readable)
        self._begin_anew()
        self._attempts.works()

    def send(self, data: bytes) -> None:
        """Let it wait for its turn on the line, which may already have come."""
        if self._descriptor is None:
            return
        self.backlog.put(data)
        if self._next is None:
            self._moved_s = _now_s()  # a line at rest had nothing to take
            self._pump()

    def close(self) -> None:
        """End, and emit nothing any more."""
        self._attempts.close()
        self._drop_device()

    # --- in ------------------------------------------------------------------------------------

    def _on_readable(self) -> None:
        assert self._descriptor is not None  # noqa: S101 - the reader ends with the device
        try:
            data = os.read(self._descriptor, _READ)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose_device(error)
            return
        if not data:
            self._lose_device(None)
            return
        for frame in self._splitter.feed(data):
            if self._descriptor is None:  # closed by what the last packet led to
                return
            self._emit(PacketReceived(link=self.link.name, data=frame))

    # --- out -----------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Write the next piece if the line has taken the last one; come again when it must have."""
        self._next = None
        if self._descriptor is None:
            return
        try:
            written = self._write_piece(self._descriptor)
        except OSError as error:
            self._lose_device(error)
            return
        if written is not None:
            loop = asyncio.get_running_loop()
            pause_s = max(written * BITS_PER_BYTE / self.link.baud, _SOONEST_S)
            self._next = loop.call_later(pause_s, self._pump)

    def _write_piece(self, descriptor: int) -> int | None:
        """The number of bytes that the line has to take now; None when nothing is to be done."""
        unsent = unsent_bytes(descriptor)
        if unsent < self._unsent:
            self._moved_s = _now_s()
            if not unsent:
                self._attempts.proved()
        self._unsent = unsent
        if unsent:
            return self._wait_for(unsent)
        self._rest = self._rest or self.backlog.take() or b""
        if not self._rest:
            return None
        try:
            written = os.write(descriptor, self._rest[:PIECE])
        except BlockingIOError:
            return self._wait_for(PIECE)
        self._rest = self._rest[written:]
        self._unsent = written
        self._moved_s = _now_s()
        return written

    def _wait_for(self, unsent: int) -> int | None:
        """The line has this much to take first. Not for ever, if it does not."""
        if _now_s() - self._moved_s <= STUCK_S:
            return min(unsent, PIECE)
        self._give_up()
        return None

    def _give_up(self) -> None:
        assert self._descriptor is not None  # noqa: S101 - only an open line can be stuck
        throw_away_output(self._descriptor)
        self.backlog.clear()
        self._begin_anew()
        self._attempts.fail(stuck_reason(self.link))

    def _begin_anew(self) -> None:
        # The other end may have half a line of ours, to which nothing must be joined.
        self._rest = b"\n"
        self._unsent = 0
        self._moved_s = _now_s()

    # --- the device ----------------------------------------------------------------------------

    def _try_again(self) -> None:
        if self._descriptor is None:
            self.open()
        elif self._next is None:
            # Nobody sends by a link that failed, so the newline has to tell whether it works.
            self._moved_s = _now_s()
            self._pump()

    def _lose_device(self, error: OSError | None) -> None:
        self._drop_device()
        self._attempts.fail(serial_reason_of(error, self.link))

    def _drop_device(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if self._descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            close_tty(self._descriptor)
            self._descriptor = None
        self.backlog.clear()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
