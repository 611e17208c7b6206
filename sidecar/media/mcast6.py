"""``mcast6 DEVICE GROUP PORT HOPS LOOP``: UDP to an IPv6 group (protocol section 8, RFC 3493)."""

import socket
import struct

from sidecar.core.params import Link
from sidecar.media.sockopts import interface_number, make_urgent
from sidecar.media.ucast import heard_at
from sidecar.media.ucast6 import datagram6_socket
from sidecar.media.udp import Destination


class Mcast6:
    def sender(self, link: Link) -> socket.socket:
        sock = datagram6_socket(link.device)
        try:
            number = interface_number(link.device)
            # struct ipv6_mreq of <linux/in6.h>: group, number of the interface.
            member = struct.pack("=16si", socket.inet_pton(socket.AF_INET6, link.target), number)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, number)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, link.ttl)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, link.loop)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
            make_urgent(sock)
        except OSError:
            sock.close()
            raise
        return sock

    def receiver(self, link: Link) -> socket.socket:
        return heard_at(datagram6_socket(link.device), link.target, link.port)

    def destination(self, link: Link, sender: socket.socket) -> Destination:
        del sender
        return link.target, link.port
