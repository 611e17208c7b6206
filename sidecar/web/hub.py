"""What is told to whoever listens, and the latest of it for those who come later.

Knows no HTTP: see stream.py for how it reaches a client. A reader that is too slow is dropped:
nothing here ever waits in the turn that reports.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sidecar.core.occurrences import Occurrence, Severity
from sidecar.core.record import record_of
from sidecar.core.terms import SECOND
from sidecar.web.document import Document

CLIENTS_MAX: Final = 32
BACKLOG_MAX: Final = 256
"""Messages that may wait for one client before it counts as too slow."""
RECENT_MAX: Final = 100

SHOWN: Final = (Severity.INFO, Severity.WARNING, Severity.ERROR)


class Subscriber:
    """One client: its backlog, and what to do when it does not keep up."""

    __slots__ = ("_backlog", "_drop")

    def __init__(self, drop: Callable[[], None]) -> None:
        self._backlog: asyncio.Queue[bytes | None] = asyncio.Queue(BACKLOG_MAX)
        self._drop = drop

    def offer(self, message: bytes | None) -> bool:
        """Queue a message, None for the end; a client with a full backlog is dropped."""
        try:
            self._backlog.put_nowait(message)
        except asyncio.QueueFull:
            self._drop()
            return False
        return True

    async def next(self) -> bytes | None:
        """The next message, None at the end."""
        return await self._backlog.get()

    @property
    def has_more(self) -> bool:
        return not self._backlog.empty()


class EventHub:
    """Tells occurrences to all subscribers, and remembers the latest for those who come later."""

    def __init__(self, *, wall_ns: Callable[[], int]) -> None:
        self._wall_ns = wall_ns
        self._told = 0
        self._recent: deque[Document] = deque(maxlen=RECENT_MAX)
        self._subscribers: list[Subscriber] = []

    def report(self, occurrence: Occurrence) -> None:
        """Never waits and never fails for a client's sake: it is called within a turn."""
        if occurrence.severity not in SHOWN:
            return
        self._told += 1
        document = _document(occurrence, number=self._told, at=timestamp(self._wall_ns()))
        self._recent.append(document)
        if self._subscribers:
            message = event_message(document)
            self._subscribers = [one for one in self._subscribers if one.offer(message)]

    def recent(self) -> list[Document]:
        return list(self._recent)

    def subscribe(self, drop: Callable[[], None]) -> Subscriber | None:
        """A new subscriber, or None when there are as many as this node can afford."""
        if len(self._subscribers) >= CLIENTS_MAX:
            return None
        subscriber = Subscriber(drop)
        self._subscribers.append(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        with contextlib.suppress(ValueError):  # dropped before
            self._subscribers.remove(subscriber)

    def dismiss(self) -> None:
        """End every stream: the server stops."""
        for subscriber in self._subscribers:
            subscriber.offer(None)
        self._subscribers = []


def timestamp(wall_ns: int) -> str:
    """UTC to the millisecond, as RFC 3339 writes it."""
    seconds, rest_ns = divmod(wall_ns, SECOND)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest_ns // 1_000_000:03d}Z"


def event_message(document: Document) -> bytes:
    """JSON has no bare line break, so one data line carries it."""
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def _document(occurrence: Occurrence, *, number: int, at: str) -> Document:
    head: Document = {
        "event": occurrence.event,
        "severity": occurrence.severity.value,
        "sentence": occurrence.sentence(),
    }
    return head | record_of(occurrence) | {"at": at, "id": number}
