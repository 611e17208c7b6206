"""What waits for one target: bounded, the oldest goes first out, and never a wait for who puts.

The loop puts, one thread takes. Neither a lock nor a condition is shared by the two: the thread has
no priority, and a loop that waited for it would be late. What fell out is seen by the numbers of
what is left.
"""

import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue

from sidecar.notify.news import News


class Backlog:
    def __init__(self, limit: int) -> None:
        self._waiting: deque[News] = deque(maxlen=limit)
        self._bell: SimpleQueue[None] = SimpleQueue()
        self.closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, news: News) -> None:
        """Add it; when there is no room, the oldest goes."""
        self._waiting.append(news)
        self._ring()

    def close(self) -> None:
        """Let the taker have what is left, and then None; no rest lasts any longer."""
        self.closed = True
        self._ring()

    def take(self) -> News | None:
        """Wait for the next one; None: closed, and nothing is left."""
        while True:
            with suppress(IndexError):
                return self._waiting.popleft()
            if self.closed:
                return None
            self._bell.get()

    def clear(self) -> int:
        """Give up what is left; return how many that were."""
        count = len(self._waiting)
        self._waiting.clear()
        return count

    def rest_until(self, until_s: float) -> None:
        """Wait until that instant of the monotonic clock, or until it is closed."""
        while not self.closed and (left_s := until_s - time.monotonic()) > 0:
            with suppress(Empty):
                self._bell.get(timeout=left_s)

    def _ring(self) -> None:
        if self._bell.empty():
            self._bell.put(None)
