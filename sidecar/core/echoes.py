"""This node's own packets, which broadcast and multicast carry back to it.

They are told by their hash, so that they cost neither a computation of keys nor the reading of
fields. Each is expected once: another one of the same bytes is a copy that somebody has made, and
is judged as any other packet is.
"""

from typing import Final

from sidecar.core.terms import Medium

CARRY_BACK: Final = (Medium.BCAST, Medium.MCAST, Medium.MCAST6)
EXPECTED_MAX: Final = 64
"""Where nothing comes back (multicast without loop), no more than these are remembered."""


class Echoes:
    """What one link may carry back."""

    __slots__ = ("_expected",)

    def __init__(self) -> None:
        self._expected: set[int] = set()

    def expect(self, data: bytes) -> None:
        """It was sent. Older ones that are still out do not come any more, or are read as any."""
        if len(self._expected) >= EXPECTED_MAX:
            self._expected.clear()
        self._expected.add(hash(data))

    def take(self, data: bytes) -> bool:
        """Whether this is one of them; it is expected no more."""
        told = hash(data)
        if told not in self._expected:
            return False
        self._expected.remove(told)
        return True
