"""The datagram client's process: one every millisecond, and what became of it.

    python -m tests.bench.prober ADDRESS PORT EVERY_US

Each datagram carries its number. When an answer came in is the kernel's word, so that it does not
matter when this process gets to read it. After ``PATIENCE_NS`` a record goes to the standard output
(``RECORD``: sent, answered, by whom; zeros without an answer), in the order of sending.
It ends with its parent's pipe.
"""

import os
import select
import socket
import struct
import sys
import time
from collections import deque
from typing import Final

from tests.bench.schedule import first_in_line

RECORD: Final = struct.Struct("!QQB")
PATIENCE_NS: Final = 100_000_000
SO_TIMESTAMPNS: Final = 35
TIMESPEC: Final = struct.Struct("@qq")
_NUMBER: Final = struct.Struct("!Q")
_FLUSH: Final = 50
"""Records in one write: the reader need not wake for each."""


def stamped_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The kernel's time of arrival, on the clock of the measurements; 0 when it gave none."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = TIMESPEC.unpack(data)
            wall_ns = seconds * 1_000_000_000 + nanoseconds
            return int(wall_ns - time.clock_gettime_ns(time.CLOCK_REALTIME) + time.monotonic_ns())
    return 0


class Prober:
    """What is under way, and what is known of it."""

    def __init__(self, address: tuple[str, int], every_ns: int) -> None:
        self._address = address
        self._every_ns = every_ns
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)
        self._under_way: deque[tuple[int, int]] = deque()
        self._answers: dict[int, tuple[int, int]] = {}
        self._told: list[bytes] = []

    def run(self) -> None:
        number = 0
        due_ns = time.monotonic_ns()
        while True:
            self._send(number)
            number += 1
            # A beat that was slept through is not made up for: a burst would measure nothing more.
            due_ns = max(due_ns + self._every_ns, time.monotonic_ns())
            while (left_ns := due_ns - time.monotonic_ns()) > 0:
                if select.select([self._socket], [], [], left_ns / 1e9)[0]:
                    self._hear()
            self._tell(time.monotonic_ns() - PATIENCE_NS)

    def _send(self, number: int) -> None:
        self._under_way.append((number, time.monotonic_ns()))
        try:
            self._socket.sendto(_NUMBER.pack(number), self._address)
        except OSError:  # no neighbour any more: a lost one
            return

    def _hear(self) -> None:
        try:
            data, ancillary, _, _ = self._socket.recvmsg(64, 64)
        except OSError:  # the word of a router about an earlier one
            return
        if len(data) == _NUMBER.size + 1:
            (number,) = _NUMBER.unpack_from(data)
            self._answers[number] = (stamped_ns(ancillary), data[-1])

    def _tell(self, until_ns: int) -> None:
        while self._under_way and self._under_way[0][1] <= until_ns:
            number, sent_ns = self._under_way.popleft()
            self._told.append(RECORD.pack(sent_ns, *self._answers.pop(number, (0, 0))))
        if len(self._told) >= _FLUSH:
            os.write(1, b"".join(self._told))
            self._told.clear()


def main() -> None:
    address, port, every_us = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    first_in_line()
    Prober((address, port), every_us * 1000).run()


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
