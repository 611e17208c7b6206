"""What comes back for a packet of ours: the peer's host says that nobody listens on its port.

The kernel keeps such answers (ICMP "port unreachable", RFC 1122 section 4.1.3.1, and its like of
IPv6, RFC 4443 section 3.1) in the error queue of a socket that asks for them. A router's or a
stranger's word counts for nothing: only the host itself knows its ports.
"""

import errno
import ipaddress
import socket
import struct
from collections.abc import Iterator
from typing import Any, Final

_IP_RECVERR: Final = 11  # <linux/in.h>
_IPV6_RECVERR: Final = 25  # <linux/in6.h>
_MSG_ERRQUEUE: Final = 0x2000  # <linux/socket.h>
_FROM_ICMP: Final = (2, 3)  # SO_EE_ORIGIN_ICMP and _ICMP6, <linux/errqueue.h>
_EXTENDED: Final = struct.Struct("=IBBBBII")  # struct sock_extended_err; the offender follows
_IPV4_AT: Final = slice(4, 8)  # in a struct sockaddr_in
_IPV6_AT: Final = slice(8, 24)  # in a struct sockaddr_in6
_ROOM: Final = 256
_READS_MAX: Final = 64


def ask_for_refusals(sock: socket.socket) -> None:
    """Have the kernel keep what comes back for the packets that this socket sends."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)


def take_errors(sock: socket.socket, target: str) -> tuple[int, int]:
    """Empty the error queue; how many were in it, and how many were refusals by the target.

    Until it is empty the kernel returns each of them instead of sending a packet.
    """
    taken = refused = 0
    for about in _queued(sock):
        taken += 1
        refused += any(_refuses(data, target) for _, _, data in about)
    return taken, refused


def _queued(sock: socket.socket) -> Iterator[list[tuple[int, int, bytes]]]:
    for _ in range(_READS_MAX):
        try:
            _, about, _, _ = sock.recvmsg(0, _ROOM, _MSG_ERRQUEUE)
        except OSError:
            return
        yield about


def _refuses(data: bytes, target: str) -> bool:
    if len(data) < _EXTENDED.size:
        return False
    number, origin, *_ = _EXTENDED.unpack_from(data)
    offender = data[_EXTENDED.size :]
    return (
        number == errno.ECONNREFUSED
        and origin in _FROM_ICMP
        and _address_in(offender) == ipaddress.ip_address(target.partition("%")[0])
    )


def _address_in(sockaddr: bytes) -> Any:
    """The address in a struct sockaddr of either family; None when there is none."""
    if len(sockaddr) < _IPV4_AT.stop:
        return None
    (family,) = struct.unpack_from("=H", sockaddr)
    if family == socket.AF_INET:
        return ipaddress.IPv4Address(sockaddr[_IPV4_AT])
    if family == socket.AF_INET6 and len(sockaddr) >= _IPV6_AT.stop:
        return ipaddress.IPv6Address(sockaddr[_IPV6_AT])
    return None
