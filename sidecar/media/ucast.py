"""``ucast DEVICE ADDRESS``: unicast UDP over IPv4 to the peer's address (protocol section 8)."""

import ipaddress
import socket

from sidecar.core.params import Link
from sidecar.media.base import Emit
from sidecar.media.sockopts import bind_to_device, make_urgent
from sidecar.media.udp import UdpMedium


def ucast(link: Link, emit: Emit) -> UdpMedium:
    return UdpMedium(link, Ucast(), emit)


class Ucast:
    """Packets leave from any port and are heard on the link's port."""

    def sender(self, link: Link) -> socket.socket:
        sock = _datagram_socket()
        try:
            bind_to_device(sock, link.device)
            make_urgent(sock)
        except OSError:
            sock.close()
            raise
        return sock

    def receiver(self, link: Link) -> socket.socket:
        """A port of our own on this interface.

        Heartbeat sets SO_REUSEADDR and SO_REUSEPORT here. Then a second process on the host would
        open the same port without complaint, and the kernel would give each packet to one of the
        two: both would find their peer dying. Without them the second one is told "port taken",
        whichever of the two programs it is. UDP has no TIME_WAIT that would need them.
        """
        sock = _datagram_socket()
        try:
            bind_to_device(sock, link.device)
            sock.bind(("", link.port))
        except OSError:
            sock.close()
            raise
        return sock

    def destination(self, link: Link) -> tuple[str, int]:
        try:
            return str(ipaddress.IPv4Address(link.target)), link.port
        except ValueError as error:
            raise OSError(f"{link.target} is not an IPv4 address: {error}") from error


def _datagram_socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
