"""What became of the notifications, as metrics. A target is a number: its address is a secret."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge


class Result(StrEnum):
    DELIVERED = "delivered"
    REFUSED = "refused"
    """The receiver will not have it (most 4xx)."""
    EXPIRED = "expired"
    """Not delivered for as long as it was tried."""
    DROPPED = "dropped"
    """No room for it, or no time at the end."""


class Counts:
    """Series of every target are there from the start, with 0."""

    def __init__(self, registry: CollectorRegistry, waiting: Sequence[Callable[[], int]]) -> None:
        self._notifications = Counter(
            "heartbeat_notifications_total",
            "Notifications by what became of them; target is the number of the webhook.",
            ["target", "result"],
            registry=registry,
        )
        gauge = Gauge(
            "heartbeat_notifications_waiting",
            "Notifications that wait for the webhook of this number.",
            ["target"],
            registry=registry,
        )
        for number, count in enumerate(waiting, start=1):
            gauge.labels(str(number)).set_function(count)
            for result in Result:
                self._notifications.labels(str(number), result.value)

    def count(self, target: int, result: Result, times: int = 1) -> None:
        self._notifications.labels(str(target), result.value).inc(times)
