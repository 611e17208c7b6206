"""Numbers from the kernel's headers that Python 3.11's socket module lacks, and a link's options.

Each is named as in its header; the values hold on every architecture that Docker runs on.
"""

import errno
import fcntl
import os
import socket
import struct
from array import array
from collections.abc import Iterator
from typing import Final

SO_ATTACH_FILTER: Final = 26  # <asm-generic/socket.h>
SO_DETACH_FILTER: Final = 27
SO_RCVBUFFORCE: Final = 33
IP_PKTINFO: Final = 8  # <linux/in.h>
IPTOS_LOWDELAY: Final = 0x10  # <linux/ip.h>
_TC_PRIO_INTERACTIVE: Final = 6  # <linux/pkt_sched.h>
_SIOCGIFCONF: Final = 0x8912  # <linux/sockios.h>
_SIOCGIFFLAGS: Final = 0x8913
_SIOCGIFBRDADDR: Final = 0x8919
_IFF_UP: Final = 0x1  # <linux/if.h>
_IFNAMSIZ: Final = 16
_IFREQ: Final = 40  # octets
_ADDRESSES_MAX: Final = 4096
_NO_ADDRESS: Final = "0.0.0.0"


def bind_to_device(sock: socket.socket, device: str) -> None:
    """Send and hear on this interface alone. Raise OSError when there is none of this name."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())


def is_bound_to(sock: socket.socket, device: str) -> bool:
    """Whether the interface of this name now is the one that the socket was bound to.

    Raise OSError when either is gone.
    """
    return interface_number(_bound_to(sock)) == interface_number(device)


def make_urgent(sock: socket.socket) -> None:
    """Ahead of bulk traffic here and on the way (protocol section 8)."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, IPTOS_LOWDELAY)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, _TC_PRIO_INTERACTIVE)
        return
    # The kernel derives SO_PRIORITY 6 (TC_PRIO_INTERACTIVE) from this, the most urgent that needs
    # no capability. Set by hand, it would have to come second: IP_TOS overwrites it.
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, IPTOS_LOWDELAY)


def switched_on(sock: socket.socket, device: str) -> bool:
    """Whether the interface is up. Raise OSError when it is gone."""
    request = struct.pack("16sh22x", device.encode(), 0)
    flags = struct.unpack_from("=H", fcntl.ioctl(sock, _SIOCGIFFLAGS, request), 16)[0]
    return bool(flags & _IFF_UP)


def interface_number(device: str) -> int:
    """The kernel's number of the interface. Raise OSError when it is gone."""
    try:
        return socket.if_nametoindex(device)
    except OSError:  # comes without its number
        raise OSError(errno.ENODEV, f"there is no {device}") from None


def broadcast_address(sock: socket.socket, device: str) -> str:
    """The interface's broadcast address. Raise OSError when it is gone or has none."""
    # By its first name, whichever of its names ha.cf has: it is compared with an address's label.
    name = _bound_to(sock)
    for own in _candidates(sock, name):
        request = struct.pack("16sHH4s8x8x", name.encode(), socket.AF_INET, 0, own)
        answer = fcntl.ioctl(sock, _SIOCGIFBRDADDR, request)
        address = socket.inet_ntoa(answer[20:24])
        if address != _NO_ADDRESS:
            return address
    raise OSError(errno.EADDRNOTAVAIL, f"{device} has no broadcast address")


def _candidates(sock: socket.socket, name: str) -> Iterator[bytes]:
    """Of the addresses of the interface: the first, whichever it is; and only then each of them, as
    a floating one of another subnet, without a broadcast, may stand before the host's own.
    """
    yield bytes(4)
    room = array("B", bytes(_ADDRESSES_MAX * _IFREQ))
    where = struct.pack("iP", len(room), room.buffer_info()[0])  # struct ifconf of <linux/if.h>
    (length,) = struct.unpack_from("i", fcntl.ioctl(sock, _SIOCGIFCONF, where))
    for at in range(0, length, _IFREQ):
        label, own = struct.unpack_from("16s4x4s", room, at)
        if label.rstrip(b"\0") == name.encode():
            yield own


def _bound_to(sock: socket.socket) -> str:
    """The first name of the interface. Raise OSError when it is gone."""
    own = sock.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, _IFNAMSIZ)
    return os.fsdecode(own.rstrip(b"\0"))
