"""How often a container may still be restarted here before its group is given up.

A restart costs one of ``sidecar.restarts``; a minute of good service brings all of them back. What
somebody else restarts (an autoheal, a person with ``docker restart``) stops and starts, which looks
like a failure until the engine says that it was a restart: then what it cost is given back.
"""

from typing import Final

from sidecar.core.terms import SECOND

OWN_WITHIN_NS: Final = 20 * SECOND
"""A restart that the engine tells of so soon after we asked for one is that one."""
STOP_WITHIN_NS: Final = 5 * SECOND
"""Between the stop and the engine's word that it was a restart; the start itself takes 0.2 s."""


class Budget:
    """Counts restarts; knows nothing of the container."""

    def __init__(self) -> None:
        self._used = 0
        self._asked_ns: int | None = None
        """When we last asked the engine for a restart of which it has not told yet."""
        self._stopped_ns: int | None = None
        """When a stop was last counted as a failure."""

    def left(self, restarts: int) -> int:
        return max(0, restarts - self._used)

    def spend(self) -> None:
        self._used += 1

    def restore(self) -> None:
        self._used = 0
        self._stopped_ns = None

    def note_stop(self, now_ns: int) -> None:
        """It has stopped by itself, as far as one can see."""
        self._stopped_ns = now_ns

    def note_asked(self, now_ns: int) -> None:
        """We ask the engine to restart it."""
        self._asked_ns = now_ns

    def is_strangers(self, now_ns: int) -> bool:
        """The engine tells of a restart: whether it was not ours. To be asked once for each."""
        asked_ns, self._asked_ns = self._asked_ns, None
        return asked_ns is None or now_ns - asked_ns > OWN_WITHIN_NS

    def give_back(self, now_ns: int) -> None:
        """The stop was the beginning of somebody else's restart."""
        if self._stopped_ns is not None and now_ns - self._stopped_ns <= STOP_WITHIN_NS:
            self._used = max(0, self._used - 1)
        self._stopped_ns = None
