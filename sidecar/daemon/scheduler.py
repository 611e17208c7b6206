"""The driver's time over asyncio, and the measure of how late the loop comes.

The loop counts CLOCK_MONOTONIC and the core CLOCK_BOOTTIME, so that timers are set by differences.
"""

import asyncio
from collections.abc import Callable

from sidecar.core.terms import SECOND, Moment
from sidecar.daemon.clock import moment
from sidecar.daemon.driver import Timer


class LoopScheduler:
    """Wakes the driver when its deadline comes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        lag: Callable[[int], None],
        crashed: Callable[[BaseException], None],
    ) -> None:
        """``crashed`` hears of an error in a wake-up, which the loop would only log."""
        self._loop = loop
        self._lag = lag
        self._crashed = crashed

    def now(self) -> Moment:
        return moment()

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> Timer:
        def wake() -> None:
            now_ns = moment().ns
            if now_ns < when_ns:  # the two clocks and the loop's rounding differ a little
                timer.handle = self._later(when_ns - now_ns, wake)
                return
            self._lag(now_ns - when_ns)
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - a guard: whatever it is ends the node
                self._crashed(error)

        timer = _Timer(self._later(when_ns - moment().ns, wake))
        return timer

    def _later(self, wait_ns: int, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self._loop.call_later(max(0, wait_ns) / SECOND, callback)


class _Timer:
    def __init__(self, handle: asyncio.TimerHandle) -> None:
        self.handle = handle

    def cancel(self) -> None:
        self.handle.cancel()
