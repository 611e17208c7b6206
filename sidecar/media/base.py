"""What every medium is: it opens, sends datagrams, hands over what it hears, and closes.

A medium judges nothing that it carries, but for one question in a flood (flood.py), and it never
waits. When its device goes or its port is
taken it says so once (LinkFailed), tries again on its own, and says when it works (LinkOpened).
"""

from collections.abc import Callable
from typing import Final, Protocol

from sidecar.core.events import (
    LinkFailed,
    LinkOpened,
    LinkRefused,
    PacketReceived,
    PacketsRefused,
)
from sidecar.core.params import Link

MediumEvent = PacketReceived | PacketsRefused | LinkOpened | LinkFailed | LinkRefused
Emit = Callable[[MediumEvent], None]
Signed = Callable[[bytes], bool]
"""Whether a key of this node signed a datagram: the cheapest question there is."""

_FIRST_S: Final = 0.2
_LAST_S: Final = 5.0


class Medium(Protocol):
    """One link's way of carrying packets. Lives in the event loop's thread."""

    @property
    def link(self) -> Link:
        """The line of ha.cf that it serves."""

    def open(self) -> None:
        """Begin, from inside the running loop. What comes of it is emitted."""

    def send(self, data: bytes) -> None:
        """Send now or drop: the next keepalive says it again."""

    def close(self) -> None:
        """End. Nothing is emitted after this."""


class BackOff:
    """Pauses between attempts: 0.2 s, doubling to 5 s."""

    def __init__(self) -> None:
        self._next_s = _FIRST_S

    def pause_s(self) -> float:
        """The pause before the next attempt."""
        pause_s = self._next_s
        self._next_s = min(2 * pause_s, _LAST_S)
        return pause_s

    def reset(self) -> None:
        """An attempt has proved itself."""
        self._next_s = _FIRST_S
