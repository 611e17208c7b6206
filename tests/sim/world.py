"""Virtual time: one heap of callbacks, and the clocks of the nodes over it.

The world's own instant is an integer of nanoseconds that only ``run_until`` moves. Every node reads
it through a ``NodeClock`` with an offset and a drift of its own, because two hosts never agree on
what CLOCK_BOOTTIME says and nothing may depend on it.
"""

import heapq
from collections.abc import Callable
from typing import Final

from sidecar.core.terms import SECOND, Moment

Callback = Callable[[], None]

_MILLION: Final = 1_000_000
# The first instant of every run on the wall clock: the packets' ``ts`` should look like a date.
EPOCH_WALL_S: Final = 1_795_500_000


class Alarm:
    """One callback to come. Cancelling leaves it in the heap, where it fires as nothing."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callback) -> None:
        self.callback: Callback | None = callback

    def cancel(self) -> None:
        self.callback = None


class World:
    """The one clock of the simulation and everything that waits for it."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.fired = 0
        self._heap: list[tuple[int, int, Alarm]] = []
        # Ties fire in the order in which they were asked for; alarms themselves do not compare.
        self._counter = 0

    def call_at(self, when_ns: int, callback: Callback) -> Alarm:
        """Run the callback at that instant; one in the past fires next, time never goes back."""
        alarm = Alarm(callback)
        self._counter += 1
        heapq.heappush(self._heap, (max(when_ns, self.now_ns), self._counter, alarm))
        return alarm

    def call_later(self, delay_ns: int, callback: Callback) -> Alarm:
        return self.call_at(self.now_ns + delay_ns, callback)

    def run_until(self, end_ns: int) -> None:
        """Fire all that is due up to and including that instant, then stand there."""
        heap = self._heap
        pop = heapq.heappop
        while heap and heap[0][0] <= end_ns:
            self.now_ns, _, alarm = pop(heap)
            callback = alarm.callback
            if callback is not None:
                self.fired += 1
                callback()
        self.now_ns = end_ns

    def run_for(self, duration_ns: int) -> None:
        self.run_until(self.now_ns + duration_ns)


class NodeClock:
    """CLOCK_BOOTTIME of one host: begins at its boot, and runs a little fast or slow."""

    __slots__ = ("_booted_ns", "_drift_ppm", "_first_ns", "_wall_skew_s", "_world")

    def __init__(
        self, world: World, *, drift_ppm: int = 0, first_ns: int = SECOND, wall_skew_s: int = 0
    ) -> None:
        self._world = world
        self._booted_ns = world.now_ns
        self._drift_ppm = drift_ppm
        self._first_ns = first_ns
        self._wall_skew_s = wall_skew_s

    def set_wall(self, skew_s: int) -> None:
        """Somebody sets the wall clock, this far from the right time."""
        self._wall_skew_s = skew_s

    def ns(self) -> int:
        passed = self._world.now_ns - self._booted_ns
        return self._first_ns + passed + passed * self._drift_ppm // _MILLION

    def moment(self) -> Moment:
        world_s = self._world.now_ns // SECOND
        return Moment(ns=self.ns(), wall_s=EPOCH_WALL_S + world_s + self._wall_skew_s)

    def world_instant(self, node_ns: int) -> int:
        """The first instant of the world at which this clock shows at least ``node_ns``."""
        wanted = node_ns - self._first_ns
        scale = _MILLION + self._drift_ppm
        # Exact inverse of ``ns``: the smallest p with floor(p * scale / million) >= wanted.
        passed = -(-wanted * _MILLION // scale)
        return self._booted_ns + passed
