"""Several links on one interface and one port: one of them hears for all, and packets are sorted.

The kernel gives a port of an interface to one socket. A file may have ``ucast eth1`` twice (both
nodes are in it, and the interface has no address yet), or ``bcast eth1`` beside it. Then the first
ucast of them, or else the bcast, has the only receiver. A packet belongs to the link to whose group
or broadcast address it was sent, or else to the one to whose target its sender's address belongs.
"""

import ipaddress
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sidecar.core.params import Link
from sidecar.core.terms import LinkName, Medium
from sidecar.media.sockopts import IP_PKTINFO

_IPV6: Final = (Medium.UCAST6, Medium.MCAST6)
_WHOLE_PORT: Final = (Medium.UCAST, Medium.UCAST6, Medium.BCAST)
"""Bound to any address; a group's receiver is bound to the group alone."""

Ancillary = Sequence[tuple[int, int, bytes]]


class Sorter:
    """Tells by which link a packet came. The first link hears, and gets what fits no other."""

    ROOM: Final = socket.CMSG_SPACE(20)
    """For struct in6_pktinfo, the longer of the two."""

    def __init__(self, links: Sequence[Link]) -> None:
        self.links = tuple(links)
        self._default = links[0].name
        self._by_target = {link.target: link.name for link in links if link.target}
        broadcasts = [link.name for link in links if link.medium is Medium.BCAST]
        self._broadcast = broadcasts[0] if broadcasts else None

    def prepare(self, receiver: socket.socket) -> None:
        """Have the kernel say to which address each packet was sent."""
        if receiver.family == socket.AF_INET6:
            receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            receiver.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)

    def link_of(self, about: Ancillary, source: Any) -> LinkName:
        """``source`` is a socket address, as recvmsg gives it."""
        sent_to, local = _addresses(about)
        group = self._by_target.get(sent_to)
        if group is not None and ipaddress.ip_address(sent_to).is_multicast:
            return group
        # The kernel names one of our own addresses; a packet to another one was a broadcast.
        if self._broadcast is not None and sent_to != local:
            return self._broadcast
        return self._by_target.get(str(source[0]).partition("%")[0], self._default)


def shared(links: Iterable[Link]) -> Iterator[tuple[Link, ...]]:
    """The sets of links that one receiver has to hear for, the one that has it first."""
    ports: dict[tuple[bool, str, int], list[Link]] = {}
    for link in links:
        if link.medium is not Medium.SERIAL:
            ports.setdefault((link.medium in _IPV6, link.device, link.port), []).append(link)
    for together in ports.values():
        ordered = sorted(together, key=_place)
        if len(ordered) > 1 and ordered[0].medium in _WHOLE_PORT:
            yield tuple(ordered)


def _place(link: Link) -> tuple[bool, bool]:
    # A broad receiver keeps the narrow ones from the port, so that it has to come first. A bcast
    # does not open without a broadcast address, which must not make the others deaf.
    return link.medium not in _WHOLE_PORT, link.medium is Medium.BCAST


def _addresses(about: Ancillary) -> tuple[str, str]:
    """To which address it was sent, and which of ours that means."""
    for _level, _type, data in about:
        if len(data) == 12:  # noqa: PLR2004 - struct in_pktinfo: number, local, destination
            return socket.inet_ntoa(data[8:12]), socket.inet_ntoa(data[4:8])
        sent_to = socket.inet_ntop(socket.AF_INET6, data[:16])
        return sent_to, sent_to
    return "", ""
