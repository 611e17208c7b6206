"""Writes the kernel's address table: many requests in one datagram, each with its own answer.

The bytes of a request are kept, because a lease is renewed with the same ones several times a
second; each time only the sequence number is new. A netlink socket that broke is made anew for the
next request: what was not answered is for the caller to ask again. One thread owns the table; what
to write is decided elsewhere. See netlink(7) and rtnetlink(7).
"""

import errno
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from sidecar.vip import messages, rtnl
from sidecar.vip.messages import Placement

AT_ONCE: Final = 128
"""Requests in one datagram. Their answers have to find room in the socket's buffer, of which each
takes about 1 KiB; it is 208 KiB without a privilege.
"""
KEPT_MAX: Final = 4096
"""Requests; with more they are all made anew."""
_TIMEOUT_S: Final = 2.0
_BUFFER: Final = 64 * 1024


class AddressTable:
    def __init__(self) -> None:
        self._netlink: socket.socket | None = None
        self._made: dict[Placement, bytes] = {}
        self._seq = 0

    def open(self) -> None:
        """Make the socket now and not with the first request. Raises OSError."""
        self._opened()

    def bytes_of(self, wish: Placement) -> bytes:
        """The request to put it there. Raises OSError when none can be made."""
        made = self._made.get(wish)
        if made is None:
            if len(self._made) >= KEPT_MAX:
                self._made.clear()
            made = self._made[wish] = messages.put(wish)
        return made

    def ask_all(self, requests: Sequence[bytes]) -> list[int | None]:
        """Send them all; the kernel's error for each, 0 for success, None without an answer."""
        found: list[int | None] = []
        for start in range(0, len(requests), AT_ONCE):
            found += self._ask_some(requests[start : start + AT_ONCE])
        return found

    def close(self) -> None:
        """Addresses stay and end with their lease."""
        self._hang_up()

    def _ask_some(self, requests: Sequence[bytes]) -> list[int | None]:
        first = self._seq + 1
        answered: dict[int, int] = {}
        try:
            self._exchange(requests, answered)
        except OSError:
            self._hang_up()
        return [answered.get(first + at & 0xFFFFFFFF) for at in range(len(requests))]

    def _exchange(self, requests: Sequence[bytes], answered: dict[int, int]) -> None:
        """Note the answers by the requests' numbers as they come. Raises OSError."""
        netlink = self._opened()
        first = self._seq + 1
        self._seq = self._seq + len(requests) & 0xFFFFFFFF
        awaited = {first + at & 0xFFFFFFFF for at in range(len(requests))}
        netlink.send(messages.numbered(requests, first))
        while awaited:  # among them may be answers that come after their time
            for sequence, error in messages.answers(netlink.recv(_BUFFER)):
                if sequence in awaited:
                    awaited.discard(sequence)
                    answered[sequence] = error

    def _opened(self) -> socket.socket:
        if self._netlink is None:
            made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, rtnl.NETLINK_ROUTE)
            made.settimeout(_TIMEOUT_S)
            made.bind((0, 0))
            made.connect((0, 0))
            self._netlink = made
        return self._netlink

    def _hang_up(self) -> None:
        if self._netlink is not None:
            with suppress(OSError):
                self._netlink.close()
            self._netlink = None


def check(code: int | None) -> None:
    """Raise OSError with the kernel's number if the answer is an error, or if there was none."""
    if code is None:
        raise OSError("the kernel does not answer on netlink")
    if code:
        raise OSError(code, os.strerror(code))


def index_of(interface: str) -> int:
    """Asked each time, because an interface that was made anew has another number."""
    if not interface:
        raise OSError(errno.ENODEV, "no interface")
    try:
        return socket.if_nametoindex(interface)
    except OSError as error:
        # The C library says ENODEV, older Python versions drop the number.
        raise OSError(errno.ENODEV, str(error)) from error
