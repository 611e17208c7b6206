"""Tells the neighbours where an address is now: gratuitous ARP, unsolicited NA.

RFC 5227 section 3 and RFC 4861 section 7.2.6. Sends one volley when asked to and never waits;
when and how often is the core's decision. Expects and keeps no answer.
"""

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sidecar.core.params import Address
from sidecar.vip import frames
from sidecar.vip.ethernet import EthernetSocket
from sidecar.vip.reasons import reason_of

_FRAMES_MAX: Final = 2


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
        """Send a volley for each now. Never raises; what went wrong is in the answers.

        The first frame of every address leaves before the second of any: most hosts heed the first.
        """
        found: list[Announcement] = []
        for interface, those in groupby(addresses, key=lambda address: address.interface):
            try:
                sock = self._socket(interface)
                mac = sock.mac
            except OSError as error:
                found += [_failed(address, (), error) for address in those]
                continue
            volleys = [_Volley(address, _frames(address, mac)) for address in those]
            for number in range(_FRAMES_MAX):
                for volley in volleys:
                    volley.send(sock, number)
            found += [volley.announcement() for volley in volleys]
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


@dataclass(slots=True)
class _Volley:
    """The frames of one address, and what has become of them."""

    address: Address
    frames: tuple[bytes, ...]
    sent: int = 0
    error: OSError | None = None

    def send(self, sock: EthernetSocket, number: int) -> None:
        """Send this frame, if there is one and none went wrong before."""
        if number >= len(self.frames) or self.error is not None:
            return
        try:
            sock.send(self.frames[number])
            self.sent += 1
        except OSError as error:
            self.error = error

    def announcement(self) -> Announcement:
        kinds = ("na" if self.address.is_ipv6 else "arp",) * self.sent
        if self.error is not None:
            return _failed(self.address, kinds, self.error)
        return Announcement(address=self.address.name, kinds=kinds)


def _failed(address: Address, sent: tuple[str, ...], error: OSError) -> Announcement:
    reason = reason_of(error, address.interface, wish=f"announce {address.name}")
    return Announcement(address=address.name, kinds=sent, reason=reason)


def _frames(address: Address, mac: str) -> tuple[bytes, ...]:
    if address.is_ipv6:
        return (frames.neighbour_advertisement(address.name, mac),)
    return frames.arp_announcements(address.name, mac)
