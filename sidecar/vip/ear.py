"""Hears what other machines claim, or ask for in order to claim it, in ARP or in IPv6's neighbour
messages.

Lives in the event loop. Frames that carry this host's own hardware address never count: a switch
reflected them, or answers in our name. Those of another interface of this host do not count either:
if it is on the same network, the kernel answers there, too, for each address that the host has.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from sidecar.core.params import Address
from sidecar.vip import filters, frames
from sidecar.vip.ethernet import EthernetSocket, macs_of_host
from sidecar.vip.filters import Program
from sidecar.vip.frames import ETH_P_ARP, Claim, Question

_PER_TURN: Final = 64
"""Frames, then the loop's other business: an ARP storm must not stop the heartbeats."""
_AT_LAST: Final = 4096
"""Frames that are read at the most before silence is believed."""
_HOST_FOR_S: Final = 1.0
"""How long the hardware addresses of the host's interfaces are taken to be the same: it may have
very many."""

Heard = Callable[[str, list[Claim | Question]], None]
"""Called with the interface and all that was said there since it was last called."""


class Ears:
    """One listening socket for each interface and protocol, opened when first needed."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._ears: dict[tuple[str, int], EthernetSocket] = {}
        self._about: Program | None = None
        """What of ARP is heard; all of it, as long as nobody has said."""
        self._groups: frozenset[bytes] = frozenset()
        self._host: frozenset[str] = frozenset()
        self._host_until_s = 0.0

    def attend(self, addresses: Iterable[Address]) -> None:
        """Hear of the questions in ARP only those that concern these addresses."""
        addresses = tuple(addresses)
        self._about = filters.arp_about(a.name for a in addresses if not a.is_ipv6)
        self._groups = frozenset(frames.question_group(a.name) for a in addresses if a.is_ipv6)
        for (_, protocol), sock in self._ears.items():
            if protocol == ETH_P_ARP:
                with suppress(OSError):  # then it goes on hearing what it heard before
                    sock.hear_only(self._about)
            else:
                self._join(sock)

    def open(self, interface: str, protocol: int) -> EthernetSocket:
        """The socket that hears, to ask by as well. Raise OSError when there is no interface.

        An interface that was made anew gets a new socket, and to close the old one takes 15 ms; one
        that only went down and up keeps its socket, for the kernel joins the two again.
        """
        sock = self._ears.get((interface, protocol))
        if sock is not None and sock.current:
            return sock
        self._forget(interface, protocol)
        only = self._about if protocol == ETH_P_ARP else filters.NEIGHBOURS
        sock = EthernetSocket(interface, listen=protocol, only=only)
        self._ears[interface, protocol] = sock
        if protocol != ETH_P_ARP:
            self._join(sock)
        asyncio.get_running_loop().add_reader(sock.sock, self._listen, sock, _PER_TURN)
        return sock

    def listen_out(self, sock: EthernetSocket) -> bool:
        """Hear what has come so far; whether that was all. Then silence means something."""
        return self._listen(sock, _AT_LAST)

    def is_of_this_host(self, said: Claim | Question) -> bool:
        """Whether another interface of this host said it, which is on the same network."""
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._host_until_s:
            self._host_until_s = now_s + _HOST_FOR_S
            with suppress(OSError):  # then they are those of a moment ago
                self._host = macs_of_host()
        return not self._host.isdisjoint(_speakers(said))

    def close(self) -> None:
        for interface, protocol in tuple(self._ears):
            self._forget(interface, protocol)

    def _join(self, sock: EthernetSocket) -> None:
        """In IPv6 who asks speaks to a group, to which only those belong that have the address. Of
        two that ask, neither would hear the other one.
        """
        for group in self._groups:
            with suppress(OSError):  # then those who ask for it are not heard
                sock.join(group)

    def _forget(self, interface: str, protocol: int) -> None:
        sock = self._ears.pop((interface, protocol), None)
        if sock is not None:
            asyncio.get_running_loop().remove_reader(sock.sock)
            sock.close()

    def _listen(self, sock: EthernetSocket, most: int) -> bool:
        said: list[Claim | Question] = []
        is_all = False
        try:
            own = sock.mac
            for _ in range(most):
                frame = sock.receive()
                if frame is None:
                    is_all = True
                    break
                word = frames.claim(frame) or frames.question(frame)
                if word is not None and own not in _speakers(word):
                    said.append(word)
        except OSError:
            # The kernel says once that the interface went down; to have heard that is enough. One
            # that was deleted or renamed is not read any more, and would wake the loop for ever.
            if not sock.current:
                self._forget(sock.interface, sock.protocol)
        if said:
            self._heard(sock.interface, said)
        return is_all


def _speakers(said: Claim | Question) -> tuple[str, ...]:
    return (said.mac, said.sender) if isinstance(said, Claim) else (said.mac,)
