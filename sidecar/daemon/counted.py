"""Counts what happens from the start on, though what it is counted with is loaded after a beat.

To load prometheus_client takes a good part of a start. What is told before that is kept, and
counted then.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sidecar.core.occurrences import Occurrence
from sidecar.core.view import ClusterView

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from sidecar.web.counters import Counters

EARLY_MAX: Final = 4096
"""What is kept at most; it is some tens, unless the loading fails again and again."""


class Counted:
    """Fed in the loop's thread; ``load`` may be called on any, again if it failed."""

    def __init__(self, view: Callable[[], ClusterView]) -> None:
        self._view = view
        self._at_the_start = view()
        self._loop = asyncio.get_running_loop()
        self._counters: Counters | None = None
        self._registry: CollectorRegistry | None = None
        self._early: deque[Occurrence] = deque(maxlen=EARLY_MAX)
        self._early_lags_ns: deque[int] = deque(maxlen=EARLY_MAX)

    def report(self, occurrence: Occurrence) -> None:
        if self._counters is None:
            self._early.append(occurrence)
        else:
            self._counters.report(occurrence)

    def loop_lag(self, lag_ns: int) -> None:
        if self._counters is None:
            self._early_lags_ns.append(lag_ns)
        else:
            self._counters.loop_lag(lag_ns)

    def load(self) -> "CollectorRegistry":
        """Load what counts and give its registry. What was kept is counted before what is put on
        the loop from now on.
        """
        if self._registry is None:
            from prometheus_client import CollectorRegistry  # noqa: PLC0415 - see above

            from sidecar.web.counters import Counters  # noqa: PLC0415
            from sidecar.web.metrics import register_view  # noqa: PLC0415

            registry = CollectorRegistry()
            register_view(registry, self._view)
            counters = Counters(registry, self._at_the_start, self._view)
            self._registry = registry
            self._loop.call_soon_threadsafe(self._begin, counters)
        return self._registry

    def _begin(self, counters: "Counters") -> None:
        self._counters = counters
        for occurrence in self._early:
            counters.report(occurrence)
        for lag_ns in self._early_lags_ns:
            counters.loop_lag(lag_ns)
        self._early.clear()
        self._early_lags_ns.clear()
