"""Writes the kernel's address table: one blocking request each, by pyroute2.

Every failure comes out as OSError with the kernel's number. A netlink socket that broke is made
anew and the request sent once more. One thread owns the table; what to write is decided elsewhere.
"""

import errno
import socket
from collections.abc import Callable

from pyroute2 import IPRoute, NetlinkError

from sidecar.vip.rtnl import OUR_PROTO

Request = dict[str, int | str]


class AddressTable:
    def __init__(self) -> None:
        self._netlink: IPRoute | None = None

    def open(self) -> None:
        """Make the socket now and not with the first request. Raises OSError."""
        self._attempt(lambda _netlink: None)

    def put(self, interface: str, request: Request, *, check: Callable[[], None]) -> None:
        """Add the address or renew its lifetime. ``check`` runs just before and may raise."""

        def send(netlink: IPRoute) -> None:
            index = index_of(interface)
            check()
            netlink.addr("replace", index=index, proto=OUR_PROTO, **request)

        self._attempt(send)

    def delete(self, index: int, name: str, prefix: int) -> None:
        """Remove the address; one that is not there, or whose interface is gone, is success."""
        family = socket.AF_INET6 if ":" in name else socket.AF_INET

        def send(netlink: IPRoute) -> None:
            netlink.addr("del", family=family, index=index, address=name, prefixlen=prefix)

        try:
            self._attempt(send)
        except OSError as error:
            if error.errno not in {errno.EADDRNOTAVAIL, errno.ENODEV}:
                raise

    def close(self) -> None:
        """Addresses stay and end with their lease."""
        if self._netlink is not None:
            self._netlink.close()
            self._netlink = None

    def _opened(self) -> IPRoute:
        if self._netlink is None:
            self._netlink = IPRoute()
        return self._netlink

    def _attempt(self, send: Callable[[IPRoute], None]) -> None:
        try:
            self._once(send)
        except OSError as error:
            # The kernel's ENODEV: the interface was made anew between its look-up and the request.
            # Anything that is not the kernel's answer: the socket broke, and a new one is made.
            kernels = isinstance(error.__cause__, NetlinkError)
            if isinstance(error, RefusedError) or (kernels and error.errno != errno.ENODEV):
                raise
            self._once(send)

    def _once(self, send: Callable[[IPRoute], None]) -> None:
        try:
            send(self._opened())
        except NetlinkError as error:
            raise OSError(error.code, str(error)) from error
        except RefusedError:
            raise
        # A broken socket shows as OSError, as asyncio's or as pyroute2's own exception: a guard.
        except Exception as error:
            self.close()
            if isinstance(error, OSError):
                raise
            raise OSError(f"netlink failed: {error!r}") from error


class RefusedError(OSError):
    """Raised by a check: do not send, and do not try again."""


def index_of(interface: str) -> int:
    """Asked each time, because an interface that was made anew has another number."""
    if not interface:
        raise OSError(errno.ENODEV, "no interface")
    try:
        return socket.if_nametoindex(interface)
    except OSError as error:
        # The C library says ENODEV, older Python versions drop the number.
        raise OSError(errno.ENODEV, str(error)) from error
