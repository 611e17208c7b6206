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
        self._promoted_ns: dict[int, int] = {}

    def before_changing(self, *addresses: str) -> interfaces.Network:
        """How it is now, as far as these addresses and all that are not ours are concerned.

        Raise OSError when the kernel does not tell.
        """
        is_old = self._now_ns() - self._taken_ns > FRESH_NS
        if self._network is None or is_old or not self._changed.isdisjoint(addresses):
            self._network = interfaces.network()
            self._taken_ns = self._now_ns()
            self._changed.clear()
        self._changed.update(addresses)
        return self._network

    def promote_secondaries(self, index: int) -> None:
        """As seldom as one looks. Where the kernel refuses, the administrator's setting stays."""
        now_ns = self._now_ns()
        promoted_ns = self._promoted_ns.get(index)
        if promoted_ns is None or now_ns - promoted_ns > FRESH_NS:
            self._promoted_ns[index] = now_ns
            with suppress(OSError):
                secondary.promote_secondaries(index)
