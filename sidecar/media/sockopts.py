"""Numbers from the kernel's headers that Python 3.11's socket module lacks, and a link's options.

Each is named as in its header; the values hold on every architecture that Docker runs on.
"""

import fcntl
import socket
import struct
from typing import Final

IPTOS_LOWDELAY: Final = 0x10  # <linux/ip.h>
_SIOCGIFFLAGS: Final = 0x8913  # <linux/sockios.h>
_IFF_UP: Final = 0x1  # <linux/if.h>


def bind_to_device(sock: socket.socket, device: str) -> None:
    """Send and hear on this interface alone. Raise OSError when there is none of this name."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())


def make_urgent(sock: socket.socket) -> None:
    """Ahead of bulk traffic here and on the way (protocol section 8)."""
    # The kernel derives SO_PRIORITY 6 (TC_PRIO_INTERACTIVE) from this, the most urgent that needs
    # no capability. Set by hand, it would have to come second: IP_TOS overwrites it.
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, IPTOS_LOWDELAY)


def switched_on(sock: socket.socket, device: str) -> bool:
    """Whether the interface is up. Raise OSError when it is gone."""
    request = struct.pack("16sh22x", device.encode(), 0)
    flags = struct.unpack_from("=H", fcntl.ioctl(sock, _SIOCGIFFLAGS, request), 16)[0]
    return bool(flags & _IFF_UP)
