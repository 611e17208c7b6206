"""ICMP echo messages, for IPv4 and for IPv6 (RFC 792, RFC 4443), and sockets that carry them."""

import socket
import struct
from dataclasses import dataclass
from typing import Final

_HEADER: Final = struct.Struct("!BBHHH")  # type, code, checksum, id, sequence number
_SOL_RAW: Final = 255  # <linux/socket.h>
_ICMP_FILTER: Final = 1  # <linux/icmp.h>
_ICMPV6_FILTER: Final = 1  # <linux/icmpv6.h>


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How ICMP is spoken over one version of IP."""

    name: str
    family: socket.AddressFamily
    number: int
    request: int
    reply: int


IPV4: Final = Protocol(
    name="IPv4", family=socket.AF_INET, number=socket.IPPROTO_ICMP, request=8, reply=0
)
IPV6: Final = Protocol(
    name="IPv6", family=socket.AF_INET6, number=socket.IPPROTO_ICMPV6, request=128, reply=129
)


def open_socket(protocol: Protocol) -> socket.socket:
    """A raw socket that hears echo replies and nothing else. Raise OSError where not allowed."""
    kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK
    sock = socket.socket(protocol.family, kind, protocol.number)
    try:
        # A set bit keeps the type out: all but replies.
        mask = bytearray(b"\xff" * (4 if protocol is IPV4 else 32))
        word, bit = divmod(protocol.reply, 32)
        struct.pack_into("=I", mask, 4 * word, 0xFFFFFFFF & ~(1 << bit))
        level, option = (
            (_SOL_RAW, _ICMP_FILTER)
            if protocol is IPV4
            else (socket.IPPROTO_ICMPV6, _ICMPV6_FILTER)
        )
        sock.setsockopt(level, option, bytes(mask))
    except OSError:
        sock.close()
        raise
    return sock


def request(protocol: Protocol, identity: int, seq: int, payload: bytes) -> bytes:
    header = _HEADER.pack(protocol.request, 0, 0, identity, seq)
    if protocol is IPV6:
        return header + payload  # the kernel knows the addresses, and makes the checksum
    checksum = _checksum(header + payload)
    return _HEADER.pack(protocol.request, 0, checksum, identity, seq) + payload


def payload_of_reply(protocol: Protocol, identity: int, packet: bytes) -> bytes | None:
    """What an echo reply to us brings back; None for anything else.

    Over IPv4 the kernel hands over the IP header as well.
    """
    if protocol is IPV4 and packet:
        packet = packet[(packet[0] & 0x0F) * 4 :]
    if len(packet) < _HEADER.size:
        return None
    kind, code, _, whose, _ = _HEADER.unpack_from(packet)
    if (kind, code, whose) != (protocol.reply, 0, identity):
        return None
    return packet[_HEADER.size :]


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(int(word) for (word,) in struct.iter_unpack("!H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
