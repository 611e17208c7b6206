"""Writes the kernel's address table: one blocking request each, in bytes that messages.py makes.

To make the bytes takes it far longer than the kernel takes to act on them, and a lease is renewed
with the same ones several times a second. So they are kept; each time only the sequence number is
new. Every failure comes out as OSError with the kernel's number. A netlink socket that broke is
made anew and the request sent once more. One thread owns the table; what to write is decided
elsewhere. See netlink(7) and rtnetlink(7).
"""

import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sidecar.vip import messages, rtnl
from sidecar.vip.messages import Request

Make = Callable[[int, Request], bytes]

KEPT_MAX: Final = 4096
"""Requests; with more they are all made anew."""
_TIMEOUT_S: Final = 2.0
_BUFFER: Final = 64 * 1024


class RefusedError(OSError):
    """Raised by a check: do not send, and do not try again."""


class KernelError(OSError):
    """The kernel's own answer."""


class AddressTable:
    def __init__(self) -> None:
        self._netlink: socket.socket | None = None
        self._made: dict[tuple[str, int, frozenset[tuple[str, int | str]]], bytes] = {}
        self._seq = 0

    def open(self) -> None:
        """Make the socket now and not with the first request. Raises OSError."""
        self._opened()

    def put(self, interface: str, request: Request, *, check: Callable[[], None]) -> None:
        """Add the address or renew its lifetime. ``check`` runs just before and may raise."""

        def send() -> None:
            data = self._bytes(messages.put, index_of(interface), request)
            check()
            self._ask(data)

        self._attempt(send)

    def delete(self, index: int, name: str, prefix: int) -> None:
        """Remove the address; one that is not there, or whose interface is gone, is success."""
        request: Request = {"address": name, "prefixlen": prefix}
        try:
            self._attempt(lambda: self._ask(self._bytes(messages.delete, index, request)))
        except OSError as error:
            if error.errno not in {errno.EADDRNOTAVAIL, errno.ENODEV}:
                raise

    def close(self) -> None:
        """Addresses stay and end with their lease."""
        self._hang_up()

    def _attempt(self, send: Callable[[], None]) -> None:
        try:
            send()
        except RefusedError:
            raise
        except OSError as error:
            # The kernel's ENODEV: the interface was made anew between its look-up and the request.
            if isinstance(error, KernelError) and error.errno != errno.ENODEV:
                raise
            self._hang_up()
            send()

    def _bytes(self, make: Make, index: int, request: Request) -> bytes:
        key = (make.__name__, index, frozenset(request.items()))
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= KEPT_MAX:
                self._made.clear()
            made = self._made[key] = self._make(make, index, request)
        return made

    def _make(self, make: Make, index: int, request: Request) -> bytes:
        try:
            return make(index, request)
        # What pyroute2 raises for a value that it cannot write is its own affair: a guard.
        except Exception as error:
            raise OSError(f"no netlink request can be made of {request}: {error!r}") from error

    def _ask(self, data: bytes) -> None:
        """Send one request and wait for its answer. Raises OSError."""
        netlink = self._opened()
        self._seq = self._seq + 1 & 0xFFFFFFFF
        netlink.send(rtnl.numbered(data, self._seq))
        code = None
        while code is None:  # the first may be an answer that came after its time
            code = rtnl.answer_to(self._seq, netlink.recv(_BUFFER))
        if code:
            raise KernelError(code, os.strerror(code))

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


def index_of(interface: str) -> int:
    """Asked each time, because an interface that was made anew has another number."""
    if not interface:
        raise OSError(errno.ENODEV, "no interface")
    try:
        return socket.if_nametoindex(interface)
    except OSError as error:
        # The C library says ENODEV, older Python versions drop the number.
        raise OSError(errno.ENODEV, str(error)) from error
