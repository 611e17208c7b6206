"""What else is on the host, looked at once for many wishes that come together.

A look reads all interfaces and addresses from the kernel, which takes longer the more there are: a
look for each of a hundred addresses would cost more than all else that is done for them. What
somebody else changes in so short a time he could as well have changed just after the look.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sidecar.core.terms import MILLISECOND
from sidecar.vip import interfaces, secondary

FRESH_NS: Final = 20 * MILLISECOND


class Surroundings:
    """For one thread, which tells whose address it is about to change."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._network: interfaces.Network | None = None
        self._taken_ns = 0
        self._changed: set[str] = set()
        self._promoting: set[int] = set()

    def before_changing(self, address: str) -> interfaces.Network:
        """How it is now, as far as this address and all that are not ours are concerned.

        Raise OSError when the kernel does not tell.
        """
        age_ns = self._now_ns() - self._taken_ns
        if self._network is None or age_ns > FRESH_NS or address in self._changed:
            self._network = interfaces.network()
            self._taken_ns = self._now_ns()
            self._changed.clear()
            self._promoting.clear()
        self._changed.add(address)
        return self._network

    def promote_secondaries(self, index: int) -> None:
        """Once for each look. Where the kernel refuses, it stays as the administrator left it."""
        if index not in self._promoting:
            self._promoting.add(index)
            with suppress(OSError):
                secondary.promote_secondaries(index)
