"""The kernel's requests about addresses. Pure: wishes to bytes.

The layouts are those of netlink(7), rtnetlink(7) and <linux/if_addr.h>; what the kernel says is
read in rtnl.py. A library needs 0.3 ms to write one of them, longer than the kernel takes to act on
it, and a takeover may need a thousand.
"""

import ipaddress
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.vip import rtnl

_NLM_F_REQUEST: Final = 0x1
_NLM_F_ACK: Final = 0x4
_NLM_F_REPLACE: Final = 0x100
_NLM_F_CREATE: Final = 0x400

_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_LABEL: Final = 3
_IFA_BROADCAST: Final = 4
_IFA_CACHEINFO: Final = 6
_IFA_FLAGS: Final = 8
_IFA_PROTO: Final = 11

_HEADER: Final = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_SEQUENCE_AT: Final = 8
_IFADDRMSG: Final = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_ATTRIBUTE: Final = struct.Struct("=HH")  # length, type
_U32: Final = struct.Struct("=I")
_CACHEINFO: Final = struct.Struct("=IIII")  # preferred and valid lifetime, two time stamps


IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Attribute = tuple[int, bytes]
IPV4: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An address on an interface, for so many seconds."""

    index: int
    name: str
    prefix: int
    lifetime_s: int
    label: str = ""
    broadcast: str = ""
    flags: int = 0


def put(wish: Placement) -> bytes:
    """Add the address, or renew its lifetime. Raise OSError for what cannot be written.

    Both lifetimes are equal: a preferred lifetime of zero deprecates the address, one longer than
    the valid lifetime is refused. IPv6 gives its address in IFA_ADDRESS alone.
    """
    try:
        address = ipaddress.ip_address(wish.name)
        attributes = [
            *_local(address),
            (_IFA_ADDRESS, address.packed),
            (_IFA_CACHEINFO, _CACHEINFO.pack(wish.lifetime_s, wish.lifetime_s, 0, 0)),
            (_IFA_PROTO, bytes([rtnl.OUR_PROTO])),
        ]
        if wish.label:
            attributes.append((_IFA_LABEL, wish.label.encode() + b"\0"))
        if wish.broadcast:
            attributes.append((_IFA_BROADCAST, ipaddress.ip_address(wish.broadcast).packed))
        if wish.flags:
            attributes.append((_IFA_FLAGS, _U32.pack(wish.flags)))
        body = _subject(address, wish.index, wish.prefix) + _written(attributes)
        return _message(rtnl.RTM_NEWADDR, _NLM_F_CREATE | _NLM_F_REPLACE, body)
    except (ValueError, struct.error) as error:
        raise OSError(f"no netlink request can be made of {wish}: {error}") from error


def delete(index: int, name: str, prefix: int | None) -> bytes:
    """Remove the address. Without a prefix length, for IPv4: one copy, whatever its length."""
    address = ipaddress.ip_address(name)
    attributes = [*_local(address)]
    if prefix is not None:
        attributes.append((_IFA_ADDRESS, address.packed))
    body = _subject(address, index, prefix or 0) + _written(attributes)
    return _message(rtnl.RTM_DELADDR, 0, body)


def numbered(requests: Sequence[bytes], first: int) -> bytes:
    """All of them one after the other, with sequence numbers from ``first`` on.

    The kernel carries out what comes in one datagram in its order, and answers each.
    """
    data = bytearray(b"".join(requests))
    at = _SEQUENCE_AT
    for number, request in enumerate(requests, start=first):
        _U32.pack_into(data, at, number & 0xFFFFFFFF)
        at += len(request)
    return bytes(data)


def answers(data: bytes) -> Iterator[tuple[int, int]]:
    """Sequence number and error, 0 for success, of each answer in a datagram from the kernel."""
    for notice in rtnl.notices(data):
        if notice.type == rtnl.NLMSG_ERROR:
            yield notice.sequence, notice.error


def _subject(address: IPAddress, index: int, prefix: int) -> bytes:
    family = socket.AF_INET if address.version == IPV4 else socket.AF_INET6
    return _IFADDRMSG.pack(family, prefix, 0, 0, index)


def _local(address: IPAddress) -> tuple[Attribute, ...]:
    return ((_IFA_LOCAL, address.packed),) if address.version == IPV4 else ()


def _written(attributes: Sequence[Attribute]) -> bytes:
    return b"".join(
        _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)
        for kind, value in attributes
    )


def _message(kind: int, flags: int, body: bytes) -> bytes:
    flags |= _NLM_F_REQUEST | _NLM_F_ACK
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, 0, 0) + body
