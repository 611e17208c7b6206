"""The ping nodes: third parties that answer echoes, unless they or the way to them are down.

An echo reply brings the payload back as it was sent. Nothing else is known of them.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from sidecar.core.terms import MILLISECOND
from tests.sim.world import World

_ROUND_TRIP_NS: Final = (MILLISECOND // 5, 3 * MILLISECOND)


class Arbiters:
    """All ping nodes at once: who loses one loses all, as behind one router."""

    def __init__(self, world: World, rng: Random) -> None:
        self.down = False
        self._world = world
        self._rng = rng
        self._cuts: dict[str, int] = {}

    def cut(self, node: str) -> None:
        """That node does not reach them, though they are up."""
        self._cuts[node] = self._cuts.get(node, 0) + 1

    def restore(self, node: str) -> None:
        self._cuts[node] = max(0, self._cuts.get(node, 0) - 1)

    def heal(self) -> None:
        self.down = False
        self._cuts.clear()

    def answers(self, node: str) -> bool:
        return not self.down and not self._cuts.get(node, 0)

    def ask(self, node: str, replied: Callable[[], None]) -> None:
        """An echo request of that node; ``replied`` is called if an answer comes back."""
        if not self.answers(node):
            return

        def arrive() -> None:
            if self.answers(node):
                replied()

        self._world.call_later(self._rng.randrange(*_ROUND_TRIP_NS), arrive)
