"""What the core tells, handed to everybody who wants to hear it, in its order.

News of a turn that sets or removes an address wait a little, so that the loop is idle when the
answer comes: a client waits for the address, and nobody for the line that tells of it. With many
addresses there are many of them, each of which takes about 0.1 ms: they are told a few at a time.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from sidecar.core.occurrences import Occurrence
from sidecar.daemon.clock import moment

Tell = Callable[[Occurrence], None]

WAIT_S: Final = 0.005
"""A few turns' time."""
FEW: Final = 16
"""News that are told without a look at what else has happened."""
PAUSE_S: Final = 0.002
"""Between a few and a few more."""


class News:
    """For the loop's thread. Who makes one sees to it that ``tell`` is called at the end."""

    def __init__(
        self,
        tell: tuple[Tell, ...],
        *,
        clock_ns: Callable[[], int] = lambda: moment().ns,
        crashed: Callable[[BaseException], None],
    ) -> None:
        """``crashed`` hears of an error when news are told late, which the loop would only log."""
        self._clock_ns = clock_ns
        self._telling_of_ns: int | None = None
        self._tell = tell
        self._crashed = crashed
        self._waiting: list[tuple[int, Occurrence]] = []
        self._later: asyncio.TimerHandle | None = None

    def add(self, occurrence: Occurrence) -> None:
        self._waiting.append((self._clock_ns(), occurrence))

    def end_turn(self, *, address_moves: bool) -> None:
        """Tell now or, when an address moves, or earlier news still wait for one, later."""
        if self._later is None and (address_moves or len(self._waiting) > FEW):
            self._tell_in(WAIT_S)
        if self._later is None:
            self.tell()

    def _tell_in(self, wait_s: float) -> None:
        self._later = asyncio.get_running_loop().call_later(wait_s, self._tell_late)

    def _tell_late(self) -> None:
        self._later = None
        few, self._waiting = self._waiting[:FEW], self._waiting[FEW:]
        if self._waiting:
            self._tell_in(PAUSE_S)
        try:
            self._tell_all(few)
        except Exception as error:  # noqa: BLE001 - a guard: whatever it is ends the node
            self._crashed(error)

    def tell(self) -> None:
        """Tell all that waits."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        waiting, self._waiting = self._waiting, []
        self._tell_all(waiting)

    def known_ns(self) -> int:
        """When that became known which is being told; now, when nothing is."""
        return self._clock_ns() if self._telling_of_ns is None else self._telling_of_ns

    def _tell_all(self, news: list[tuple[int, Occurrence]]) -> None:
        try:
            for self._telling_of_ns, occurrence in news:
                for tell in self._tell:
                    tell(occurrence)
        finally:
            self._telling_of_ns = None
