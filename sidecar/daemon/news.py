"""What the core tells, handed to everybody who wants to hear it, in its order.

News of a turn that sets or removes an address wait a little, so that the loop is idle when the
answer comes: a client waits for the address, and nobody for the line that tells of it.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from sidecar.core.occurrences import Occurrence

Tell = Callable[[Occurrence], None]

WAIT_S: Final = 0.005
"""A few turns' time."""


class News:
    """For the loop's thread. Who makes one sees to it that ``tell`` is called at the end."""

    def __init__(self, tell: tuple[Tell, ...], *, crashed: Callable[[BaseException], None]) -> None:
        """``crashed`` hears of an error when news are told late, which the loop would only log."""
        self._tell = tell
        self._crashed = crashed
        self._waiting: list[Occurrence] = []
        self._later: asyncio.TimerHandle | None = None

    def add(self, occurrence: Occurrence) -> None:
        self._waiting.append(occurrence)

    def end_turn(self, *, address_moves: bool) -> None:
        """Tell now or, when an address moves, or earlier news still wait for one, later."""
        if address_moves and self._later is None:
            self._later = asyncio.get_running_loop().call_later(WAIT_S, self._tell_late)
        if self._later is None:
            self.tell()

    def _tell_late(self) -> None:
        try:
            self.tell()
        except Exception as error:  # noqa: BLE001 - a guard: whatever it is ends the node
            self._crashed(error)

    def tell(self) -> None:
        """Tell all that waits."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        waiting, self._waiting = self._waiting, []
        for occurrence in waiting:
            for tell in self._tell:
                tell(occurrence)
