"""ICMP echo to the ping nodes: carries the core's payloads out, and brings them back.

A raw socket, since the unprivileged kind depends on a sysctl of the host. Replies are told from
those of other programs by the id; whether the payload is ours is for the core to say (RFC 792,
protocol section 5.6: the id is written in host byte order).
"""

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from typing import Final

from sidecar.core.actions import SendPing
from sidecar.core.events import PingReplied

ECHO_REQUEST: Final = 8
ECHO_REPLY: Final = 0
_HEADER: Final = struct.Struct("!BBH")
_READS_MAX: Final = 64
_BUFFER: Final = 65535


class Pinger:
    """One socket for all targets, made when the first echo is to leave."""

    def __init__(self, emit: Callable[[PingReplied], None]) -> None:
        self._emit = emit
        self._id = struct.pack("=H", os.getpid() & 0xFFFF)
        self._seq = 0
        self._socket: socket.socket | None = None
        self._targets: dict[str, str] = {}

    def send(self, action: SendPing) -> None:
        """Send to each host of the target; what cannot leave is as good as unanswered."""
        try:
            sock = self._open()
        except OSError:
            return
        packet = self._request(action.data)
        for host in action.target.hosts:
            self._targets[host] = action.target.name
            try:
                sock.sendto(packet, (host, 0))
            except OSError:
                continue

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            sock.setblocking(False)
            asyncio.get_running_loop().add_reader(sock, self._on_readable)
            self._socket = sock
        return self._socket

    def _request(self, payload: bytes) -> bytes:
        rest = self._id + struct.pack("!H", self._seq) + payload
        self._seq = (self._seq + 1) & 0xFFFF
        checksum = _checksum(_HEADER.pack(ECHO_REQUEST, 0, 0) + rest)
        return _HEADER.pack(ECHO_REQUEST, 0, checksum) + rest

    def _on_readable(self) -> None:
        assert self._socket is not None  # noqa: S101 - the reader ends with the socket
        for _ in range(_READS_MAX):
            try:
                packet, (host, _) = self._socket.recvfrom(_BUFFER)
            except OSError:
                return
            target = self._targets.get(host)
            payload = self._reply(packet)
            if target is not None and payload is not None:
                self._emit(PingReplied(target=target, data=payload))

    def _reply(self, packet: bytes) -> bytes | None:
        """The payload of an echo reply to us; the kernel hands over the IP header as well."""
        header_bytes = (packet[0] & 0x0F) * 4 if packet else 0
        message = packet[header_bytes:]
        if message[:2] != bytes((ECHO_REPLY, 0)) or message[4:6] != self._id:
            return None
        return message[8:]


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(int(word) for (word,) in struct.iter_unpack("!H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
