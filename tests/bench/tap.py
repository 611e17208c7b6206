"""What arrives at a host: heartbeats of the other node, announcements of an address.

The kernel notes when each frame came in, so that it does not matter when it is read.
"""

import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.bench.prober import SO_TIMESTAMPNS, stamped_ns
from tests.netns import Host

IPV4: Final = 0x0800
ARP: Final = 0x0806
VRRP: Final = 112
"""The protocol number of keepalived's adverts, and of ucarp's."""
_UDP: Final = 17
_HEARTBEAT: Final = 694
SO_RCVBUFFORCE: Final = 33
_BUFFER: Final = 64 * 2**20
"""A thousand addresses are announced in some thousand frames at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    at_ns: int
    data: bytes

    @property
    def source_mac(self) -> bytes:
        return self.data[6:12]


Wanted = Callable[[bytes], bool]


def is_heartbeat(frame: bytes) -> bool:
    """A datagram to Heartbeat's port."""
    if frame[23] != _UDP:
        return False
    start = 14 + 4 * (frame[14] & 0x0F)
    return bool(struct.unpack_from("!H", frame, start + 2)[0] == _HEARTBEAT)


def is_advert(frame: bytes) -> bool:
    """An advert of VRRP or CARP."""
    return frame[23] == VRRP


def is_announcement(frame: bytes) -> bool:
    """An ARP frame in which the sender speaks of its own address (RFC 5227, 1.1)."""
    return frame[28:32] == frame[38:42]


class Tap:
    """The frames so far."""

    def __init__(self) -> None:
        self._frames: list[Frame] = []

    def note(self, frame: Frame) -> None:
        self._frames.append(frame)

    def since(self, since_ns: int, until_ns: int | None = None) -> list[Frame]:
        found = [f for f in tuple(self._frames) if f.at_ns >= since_ns]
        return found if until_ns is None else [f for f in found if f.at_ns <= until_ns]

    def last_before(self, moment_ns: int) -> int | None:
        """When the last one before the moment came in."""
        return max((f.at_ns for f in tuple(self._frames) if f.at_ns <= moment_ns), default=None)

    def last_ten(self) -> list[Frame]:
        return self._frames[-10:]

    def forget(self) -> None:
        del self._frames[:-10]


@contextmanager
def tap(host: Host, interface: str, kind: int, wanted: Wanted) -> Iterator[Tap]:
    """Note what arrives at the host's interface until the block ends."""
    made = Tap()
    with host.entered():
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind))
        wire.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        wire.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER)
        wire.bind((interface, kind))
    stop = threading.Event()
    thread = threading.Thread(target=_listen, args=(wire, wanted, made, stop), name="tap")
    thread.start()
    try:
        yield made
    finally:
        stop.set()
        thread.join(10)
        wire.close()


def _listen(wire: socket.socket, wanted: Wanted, made: Tap, stop: threading.Event) -> None:
    while not stop.is_set():
        if not select.select([wire], [], [], 0.2)[0]:
            continue
        data, ancillary, _, address = wire.recvmsg(2048, 64)
        if address[2] != socket.PACKET_OUTGOING and len(data) >= 42 and wanted(data):
            made.note(Frame(at_ns=stamped_ns(ancillary), data=data))
