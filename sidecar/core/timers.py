"""Deadlines by name. The core looks at no clock: it is told the time, and asked when to be woken.

One table holds every deadline of a node, so that the driver arms one timer only. Two deadlines of
the same instant fire in the order in which they were armed, so that one seed gives one trace.
"""

import heapq
from collections.abc import Callable
from typing import Final

from sidecar.core.turn import Turn

Then = Callable[[Turn], None]

_STALE_MAX: Final = 64


def look_again(turn: Turn) -> None:
    """To arm where nothing but a step is due: every part looks again after each of them."""
    del turn


class Timers:
    """A heap of (instant, order, name); an entry that was armed anew or disarmed is skipped."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str]] = []
        self._armed: dict[str, tuple[int, int, Then]] = {}
        self._order = 0

    def arm(self, name: str, at_ns: int, then: Then) -> None:
        """Fire ``then`` at this instant; an earlier deadline of that name is forgotten."""
        self._order += 1
        self._armed[name] = (at_ns, self._order, then)
        heapq.heappush(self._heap, (at_ns, self._order, name))
        if len(self._heap) > _STALE_MAX + 2 * len(self._armed):
            self._forget_stale()

    def disarm(self, name: str) -> None:
        self._armed.pop(name, None)

    def is_armed(self, name: str) -> bool:
        return name in self._armed

    def earliest(self) -> int | None:
        """When to be woken next."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def fire_due(self, turn: Turn) -> bool:
        """Fire everything that is due, in the order of the deadlines, each of them once.

        Whether there was anything.
        """
        fired = False
        while True:
            self._drop_stale()
            if not self._heap or self._heap[0][0] > turn.ns:
                return fired
            fired = True
            _, _, name = heapq.heappop(self._heap)
            _, _, then = self._armed.pop(name)
            then(turn)

    def _forget_stale(self) -> None:
        """Far deadlines that are put off again and again would pile up behind the near ones."""
        self._heap = [(at, order, name) for name, (at, order, _) in self._armed.items()]
        heapq.heapify(self._heap)

    def _drop_stale(self) -> None:
        while self._heap:
            at_ns, order, name = self._heap[0]
            current = self._armed.get(name)
            if current is not None and current[:2] == (at_ns, order):
                return
            heapq.heappop(self._heap)
