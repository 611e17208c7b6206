"""What waits for a slow line: the newest heartbeat first, everything else in its order.

A heartbeat that waits is worth nothing once there is a newer one. All other messages matter each,
so they take turns with the heartbeats; there is room for a bounded number, and the receiver asks
again for one that fell out (protocol section 4.3).
"""

import re
from collections import deque
from typing import Final

ROOM: Final = 64  # messages: at 9600 baud they take more than ten seconds
_STATUS: Final = b">>>\nt=status\n"
_SEQ = re.compile(rb"\nseq=([0-9a-f]{1,16})\n")


class Backlog:
    """Messages in the classic form, each whole."""

    def __init__(self) -> None:
        self.dropped = 0
        """Messages that were replaced by newer ones, or found no room."""
        self._status: bytes | None = None
        self._others: deque[bytes] = deque()
        self._status_had_its_turn = False

    def __len__(self) -> int:
        return len(self._others) + (self._status is not None)

    def put(self, data: bytes) -> None:
        if data.startswith(_STATUS) and not self._is_old(data):
            self.dropped += self._status is not None
            self._status = data
        elif data in self._others:
            self.dropped += 1  # asked for again, while its repetition still waits
        else:
            self._others.append(data)
            if len(self._others) > ROOM:
                self._others.popleft()
                self.dropped += 1

    def take(self) -> bytes | None:
        """The message that goes next; None when nothing waits."""
        if self._status is not None and not (self._status_had_its_turn and self._others):
            data, self._status = self._status, None
            self._status_had_its_turn = True
            return data
        self._status_had_its_turn = False
        return self._others.popleft() if self._others else None

    def clear(self) -> None:
        self.dropped += len(self)
        self._status = None
        self._others.clear()

    def _is_old(self, data: bytes) -> bool:
        """A repetition of an old heartbeat: it only closes a gap in the numbers."""
        return self._status is not None and _seq(data) < _seq(self._status)


def _seq(data: bytes) -> int:
    found = _SEQ.search(data)
    return int(found[1], 16) if found else 0
