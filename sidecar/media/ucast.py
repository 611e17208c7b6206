"""``ucast DEVICE ADDRESS``: unicast UDP over IPv4 to the peer's address (protocol section 8)."""

import ipaddress
import socket
from typing import Final

from sidecar.core.params import Link
from sidecar.media.refusal import ask_for_refusals
from sidecar.media.sockopts import bind_to_device, make_urgent
from sidecar.media.udp import Destination

ANY: Final = ""


class Ucast:
    """Packets leave from any port and are heard on the link's port."""

    def sender(self, link: Link) -> socket.socket:
        return speaking(datagram_socket(link.device))

    def receiver(self, link: Link) -> socket.socket:
        """A port of our own on this interface.

        Heartbeat sets SO_REUSEADDR and SO_REUSEPORT here. Then a second process on the host would
        open the same port without complaint, and the kernel would give each packet to one of the
        two: both would find their peer dying. Without them the second one is told "port taken",
        whichever of the two programs it is. UDP has no TIME_WAIT that would need them.
        """
        return heard_at(datagram_socket(link.device), ANY, link.port)

    def destination(self, link: Link, sender: socket.socket) -> Destination:
        del sender
        try:
            return str(ipaddress.IPv4Address(link.target)), link.port
        except ValueError as error:
            raise OSError(f"{link.target} is not an IPv4 address: {error}") from error


def datagram_socket(device: str, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    """Tied to one interface, and never waiting. Raise OSError when there is no such interface."""
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        bind_to_device(sock, device)
    except OSError:
        sock.close()
        raise
    return sock


def speaking(sock: socket.socket) -> socket.socket:
    """The same socket, to send urgent packets by and hear refusals; closed when that fails."""
    try:
        make_urgent(sock)
        ask_for_refusals(sock)
    except OSError:
        sock.close()
        raise
    return sock


def heard_at(sock: socket.socket, host: str, port: int) -> socket.socket:
    """The same socket, bound; closed when that fails."""
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
