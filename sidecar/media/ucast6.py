"""``ucast6 DEVICE ADDRESS``: unicast UDP over IPv6, link-local addresses included (RFC 4007)."""

import socket
from typing import Final

from sidecar.core.params import Link
from sidecar.media.ucast import datagram_socket, heard_at, speaking
from sidecar.media.udp import Destination

ANY6: Final = "::"


class Ucast6:
    def sender(self, link: Link) -> socket.socket:
        return speaking(datagram6_socket(link.device))

    def receiver(self, link: Link) -> socket.socket:
        return heard_at(datagram6_socket(link.device), ANY6, link.port)

    def destination(self, link: Link, sender: socket.socket) -> Destination:
        del sender
        # The socket's own interface says on which link a link-local address is meant.
        return link.target, link.port


def datagram6_socket(device: str) -> socket.socket:
    """For IPv6 alone: IPv4 links have sockets of their own on the same port."""
    sock = datagram_socket(device, socket.AF_INET6)
    try:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    except OSError:
        sock.close()
        raise
    return sock
