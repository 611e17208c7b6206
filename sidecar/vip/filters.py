"""Which of the neighbours' frames wake the event loop: programs for the kernel's socket filter.

A network is full of questions that concern nobody here, and each would cost a turn of the loop that
also carries the heartbeats. See <linux/filter.h>; the offsets are those of RFC 826 and RFC 4861
behind an Ethernet header.
"""

import errno
import ipaddress
import socket
import struct
from array import array
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

Program = tuple[tuple[int, int, int, int], ...]

ROOM: Final = 2048
"""Octets of a frame that are handed on."""
ADDRESSES_MAX: Final = 1024
"""Of one program: the kernel allows 4096 instructions."""

_SO_ATTACH_FILTER: Final = 26
_LD_W: Final = 0x20  # load four octets of the frame
_LD_H: Final = 0x28  # load two
_LD_B: Final = 0x30  # load one
_JEQ: Final = 0x15  # compare with a constant, skip so many instructions if equal, else so many
_RET: Final = 0x06
_HEAR: Final = (_RET, 0, 0, ROOM)
_IGNORE: Final = (_RET, 0, 0, 0)

NEIGHBOURS: Final[Program] = (
    (_LD_B, 0, 0, 20),  # what follows the IPv6 header
    (_JEQ, 0, 12, 58),  # ICMPv6
    (_LD_B, 0, 0, 54),
    (_JEQ, 9, 0, 136),  # a neighbour advertisement
    (_JEQ, 0, 9, 135),  # a solicitation, whose source must be ::
    (_LD_W, 0, 0, 22),
    (_JEQ, 0, 7, 0),
    (_LD_W, 0, 0, 26),
    (_JEQ, 0, 5, 0),
    (_LD_W, 0, 0, 30),
    (_JEQ, 0, 3, 0),
    (_LD_W, 0, 0, 34),
    (_JEQ, 0, 1, 0),
    _HEAR,
    _IGNORE,
)
"""Neighbour advertisements, and the solicitations of those who have no address yet."""


def arp_about(addresses: Iterable[str]) -> Program:
    """ARP replies, and of the requests those of who has no address yet or says that it has one of
    these. What others ask in their own name is left out. With very many addresses, nothing is.
    """
    ours = sorted({int(ipaddress.IPv4Address(address)) for address in addresses})
    if len(ours) > ADDRESSES_MAX:
        return (_HEAR,)
    lines = [
        (_LD_H, 0, 0, 20),  # the operation
        (_JEQ, 0, 1, 2),  # a reply
        _HEAR,
        (_LD_W, 0, 0, 28),  # the sender's IPv4 address
    ]
    for sender in (0, *ours):
        lines += [(_JEQ, 0, 1, sender), _HEAR]
    return (*lines, _IGNORE)


def attach(sock: socket.socket, program: Program) -> None:
    """From now on the socket hears only what the program lets through. Raise OSError.

    Where the kernel has no room for it (net.core.optmem_max, of which a kernel before 6.8 gives a
    socket 20 KiB, enough for some 600 addresses), everything is heard.
    """
    try:
        _attach(sock, program)
    except OSError as error:
        if error.errno != errno.ENOMEM:
            raise
        _attach(sock, (_HEAR,))
        with suppress(OSError):  # it may have wanted the room of the one before, which is free now
            _attach(sock, program)


def _attach(sock: socket.socket, program: Program) -> None:
    code = array("B", b"".join(struct.pack("HBBI", *line) for line in program))
    fprog = struct.pack("HP", len(program), code.buffer_info()[0])
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)
