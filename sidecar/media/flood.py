"""Keeps the peer audible while strangers flood the port.

The kernel keeps a bounded number of datagrams for a socket. Where more come than are read, the
peer's heartbeats are lost among them. So there is room for some tenths of a second of them; and
when a receiver has read more in a moment than any peer sends, two things happen for a while:

    the kernel    lets in the peers' addresses alone, where a link has such (ucast, ucast6).
    the receiver  asks of each datagram first whether a key of this node signed it. That takes a
                  quarter of what it costs to refuse it in the core (core/inbox.py), which sees
                  what is left: the peer's own words, and copies of them.

A sender address can be forged, and a broadcast or a group has no list of who may speak there; a
signature cannot be had without the key. Outside of a flood every source is heard, since a peer may
have more than one address, and each refusal is told with its reason.
"""

import asyncio
import ipaddress
import logging
import socket
import struct
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from sidecar.core.params import Link
from sidecar.core.terms import Medium
from sidecar.media.base import Signed
from sidecar.media.sockopts import SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_RCVBUFFORCE

ROOM: Final = 4 * 1024 * 1024
"""Bytes, as the kernel counts them: about 6000 heartbeats."""
FLOOD: Final = 400
FLOOD_IN_S: Final = 0.1
"""Datagrams on one receiver. A peer that repeats all it may repeat sends 250 at once to a link."""
ALONE_S: Final = 10.0

_UNICAST: Final = (Medium.UCAST, Medium.UCAST6)
# <linux/filter.h>: classic BPF. Negative offsets below _NETWORK count from the IP header.
_NETWORK: Final = 0xFFF00000
_LOAD_WORD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_WHOLE: Final = 0xFFFFFFFF
_SOURCE_AT: Final = {4: 12, 6: 8}  # RFC 791, RFC 8200

Instruction = tuple[int, int, int, int]

log = logging.getLogger(__name__)


def make_room(receiver: socket.socket) -> None:
    """As much as is wanted with NET_ADMIN, which a sidecar has; else as much as is allowed."""
    try:
        receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    except PermissionError:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)


class FloodGuard:
    """For one receiver, in the loop's thread. ``links`` are those that it hears for."""

    def __init__(self, links: Iterable[Link], signed: Signed) -> None:
        links = tuple(links)
        self._name = links[0].name
        # A broadcast or a group has no list of who may speak there.
        unicast = all(link.medium in _UNICAST for link in links)
        self._peers = tuple(link.target for link in links) if unicast else ()
        self._signed = signed
        self._refused = 0
        self._count = 0
        self._since_s = 0.0
        self._until_calm: asyncio.Handle | None = None

    def note(self, receiver: socket.socket, datagrams: int) -> None:
        """So many were read now."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._since_s >= FLOOD_IN_S:
            self._since_s, self._count = now_s, 0
        self._count += datagrams
        if self._count > FLOOD and self._until_calm is None:
            self._begin(receiver)

    def refuses(self, data: bytes) -> bool:
        """In a flood: whether nobody with a key of ours has said this."""
        if self._until_calm is None or self._signed(data):
            return False
        self._refused += 1
        return True

    def take_refused(self) -> int:
        """How many were refused since last asked."""
        refused, self._refused = self._refused, 0
        return refused

    def close(self) -> None:
        if self._until_calm is not None:
            self._until_calm.cancel()
            self._until_calm = None

    def _begin(self, receiver: socket.socket) -> None:
        heard = " and ".join(self._peers) or "what is signed with our key"
        log.warning(
            "link %s: more than %d packets within %.1f s: hearing %s alone for %d s",
            *(self._name, FLOOD, FLOOD_IN_S, heard, ALONE_S),
        )
        if self._peers:
            attach(receiver, only_from(self._peers))
        loop = asyncio.get_running_loop()
        self._until_calm = loop.call_later(ALONE_S, self._end, receiver)

    def _end(self, receiver: socket.socket) -> None:
        self._until_calm = None
        if self._peers:
            receiver.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


def only_from(hosts: Iterable[str]) -> list[Instruction]:
    """A program that lets a datagram in when its sender is one of these hosts."""
    program: list[Instruction] = []
    for host in hosts:
        address = ipaddress.ip_address(host.partition("%")[0])
        words = struct.unpack(f"!{len(address.packed) // 4}I", address.packed)
        for number, word in enumerate(words):
            rest = 2 * (len(words) - number) - 1  # instructions of this host that are left
            at = _NETWORK + _SOURCE_AT[address.version] + 4 * number
            program += [(_LOAD_WORD, 0, 0, at), (_JUMP_IF_EQUAL, 0, rest, word)]
        program.append((_RETURN, 0, 0, _WHOLE))
    return [*program, (_RETURN, 0, 0, 0)]


def attach(receiver: socket.socket, program: Sequence[Instruction]) -> None:
    """Have the kernel ask this program before it keeps a datagram for the socket."""
    code = array("B", b"".join(struct.pack("=HBBI", *one) for one in program))
    head = struct.pack("HP", len(program), code.buffer_info()[0])
    receiver.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, head)
