"""Tells occurrences to webhooks. It never waits, and no failure of a receiver is felt by the node.

Within a turn an occurrence is only put aside. The rest is done by a thread for each target, not in
the loop: a name service that hangs, a handshake or a long document must not delay a beat.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry

from sidecar.core.occurrences import Occurrence, Severity
from sidecar.notify.counts import Counts, Result
from sidecar.notify.news import News, Origin
from sidecar.notify.post import Target
from sidecar.notify.sender import PACE, Pace, Sender
from sidecar.notify.told import judge

log = logging.getLogger("sidecar")


class Notifier:
    """A part that the guard starts and stops; ``report`` may be called at any time."""

    def __init__(
        self,
        targets: Sequence[Target],
        origin: Origin,
        *,
        level: Severity,
        secret: bytes | None,
        registry: CollectorRegistry,
        wall_ns: Callable[[], int],
        pace: Pace = PACE,
    ) -> None:
        self._level = level
        self._wall_ns = wall_ns
        self._pace = pace
        self._told = 0
        self._senders = tuple(
            Sender(target, origin, number=number, pace=pace, secret=secret, wall_ns=wall_ns)
            for number, target in enumerate(targets, start=1)
        )
        counts = Counts(registry, [sender.backlog.__len__ for sender in self._senders])
        for number, sender in enumerate(self._senders, start=1):
            sender.count = _counting(counts, number)

    def report(self, occurrence: Occurrence) -> None:
        """Put it aside for every target, if it is one that is told. Called within a turn."""
        try:
            self._put(occurrence)
        except Exception:  # a guard: an error in here must not end the node
            log.exception("%s was not told to the webhooks: an internal error", occurrence.event)

    def _put(self, occurrence: Occurrence) -> None:
        verdict = judge(occurrence, self._level)
        if verdict is None:
            return
        self._told += 1
        news = News(
            number=self._told,
            occurrence=occurrence,
            severity=verdict.severity,
            resolved=verdict.resolved,
            wall_ns=self._wall_ns(),
            born_s=time.monotonic(),
        )
        for sender in self._senders:
            sender.backlog.put(news)

    def sign_with(self, secret: bytes | None) -> None:
        """After a reload; what waits is signed with it, too."""
        for sender in self._senders:
            sender.secret = secret

    async def start(self) -> None:
        for sender in self._senders:
            sender.start()

    async def stop(self) -> None:
        """Deliver what can be delivered at once, for a bounded time."""
        for sender in self._senders:
            sender.backlog.close()
        until_s = time.monotonic() + self._pace.flush_s
        await asyncio.to_thread(self._join, until_s)

    def _join(self, until_s: float) -> None:
        for sender in self._senders:
            sender.join(until_s)


def _counting(counts: Counts, number: int) -> Callable[[Result, int], None]:
    def count(result: Result, times: int) -> None:
        counts.count(number, result, times)

    return count
