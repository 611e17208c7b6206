"""``bcast DEVICE``: UDP to everybody on the interface's subnet (protocol section 8).

The interface needs a broadcast address, without which Heartbeat sends nothing and says nothing;
here it is a fault with a reason. What this node sends it hears as well; the core knows its own name
and uuid.
"""

import socket

from sidecar.core.params import Link
from sidecar.media.sockopts import broadcast_address, make_urgent
from sidecar.media.ucast import ANY, datagram_socket, heard_at
from sidecar.media.udp import Destination


class Bcast:
    def sender(self, link: Link) -> socket.socket:
        sock = datagram_socket(link.device)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            # No route may lead a broadcast elsewhere.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
            make_urgent(sock)
        except OSError:
            sock.close()
            raise
        return sock

    def receiver(self, link: Link) -> socket.socket:
        return heard_at(datagram_socket(link.device), ANY, link.port)

    def destination(self, link: Link, sender: socket.socket) -> Destination:
        return broadcast_address(sender, link.device), link.port
