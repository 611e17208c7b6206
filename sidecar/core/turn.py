"""One turn of the core: the instant it runs at, and the wishes it gathers, in order."""

from typing import Final

from sidecar.core.actions import Action, Report
from sidecar.core.occurrences import Occurrence
from sidecar.core.terms import MILLISECOND, Moment

HEARD_WITHIN_NS: Final = 20 * MILLISECOND
"""After a sleep: what the kernel and the network told meanwhile is read in this time."""


class Turn:
    """Handed through every part during a step, so that no part keeps a clock or a queue."""

    __slots__ = ("actions", "ns", "waking", "wall_s")

    def __init__(self, now: Moment, *, waking: bool = False) -> None:
        """``waking``: this node did not run just now, and may not have heard yet what happened."""
        self.waking = waking
        self.ns = now.ns
        self.wall_s = now.wall_s
        self.actions: list[Action] = []

    def do(self, action: Action) -> None:
        self.actions.append(action)

    def tell(self, occurrence: Occurrence) -> None:
        self.actions.append(Report(occurrence=occurrence))


class Respite:
    """Puts off once what is due in a turn that wakes, so that what happened in the sleep is heard
    first. Once, since who is starved wakes late each time.
    """

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken = False

    def renew(self) -> None:
        """It is due at another time now."""
        self._taken = False

    def take(self, turn: Turn) -> bool:
        """Whether what is due is to wait a little."""
        given = turn.waking and not self._taken
        self._taken = self._taken or given
        return given


class Operations:
    """Hands out the numbers that operations and their answers carry."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        self._last += 1
        return self._last
