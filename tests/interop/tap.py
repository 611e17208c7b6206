"""What goes over the heartbeat's first cable, as the sidecar's end of it sees it, or over a serial
line, read message by message.

It shows what the sidecar sends, even if the switch loses it afterwards, and what reaches it. Lets a
test wait for a word of the protocol instead of for a time, and tells the story when a test fails.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from sidecar.wire.codec import Form, decode
from sidecar.wire.errors import WireError
from sidecar.wire.message import Message
from tests.testbed.network import Cable
from tests.testbed.waiting import now_ns

MS = 1_000_000
_ETH_P_ALL = 0x0003
_ETHERNET, _UDP, _PROTOCOL_AT, _PORT_AT = 14, 8, 9, 2
_BEATS = ("status", "NS_ackmsg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One datagram."""

    at_ns: int
    form: Form
    message: Message

    @property
    def kind(self) -> str:
        return self.message.kind

    @property
    def source(self) -> str:
        return self.message.get("src") or ""

    def __str__(self) -> str:
        names = ("st", "rsc_hold", "isstable", "info", "num_ping", "firstseq", "ackseq", "seq")
        said = ((name, self.message.get(name)) for name in names)
        words = " ".join(f"{name}={value}" for name, value in said if value is not None)
        return f"{self.source} {self.kind} {words}"


class Tap:
    """The messages so far."""

    def __init__(self) -> None:
        self._seen: list[Seen] = []

    def note(self, packet: bytes) -> None:
        """What was said on a link; what cannot be read is not noted."""
        try:
            sealed = decode(packet)
        except WireError:
            return
        self._seen.append(Seen(at_ns=now_ns(), form=sealed.form, message=sealed.message))

    def seen(self, kind: str = "", source: str = "", since_ns: int = 0) -> list[Seen]:
        return [
            one
            for one in tuple(self._seen)
            if one.at_ns >= since_ns and kind in ("", one.kind) and source in ("", one.source)
        ]

    def last(self, kind: str, source: str, *, field: str = "t") -> Message | None:
        """The newest of them that has this field, which all have when none is named."""
        messages = [one.message for one in self.seen(kind, source)]
        return next((one for one in reversed(messages) if one.get(field) is not None), None)

    def silences_ms(self, source: str) -> list[int]:
        """From each of its packets to the next."""
        times = [one.at_ns for one in self.seen(source=source)]
        return [(after - before) // MS for before, after in pairwise(times)]

    def quiet_ns(self) -> int:
        """How long nobody has said anything but that it lives."""
        words = [one.at_ns for one in tuple(self._seen) if one.kind not in _BEATS]
        return now_ns() - words[-1] if words else 0

    def story(self) -> str:
        """Everything but the beats, a line each, in milliseconds from the first packet on."""
        seen = tuple(self._seen)
        lines = [
            f"{(one.at_ns - seen[0].at_ns) // MS:7d} {one}"
            for one in seen
            if one.kind not in _BEATS
        ]
        return "\n".join(lines)


class _Ear:
    """Reads the frames of a socket, and tells a tap of the heartbeat in them."""

    def __init__(self, sock: socket.socket, tap: Tap) -> None:
        self._socket = sock
        self._tap = tap
        self._stopped = False
        self._thread = threading.Thread(target=self._read, name="tap")
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        self._thread.join(5)
        self._socket.close()

    def _read(self) -> None:
        self._socket.settimeout(0.2)
        while not self._stopped:
            try:
                frame = self._socket.recv(65536)
            except OSError:  # no frame in time, or the cable has just been cut
                continue
            self._sort(frame)

    def _sort(self, frame: bytes) -> None:
        datagram = frame[_ETHERNET:]
        header = (datagram[0] & 0x0F) * 4 if datagram else 0
        port = int.from_bytes(datagram[header + _PORT_AT : header + _PORT_AT + 2], "big")
        if datagram[_PROTOCOL_AT : _PROTOCOL_AT + 1] != bytes([socket.IPPROTO_UDP]) or port != 694:
            return
        self._tap.note(datagram[header + _UDP :])


@contextmanager
def tap(cable: Cable) -> Iterator[Tap]:
    """Listen at the switch's end of the cable. What is heard elsewhere can be noted, too."""
    with cable.switch.entered():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    sock.bind((cable.port, _ETH_P_ALL))
    listening = Tap()
    ear = _Ear(sock, listening)
    try:
        yield listening
    finally:
        ear.stop()
