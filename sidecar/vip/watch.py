"""Watches the kernel for the loss of our addresses and for the carrier of their interfaces.

One rtnetlink(7) socket in the event loop, opened with the multicast groups before the tables are
dumped over it, so that nothing happens unseen in between. When the kernel had to drop messages it
says ENOBUFS: then what came before them is taken in, and everything is read again and compared.
Never changes anything.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import groupby
from typing import Final

from sidecar.core.events import AddressLost, Together
from sidecar.core.params import Address
from sidecar.vip import rtnl
from sidecar.vip.mirror import Mirror, News
from sidecar.vip.room import give_room

_GROUPS: Final = rtnl.RTMGRP_LINK | rtnl.RTMGRP_IPV4_IFADDR | rtnl.RTMGRP_IPV6_IFADDR
_BUFFER: Final = 64 * 1024
_PER_TURN: Final = 64
"""Notices, then the loop's other business."""
_LEFTOVERS: Final = 256
"""Takes of _PER_TURN: more than the socket has room for."""
_PAUSE_S: Final = 0.05
_TABLES: Final = (rtnl.RTM_GETLINK, rtnl.RTM_GETADDR)


class AddressWatch:
    """Emits CarrierChanged for each interface at start, then what changes."""

    def __init__(
        self, addresses: Iterable[Address], emit: Callable[[News | Together], None]
    ) -> None:
        self._mirror = Mirror(addresses)
        self._emit = emit

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            with suppress(OSError, _Again), _open() as sock:
                await _Follower(sock, self._mirror, self._emit).run()
            # Whatever broke it, a new socket and a new dump mend it. The pause keeps a host whose
            # tables change without end from taking all of the loop's time.
            await asyncio.sleep(_PAUSE_S)


class _Again(Exception):
    """The tables changed while they were dumped: dump again, on a new socket."""


class _Follower:
    """One socket's life: a dump of both tables, and live notices in between and for ever after."""

    def __init__(
        self, sock: socket.socket, mirror: Mirror, emit: Callable[[News | Together], None]
    ) -> None:
        self._sock = sock
        self._mirror = mirror
        self._emit = emit
        self._tables = list(_TABLES)
        self._sequence = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self._mirror.begin_dump()
        self._ask_for_next_table()
        try:
            while True:
                self._take_all(await loop.sock_recv(self._sock, _BUFFER), loop.time())
                await asyncio.sleep(0)  # what is read at once without a pause would stop all else
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                self._take_leftovers(loop.time())
            raise

    def _take_all(self, data: bytes, now_s: float) -> None:
        """This datagram, and what else has come by now; what is news is told in one go."""
        taken = 0
        news: list[News] = []
        try:
            while data:
                for notice in rtnl.notices(data):
                    taken += 1
                    news += self._mirror.learn(notice, now_s)
                    news += self._follow(notice)
                data = b"" if taken >= _PER_TURN else self._more()
        finally:
            self._tell(news)

    def _take_leftovers(self, now_s: float) -> None:
        """What still waits came before what was dropped: an address that it tells of and the new
        dump does not was lost in between.
        """
        for _ in range(_LEFTOVERS):
            if not (data := self._more()):
                return
            self._take_all(data, now_s)

    def _more(self) -> bytes:
        try:
            return self._sock.recv(_BUFFER)
        except BlockingIOError:
            return b""

    def _tell(self, news: list[News]) -> None:
        for are_losses, those in groupby(news, key=lambda one: isinstance(one, AddressLost)):
            told = list(those)
            if are_losses and len(told) > 1:
                self._emit(Together(facts=tuple(n for n in told if isinstance(n, AddressLost))))
            else:
                for one in told:
                    self._emit(one)

    def _follow(self, notice: rtnl.Notice) -> list[News]:
        """What the dump needs next; the news at its end."""
        if notice.sequence != self._sequence:
            return []  # sent to everybody in the group, not in answer to us
        if notice.interrupted:
            raise _Again
        if notice.error:
            raise OSError(notice.error, os.strerror(notice.error))
        return self._ask_for_next_table() if notice.type == rtnl.NLMSG_DONE else []

    def _ask_for_next_table(self) -> list[News]:
        if self._tables:
            self._sequence += 1
            self._sock.send(rtnl.dump_request(self._tables.pop(0), self._sequence))
            return []
        self._sequence = -1
        return self._mirror.end_dump()


def _open() -> socket.socket:
    sock = socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, rtnl.NETLINK_ROUTE
    )
    try:
        # The kernel tells of each of a thousand leases several times a second, in 1 KiB each time.
        give_room(sock, socket.SO_RCVBUF)
        sock.bind((0, _GROUPS))
    except OSError:
        sock.close()
        raise
    return sock
