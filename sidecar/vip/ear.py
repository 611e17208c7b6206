"""Hears what other machines claim, or ask for in order to claim it, in ARP or in IPv6's neighbour
messages.

Lives in the event loop. Frames that carry this host's own hardware address never count: a switch
reflected them, or answers in our name. Judges nothing else.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from sidecar.vip import frames
from sidecar.vip.ethernet import EthernetSocket
from sidecar.vip.frames import Claim, Question

_PER_TURN = 64  # frames, then the loop's other business: an ARP storm must not stop the heartbeats

Heard = Callable[[str, Claim | Question], None]
"""Called with the interface and what was said there."""


class Ears:
    """One listening socket for each interface and protocol, opened when first needed."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._ears: dict[tuple[str, int], EthernetSocket] = {}

    def open(self, interface: str, protocol: int) -> EthernetSocket:
        """The socket that hears, to ask by as well. Raise OSError when there is no interface.

        An interface that was made anew gets a new socket, and to close the old one takes 15 ms; one
        that only went down and up keeps its socket, for the kernel joins the two again.
        """
        sock = self._ears.get((interface, protocol))
        if sock is not None and sock.current:
            return sock
        self._forget(interface, protocol)
        sock = EthernetSocket(interface, listen=protocol)
        self._ears[interface, protocol] = sock
        asyncio.get_running_loop().add_reader(sock.sock, self._on_readable, sock)
        return sock

    def close(self) -> None:
        for interface, protocol in tuple(self._ears):
            self._forget(interface, protocol)

    def _forget(self, interface: str, protocol: int) -> None:
        sock = self._ears.pop((interface, protocol), None)
        if sock is not None:
            asyncio.get_running_loop().remove_reader(sock.sock)
            sock.close()

    def _on_readable(self, sock: EthernetSocket) -> None:
        # The kernel says once that the interface went down; to have heard that is enough.
        with suppress(OSError):
            for _ in range(_PER_TURN):
                frame = sock.receive()
                if frame is None:
                    return
                said = frames.claim(frame) or frames.question(frame)
                if said is not None and sock.mac not in _speakers(said):
                    self._heard(sock.interface, said)


def _speakers(said: Claim | Question) -> tuple[str, ...]:
    return (said.mac, said.sender) if isinstance(said, Claim) else (said.mac,)
