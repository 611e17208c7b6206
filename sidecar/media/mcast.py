"""``mcast DEVICE GROUP PORT TTL LOOP``: UDP to an IPv4 group (protocol section 8, RFC 1112).

The membership belongs to the sending socket, which exists even where another link of the same
interface hears for this one. A ttl of 1 keeps the packets on the subnet.
"""

import socket
import struct

from sidecar.core.params import Link
from sidecar.media.sockopts import interface_number, make_urgent
from sidecar.media.ucast import datagram_socket, heard_at
from sidecar.media.udp import Destination


class Mcast:
    def sender(self, link: Link) -> socket.socket:
        sock = datagram_socket(link.device)
        try:
            # struct ip_mreqn of <linux/in.h>: group, address of the interface, its number.
            group = socket.inet_aton(link.target)
            member = struct.pack("=4s4xi", group, interface_number(link.device))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, member)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, link.ttl)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, link.loop)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            make_urgent(sock)
        except OSError:
            sock.close()
            raise
        return sock

    def receiver(self, link: Link) -> socket.socket:
        """Bound to the group: what is sent to this host itself on the port is not for us."""
        return heard_at(datagram_socket(link.device), link.target, link.port)

    def destination(self, link: Link, sender: socket.socket) -> Destination:
        del sender
        return link.target, link.port
