"""A raw Ethernet socket on one interface. Sends at once or not at all; never waits.

See packet(7) and netdevice(7). Listening is for one protocol: such a socket costs a busy host
nothing for other traffic and does not see the host's own frames.
"""

import fcntl
import socket
import struct
from contextlib import suppress
from typing import Final

from sidecar.vip.filters import ROOM, Program, attach
from sidecar.vip.frames import ETH_P_ARP, ETH_P_IPV6
from sidecar.vip.room import give_room

_SOL_PACKET: Final = 263
_PACKET_ADD_MEMBERSHIP: Final = 1
_PACKET_MR_MULTICAST: Final = 0
_PACKET_STATISTICS: Final = 6
_SIOCGIFFLAGS: Final = 0x8913
_SIOCGIFHWADDR: Final = 0x8927
_IFF_UP: Final = 0x1
_IFF_RUNNING: Final = 0x40
_ARPHRD_ETHER: Final = 1


class EthernetSocket:
    """Bound to the interface as it is now; useless once that is deleted, so open it anew then."""

    __slots__ = ("_missed", "index", "interface", "protocol", "sock")

    def __init__(self, interface: str, *, listen: int = 0, only: Program | None = None) -> None:
        """``listen`` is the protocol to hear, ``only`` what of it.

        Raise OSError when there is no such interface.
        """
        self.interface = interface
        self.protocol = listen
        self._missed = 0
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        try:
            # A thousand questions may leave, and be answered, at once: 768 bytes for each frame.
            give_room(self.sock, socket.SO_SNDBUF, socket.SO_RCVBUF)
            if only is not None:
                attach(self.sock, only)
            self.sock.bind((interface, listen))
            self.index = socket.if_nametoindex(interface)
            _check_ethernet(self.sock, interface)
        except OSError:
            self.sock.close()
            raise

    def hear_only(self, what: Program) -> None:
        """From now on. Raise OSError when the kernel does not take it."""
        attach(self.sock, what)

    def join(self, group: bytes) -> None:
        """Have the interface take what is sent to this hardware address. Raise OSError."""
        # struct packet_mreq of <linux/if_packet.h>
        member = struct.pack("=iHH8s", self.index, _PACKET_MR_MULTICAST, len(group), group)
        self.sock.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, member)

    def send(self, frame: bytes) -> None:
        """Raise OSError when the interface is down or its queue is full."""
        self.sock.send(frame)

    def receive(self) -> bytes | None:
        """A frame, or None when there is none now. Raise OSError when the interface went down."""
        try:
            return self.sock.recv(ROOM)
        except BlockingIOError:
            return None

    @property
    def missed(self) -> int:
        """How many frames the kernel had no room for since the socket was opened."""
        counts = self.sock.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        self._missed += int(struct.unpack("=II", counts)[1])  # it counts from the last question on
        return self._missed

    @property
    def current(self) -> bool:
        """Whether the interface of this name is still the one that the socket is bound to.

        One that was lent to another namespace and came back may have its old number; the socket was
        parted from it when it went, and has no name of an interface any more.
        """
        try:
            is_bound = bool(self.sock.getsockname()[0])
            return is_bound and socket.if_nametoindex(self.interface) == self.index
        except OSError:
            return False

    @property
    def mac(self) -> str:
        """Asked each time: a bond that fails over keeps its name and may change its address."""
        return _mac_in(self._ask(_SIOCGIFHWADDR))

    @property
    def carrier(self) -> bool:
        """Whether the interface is up and has its carrier. Raise OSError when it is gone."""
        flags = struct.unpack_from("=H", self._ask(_SIOCGIFFLAGS))[0]
        return bool(flags & _IFF_UP and flags & _IFF_RUNNING)

    def close(self) -> None:
        self.sock.close()

    def _ask(self, request: int) -> bytes:
        return _ask(self.sock, request, self.interface)


def protocol_of(address: str) -> int:
    """In which Ethernet protocol neighbours speak of this address."""
    return ETH_P_IPV6 if ":" in address else ETH_P_ARP


def macs_of_host() -> frozenset[str]:
    """The hardware addresses of all interfaces. Raise OSError when the kernel does not tell."""
    found: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # it has just gone
                found.add(_mac_in(_ask(sock, _SIOCGIFHWADDR, name)))
    return frozenset(found)


def own_address(interface: str, address: str) -> str | None:
    """The host's own address that it would use on this interface to speak to the address.

    A datagram socket is connected, which sends nothing; the kernel's routes say the rest.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            sock.connect((address, 9))
        except OSError:
            return None
        own: str = sock.getsockname()[0]
    return own if own not in {address, "0.0.0.0", "::"} else None


def _ask(sock: socket.socket, request: int, interface: str) -> bytes:
    """The answer's union of <linux/if.h>, which follows the 16 octets of the name."""
    asked = struct.pack("16s24x", interface.encode())
    return bytes(fcntl.ioctl(sock, request, asked))[16:]


def _mac_in(answer: bytes) -> str:
    """Out of the struct sockaddr."""
    return answer[2:8].hex(":")


def _check_ethernet(sock: socket.socket, interface: str) -> None:
    hardware = sock.getsockname()[3]
    if hardware != _ARPHRD_ETHER:
        raise OSError(f"{interface} is not an Ethernet interface: there are no neighbours to ask")
