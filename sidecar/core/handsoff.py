"""Maintenance, as one container feels it: what happens to it is seen and told, and nothing is done
about it, until it was brought to what a person asked for.

A failure is told once, however long it lasts.
"""

from collections.abc import Callable

from sidecar.core.occurrences import ServiceLeftAlone
from sidecar.core.turn import Turn


class HandsOff:
    """Whether one container is left alone. ``frozen``: maintenance is on."""

    def __init__(self, container: str, frozen: Callable[[], bool]) -> None:
        self.ordered = False
        """Whether it is on its way to what it was last told, and not there yet."""
        self._container = container
        self._frozen = frozen
        self._told = False

    @property
    def on(self) -> bool:
        return self._frozen() and not self.ordered

    @property
    def has_told(self) -> bool:
        """A failure was told of, and is left as it is."""
        return self.on and self._told

    def tell(self, turn: Turn, reason: str) -> None:
        if not self._told:
            self._told = True
            turn.tell(ServiceLeftAlone(container=self._container, reason=reason))

    def forget(self) -> None:
        """It serves, or is mended: the next failure is another one."""
        self._told = False
