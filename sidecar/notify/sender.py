"""The thread of one target: in order, one request at a time, again and again with growing pauses.

What cannot be delivered holds up what comes after it, for as long as it is tried: a receiver sees
things in the order in which they happened. A receiver that asks for a pause gets it. What is lost
all the same is counted, told in the log, and told to the receiver with the next one it takes.
"""

import logging
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, assert_never

from sidecar import VERSION
from sidecar.core.terms import SECOND
from sidecar.notify.backlog import Backlog
from sidecar.notify.counts import Result
from sidecar.notify.news import News, Origin, identity
from sidecar.notify.post import (
    ID_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    Delivered,
    Failed,
    Outcome,
    Refused,
    Target,
    post,
    signature,
    trust,
)

log = logging.getLogger("sidecar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The times, in seconds, and the room."""

    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    asked_pause_max_s: float = 600.0
    """No receiver puts us off for longer than that at a time."""
    try_for_s: float = 3600.0
    attempt_s: float = 10.0
    flush_s: float = 2.0
    """How long the end of the node waits for what is left."""
    room: int = 256


PACE: Final = Pace()

Count = Callable[[Result, int], None]


class Sender:
    """Give it news by ``backlog``. ``secret`` may be changed at any time."""

    def __init__(
        self,
        target: Target,
        origin: Origin,
        *,
        number: int,
        pace: Pace,
        secret: bytes | None,
        wall_ns: Callable[[], int],
    ) -> None:
        self.backlog = Backlog(pace.room)
        self.secret = secret
        self.count: Count = lambda _result, _times: None
        self._target = target
        self._origin = origin
        self._name = f"the webhook {number} ({target.place})"
        self._pace = pace
        self._wall_ns = wall_ns
        self._jitter = Random(f"{origin.node} {origin.generation} {number}")  # noqa: S311
        self._pause_s = pace.first_pause_s
        self._not_before_s = 0.0
        self._last_number = 0
        self._missed = 0
        """Lost since the receiver last took something."""
        self._failing = False
        self._context: ssl.SSLContext | None = None
        self._thread = threading.Thread(target=self._run, name=f"webhook-{number}", daemon=True)

    def start(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def join(self, until_s: float) -> None:
        """Wait for the end; who is in the middle of a request then is left behind."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, until_s - time.monotonic()))

    def _run(self) -> None:
        self._context = trust(self._target)
        while (news := self.backlog.take()) is not None:
            self._lose(news.number - self._last_number - 1, Result.DROPPED)
            self._last_number = news.number
            try:
                self._deliver(news)
            except Exception:  # a guard: one that cannot be told must not end the telling
                log.exception("a notification for %s was lost by an internal error", self._name)
                self._lose(1, Result.DROPPED)

    def _deliver(self, news: News) -> None:
        """Until it is taken, refused, or too old."""
        expires_s = news.born_s + self._pace.try_for_s
        while True:
            self.backlog.rest_until(min(self._not_before_s, expires_s))
            if time.monotonic() >= expires_s:
                self._lose(1, Result.EXPIRED)
                return
            outcome = self._attempt(news)
            match outcome:
                case Delivered():
                    self._delivered()
                    return
                case Refused():
                    log.warning("%s refuses a notification: %s", self._name, outcome.reason)
                    self._works()
                    self._lose(1, Result.REFUSED)
                    return
                case Failed():
                    self._failed(outcome)
                    if self.backlog.closed:
                        # The end of the node is no time for patience.
                        self._lose(1 + self.backlog.clear(), Result.DROPPED)
                        return
                case _:
                    assert_never(outcome)

    def _attempt(self, news: News) -> Outcome:
        body = self._target.shape(news, self._origin, self._missed)
        wall_s = self._wall_ns() // SECOND
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"heartbeat-sidecar/{VERSION}",
            "Connection": "close",
            ID_HEADER: identity(news, self._origin),
            TIMESTAMP_HEADER: str(wall_s),
        }
        if self.secret is not None:
            headers[SIGNATURE_HEADER] = signature(self.secret, wall_s, body)
        timeout_s = self._pace.flush_s if self.backlog.closed else self._pace.attempt_s
        return post(
            self._target,
            body,
            headers,
            context=self._context,
            timeout_s=timeout_s,
            wall_s=wall_s,
        )

    def _delivered(self) -> None:
        if self._failing:
            log.info("%s takes notifications again; %d were lost", self._name, self._missed)
        self._works()
        self._missed = 0
        self.count(Result.DELIVERED, 1)

    def _works(self) -> None:
        self._failing = False
        self._pause_s, self._not_before_s = self._pace.first_pause_s, 0.0

    def _failed(self, failed: Failed) -> None:
        if not self._failing:
            self._failing = True
            log.warning(
                "%s does not take notifications: %s; trying each for %g minutes",
                self._name,
                failed.reason,
                self._pace.try_for_s / 60,
            )
        # Both nodes tell the same receiver: they must not come back in the same instant.
        pause_s = self._pause_s * self._jitter.uniform(0.5, 1.0)
        asked_s = min(failed.retry_after_s or 0.0, self._pace.asked_pause_max_s)
        self._not_before_s = time.monotonic() + max(pause_s, asked_s)
        self._pause_s = min(2 * self._pause_s, self._pace.longest_pause_s)

    def _lose(self, times: int, result: Result) -> None:
        if times > 0:
            self._missed += times
            self.count(result, times)
