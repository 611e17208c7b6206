"""Sends datagrams as fast as it is told, with whatever sender address it likes.

    python -m tests.hosts.flooder INTERFACE MAC SOURCE TARGET PER_SECOND SECONDS < HEX-LINES

Whole frames over a packet socket, so that the kernel has no say in the sender address. At its end
it prints how many it sent and how many microseconds that took, since a rate that was not reached
proves nothing.
"""

import ctypes
import itertools
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.netns import Host

PORT = 694
_BURST_S = 0.002
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a flood came to."""

    datagrams: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.datagrams / self.seconds


class Flood:
    """A flooder that runs on the attacker's host."""

    def __init__(
        self,
        attacker: Host,
        target: tuple[str, str],
        payloads: Sequence[bytes],
        *,
        source: str,
        per_second: int,
        seconds: float,
    ) -> None:
        """``target`` is the victim's IPv4 and hardware address."""
        address, mac = target
        words = ("eth0", mac, source, address, str(per_second), str(seconds))
        self._process = subprocess.Popen(
            ("ip", "netns", "exec", attacker.name, sys.executable, "-m", __name__, *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        # The attacker's machine has nothing else to do; yet it comes behind those that it attacks.
        os.setpriority(os.PRIO_PROCESS, self._process.pid, -10)
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{payload.hex()}\n" for payload in payloads))
        self._process.stdin.close()

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def end(self) -> Sent:
        """Wait until all is sent."""
        assert self._process.stdout is not None
        count, microseconds = map(int, self._process.stdout.read().split())
        self._process.wait()
        self._process.stdout.close()
        return Sent(count, microseconds / 1e6)


def frame(mac: str, source: str, target: str, payload: bytes) -> bytes:
    """Ethernet, IPv4 and UDP around the payload; UDP's checksum is left out, as IPv4 allows."""
    head = struct.pack("!BBHHHBBH", 0x45, 0, 28 + len(payload), 0, 0, 64, socket.IPPROTO_UDP, 0)
    head += socket.inet_aton(source) + socket.inet_aton(target)
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[12:]
    udp = struct.pack("!HHHH", 40000, PORT, 8 + len(payload), 0)
    ethernet = bytes.fromhex(mac.replace(":", "")) + b"\x02\0\0\0\0\x66" + b"\x08\0"
    return ethernet + head + udp + payload


class _Vector(ctypes.Structure):
    """struct iovec"""

    _fields_ = (("base", ctypes.c_char_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct mmsghdr of <sys/socket.h>: struct msghdr, and what was sent of it."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.POINTER(_Vector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_size_t),  # an int, and the room behind it
        ("sent", ctypes.c_uint),
    )


class Batch:
    """Frames that leave with one call: Python itself is too slow for one call each."""

    def __init__(self, frames: Sequence[bytes]) -> None:
        self._frames = frames  # only their addresses are in the vectors
        self._vectors = (_Vector * len(frames))(*(_Vector(one, len(one)) for one in frames))
        self._headers = (_Header * len(frames))()
        for header, vector in zip(self._headers, self._vectors, strict=True):
            header.vectors, header.vector_count = ctypes.pointer(vector), 1

    def send(self, sock: socket.socket) -> int:
        """How many the kernel took."""
        sent: int = _LIBC.sendmmsg(sock.fileno(), self._headers, len(self._headers), 0)
        if sent < 0:
            raise OSError(ctypes.get_errno(), "sendmmsg")
        return sent


def main(words: Sequence[str]) -> None:
    interface, mac, source, target, per_second, seconds = words
    frames = [frame(mac, source, target, bytes.fromhex(line)) for line in sys.stdin]
    burst = int(int(per_second) * _BURST_S)
    batches = [Batch(frames[at : at + burst]) for at in range(0, len(frames) - burst + 1, burst)]
    sent = 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((interface, 0))
        begun = due = time.monotonic()
        end = begun + float(seconds)
        for batch in itertools.cycle(batches):
            if (now := time.monotonic()) >= end:
                break
            if now < due:
                time.sleep(due - now)
            sent += batch.send(sock)
            due += _BURST_S
        took = time.monotonic() - begun
    print(sent, int(took * 1e6))


if __name__ == "__main__":
    main(sys.argv[1:])
