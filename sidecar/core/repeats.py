"""Which packets came by a link before, byte for byte, and how much chatter of late.

An authentic packet that comes a second time by the same link says nothing new: it was copied on
its way, or recorded and sent again by somebody who has no key. It is told by its hash, so that a
flood of copies costs neither a computation of keys nor the reading of fields.

What has no number of the peer's is chatter: unsequenced messages, this node's own broadcasts,
strangers. An honest node repeats a request with the same bytes, but not at once, so that a copy of
chatter is refused only for a moment; and chatter is limited in its rate. Memory is bounded.
"""

from collections import OrderedDict
from typing import Final

from sidecar.core.terms import MILLISECOND

REMEMBERED: Final = 2048
"""Packets of one link: more than the numbers that are not refused for their age alone."""
CHATTER_MAX: Final = 500
"""Messages in CHATTER_IN_NS: twice what a node can honestly ask for (250 gaps)."""
CHATTER_IN_NS: Final = 250 * MILLISECOND
ECHO_NS: Final = 100 * MILLISECOND
"""How long a copy of chatter is refused: requests are repeated after 250 ms (section 4.3)."""
FOREVER_NS: Final = 1 << 63


class Repeats:
    """The memory of one link."""

    __slots__ = ("_chatter", "_seen", "_since_ns")

    def __init__(self) -> None:
        self._seen: OrderedDict[int, int] = OrderedDict()
        """Hashes, and until when a copy of them is refused."""
        self._since_ns = 0
        self._chatter = 0

    def has(self, data: bytes, now_ns: int) -> bool:
        return now_ns < self._seen.get(hash(data), 0)

    def remember(self, data: bytes, until_ns: int = FOREVER_NS) -> None:
        """The oldest is forgotten for it."""
        self._seen[hash(data)] = until_ns
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def may_chatter(self, now_ns: int) -> bool:
        """Whether one more such message is listened to now."""
        if now_ns - self._since_ns >= CHATTER_IN_NS:
            self._since_ns = now_ns
            self._chatter = 0
        self._chatter += 1
        return self._chatter <= CHATTER_MAX
