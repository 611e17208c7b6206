"""A notifier at work, with times that a test can wait for."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from sidecar.core.occurrences import Severity, TakeoverBegan
from sidecar.core.terms import MILLISECOND
from sidecar.notify.news import SHAPES, Origin
from sidecar.notify.notifier import Notifier
from sidecar.notify.post import Target
from sidecar.notify.sender import Pace

NOON_NS = 1_796_040_000_123 * MILLISECOND
"""2026-11-30T12:00:00.123Z."""
ORIGIN = Origin(node="node-a", generation=7)
SECRET = b"a secret of sixteen bytes or more"
QUICK = Pace(first_pause_s=0.02, longest_pause_s=0.1, attempt_s=5, flush_s=0.5)


class Telling:
    """What the daemon does with a notifier, and what its metrics say."""

    def __init__(self, notifier: Notifier, registry: CollectorRegistry) -> None:
        self.notifier = notifier
        self._registry = registry
        self._stopped = False

    def tell(self, *groups: str) -> None:
        for group in groups:
            self.notifier.report(takeover_of(group))

    def counted(self, result: str, *, target: int = 1) -> float:
        labels = {"target": str(target), "result": result}
        return self._registry.get_sample_value("heartbeat_notifications_total", labels) or 0

    def waiting(self) -> float:
        labels = {"target": "1"}
        return self._registry.get_sample_value("heartbeat_notifications_waiting", labels) or 0

    def stop(self) -> float:
        """End it; return how many seconds that took."""
        self._stopped = True
        begin = time.monotonic()
        asyncio.run(self.notifier.stop())
        return time.monotonic() - begin

    def close(self) -> None:
        if not self._stopped:
            self.stop()


def takeover_of(group: str) -> TakeoverBegan:
    return TakeoverBegan(groups=(group,), reason="peer_dead", why="node-b is dead")


@contextmanager
def telling(
    *urls: str,
    shape: str = "json",
    level: Severity = Severity.INFO,
    secret: bytes | None = None,
    wall_ns: Callable[[], int] = lambda: NOON_NS,
    **pace: Any,
) -> Iterator[Telling]:
    registry = CollectorRegistry()
    notifier = Notifier(
        [
            Target(url=url, place=f"http://{urlsplit(url).netloc}", shape=SHAPES[shape])
            for url in urls
        ],
        ORIGIN,
        level=level,
        secret=secret,
        registry=registry,
        wall_ns=wall_ns,
        pace=replace(QUICK, **pace),
    )
    asyncio.run(notifier.start())
    made = Telling(notifier, registry)
    try:
        yield made
    finally:
        made.close()
