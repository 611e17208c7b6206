"""Tells the neighbours where an address is now: gratuitous ARP, unsolicited NA.

RFC 5227 section 3 and RFC 4861 section 7.2.6. Sends one volley when asked to and never waits;
when and how often is the core's decision. Expects and keeps no answer.
"""

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from sidecar.core.params import Address
from sidecar.vip import frames
from sidecar.vip.ethernet import EthernetSocket
from sidecar.vip.reasons import reason_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What left for one address: ``arp`` or ``na`` for each frame; why not all, if not all."""

    address: str
    kinds: tuple[str, ...]
    reason: str | None = None


class Announcer:
    """Keeps one socket per interface: to close a packet socket can cost milliseconds."""

    def __init__(self) -> None:
        self._sockets: dict[str, EthernetSocket] = {}

    def announce(self, addresses: Iterable[Address]) -> list[Announcement]:
        """Send a volley for each now. Never raises; what went wrong is in the answers."""
        found: list[Announcement] = []
        for interface, those in groupby(addresses, key=lambda address: address.interface):
            try:
                sock = self._socket(interface)
                mac = sock.mac
            except OSError as error:
                found += [_failed(address, (), error) for address in those]
                continue
            found += [_announce(sock, mac, address) for address in those]
        return found

    def close(self) -> None:
        for sock in self._sockets.values():
            sock.close()
        self._sockets.clear()

    def _socket(self, interface: str) -> EthernetSocket:
        if not interface:
            raise OSError(errno.ENODEV, "no interface")
        sock = self._sockets.get(interface)
        if sock is not None and sock.current:
            return sock
        if sock is not None:  # the interface went, and perhaps came back as another one
            del self._sockets[interface]
            sock.close()
        sock = self._sockets[interface] = EthernetSocket(interface)
        return sock


def _announce(sock: EthernetSocket, mac: str, address: Address) -> Announcement:
    sent: list[str] = []
    try:
        for frame in _volley(address, mac):
            sock.send(frame)
            sent.append("na" if address.is_ipv6 else "arp")
    except OSError as error:
        return _failed(address, tuple(sent), error)
    return Announcement(address=address.name, kinds=tuple(sent))


def _failed(address: Address, sent: tuple[str, ...], error: OSError) -> Announcement:
    reason = reason_of(error, address.interface, wish=f"announce {address.name}")
    return Announcement(address=address.name, kinds=sent, reason=reason)


def _volley(address: Address, mac: str) -> tuple[bytes, ...]:
    if address.is_ipv6:
        return (frames.neighbour_advertisement(address.name, mac),)
    return frames.arp_announcements(address.name, mac)
