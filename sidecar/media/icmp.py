"""ICMP echo to the ping nodes: carries the core's payloads out, and brings them back.

Raw sockets, since the unprivileged kind depends on a sysctl of the host. Replies are told from
those of other programs by an id that is drawn anew at each start (in a container every sidecar is
process 1); whether the payload is ours is for the core to say (RFC 792, RFC 4443, protocol section
5.6). Never resolves a name, and never waits. An echo that cannot leave is as good as unanswered,
but a node that may not ping at all says so.
"""

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import Callable
from typing import Final

from sidecar.core.actions import SendPing
from sidecar.core.events import PartChanged, PingReplied
from sidecar.media import echo
from sidecar.media.echo import Protocol

PART: Final = "ping"
_READS_MAX: Final = 64
_BUFFER: Final = 65535


class Pinger:
    """A socket for IPv4 and one for IPv6, each made when the first echo is to leave."""

    def __init__(self, emit: Callable[[PingReplied | PartChanged], None]) -> None:
        self._emit = emit
        self._id = secrets.randbits(16)
        self._seq = 0
        self._sockets: dict[Protocol, socket.socket] = {}
        self._trouble: dict[Protocol, str] = {}
        self._targets: dict[str, dict[str, None]] = {}
        """The targets that a host belongs to, in the order of ha.cf."""

    def send(self, action: SendPing) -> None:
        """Send to each host of the target."""
        self._seq = (self._seq + 1) & 0xFFFF
        for host in action.target.hosts:
            self._targets.setdefault(_canonical(host), {})[action.target.name] = None
            protocol = echo.IPV6 if ":" in host else echo.IPV4
            sock = self._open(protocol)
            if sock is not None:
                packet = echo.request(protocol, self._id, self._seq, action.data)
                try:
                    sock.sendto(packet, (host, 0))
                except OSError:
                    continue  # no route, or a firewall: unanswered

    def close(self) -> None:
        for sock in self._sockets.values():
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()
        self._sockets.clear()

    def _open(self, protocol: Protocol) -> socket.socket | None:
        sock = self._sockets.get(protocol)
        if sock is None:
            try:
                sock = echo.open_socket(protocol)
            except OSError as error:
                self._tell(protocol, _reason_of(error))
                return None
            self._tell(protocol, "")
            asyncio.get_running_loop().add_reader(sock, self._on_readable, protocol, sock)
            self._sockets[protocol] = sock
        return sock

    def _on_readable(self, protocol: Protocol, sock: socket.socket) -> None:
        for _ in range(_READS_MAX):
            if sock.fileno() < 0:  # closed by what the last reply led to
                return
            try:
                packet, source = sock.recvfrom(_BUFFER)
            except OSError:
                return
            payload = echo.payload_of_reply(protocol, self._id, packet)
            if payload is not None:
                for target in self._targets.get(_canonical(source[0]), ()):
                    self._emit(PingReplied(target=target, data=payload))

    def _tell(self, protocol: Protocol, trouble: str) -> None:
        before = self._trouble.get(protocol, "")
        self._trouble[protocol] = trouble
        if trouble != before:
            self._emit(PartChanged(part=f"{PART} {protocol.name}", trouble=trouble))


def _canonical(host: str) -> str:
    """One spelling, without the interface of a link-local address: the kernel gives none."""
    return str(ipaddress.ip_address(host.partition("%")[0]))


def _reason_of(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return (
            "ping nodes cannot be asked: give the container the capability NET_RAW (cap_add); "
            "until then they count as lost"
        )
    return f"ping nodes cannot be asked: {error.strerror} (error {error.errno})"
