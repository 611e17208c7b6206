"""The kernel's requests about addresses. Pure: wishes to bytes.

pyroute2 writes them (netlink(7), rtnetlink(7)). It needs 0.3 ms for one, longer than the kernel
takes to act on it, and a takeover may need a thousand: so it writes a pattern once for all that
differ in nothing but the address, which is then filled in. What the kernel says is read in rtnl.py.
"""

import ipaddress
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sidecar.vip import rtnl

_NLM_F_REQUEST: Final = 0x1
_NLM_F_ACK: Final = 0x4
_NLM_F_REPLACE: Final = 0x100
_NLM_F_CREATE: Final = 0x400

_SEQUENCE_AT: Final = 8
_U32: Final = struct.Struct("=I")
_STAND_IN: Final = {
    4: ipaddress.ip_address("255.254.253.252"),
    6: ipaddress.ip_address("fffe:fdfc:fbfa:f9f8:f7f6:f5f4:f3f2:f1f0"),
}
"""By the IP version: an address that nobody can have, in the place of the one to be filled in."""
_PATTERNS_MAX: Final = 4096

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """All of a request but the address. Without a lifetime it is one to remove it."""

    version: int
    index: int
    prefix: int | None
    lifetime_s: int | None = None
    label: str = ""
    broadcast: str = ""
    flags: int = 0


def put(wish: Placement) -> bytes:
    """Add the address, or renew its lifetime. Raise OSError for what cannot be written.

    Both lifetimes are equal: a preferred lifetime of zero deprecates the address, one longer than
    the valid lifetime is refused.
    """
    with _understood(wish):
        address = ipaddress.ip_address(wish.name)
        shape = _Shape(
            version=address.version,
            index=wish.index,
            prefix=wish.prefix,
            lifetime_s=wish.lifetime_s,
            label=wish.label,
            broadcast=wish.broadcast,
            flags=wish.flags,
        )
        return _filled_in(shape, address)


def delete(index: int, name: str, prefix: int | None) -> bytes:
    """Remove the address. Without a prefix length, for IPv4: one copy, whatever its length.

    Raise OSError for what cannot be written.
    """
    with _understood(f"{name}/{prefix}"):
        address = ipaddress.ip_address(name)
        return _filled_in(_Shape(version=address.version, index=index, prefix=prefix), address)


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


@contextmanager
def _understood(wish: object) -> Iterator[None]:
    """What pyroute2 raises for a value that it cannot write is its own affair: a guard."""
    try:
        yield
    except Exception as error:
        raise OSError(f"no netlink request can be made of {wish}: {error!r}") from error


def _filled_in(shape: _Shape, address: IPAddress) -> bytes:
    return _pattern(shape).replace(_STAND_IN[shape.version].packed, address.packed)


@lru_cache(_PATTERNS_MAX)
def _pattern(shape: _Shape) -> bytes:
    from sidecar.vip.ifaddrmsg import ifaddrmsg  # noqa: PLC0415 - no beat needs it

    stand_in, is_v4 = str(_STAND_IN[shape.version]), shape.version == IPV4
    attributes: list[tuple[str, object]] = []
    # IPv6 gives its address in IFA_ADDRESS alone. A prefix length to be removed needs it, too.
    if is_v4:
        attributes.append(("IFA_LOCAL", stand_in))
    if shape.prefix is not None:
        attributes.append(("IFA_ADDRESS", stand_in))
    kind, flags = rtnl.RTM_DELADDR, _NLM_F_REQUEST | _NLM_F_ACK
    if shape.lifetime_s is not None:
        kind, flags = rtnl.RTM_NEWADDR, flags | _NLM_F_CREATE | _NLM_F_REPLACE
        lifetimes = {"ifa_preferred": shape.lifetime_s, "ifa_valid": shape.lifetime_s}
        attributes += [("IFA_CACHEINFO", lifetimes), ("IFA_PROTO", rtnl.OUR_PROTO)]
    optional = (
        ("IFA_LABEL", shape.label),
        ("IFA_BROADCAST", shape.broadcast),
        ("IFA_FLAGS", shape.flags),
    )
    message = ifaddrmsg()
    message["header"] = {"type": kind, "flags": flags}
    message["family"] = socket.AF_INET if is_v4 else socket.AF_INET6
    message["prefixlen"] = shape.prefix or 0
    message["index"] = shape.index
    message["attrs"] = attributes + [(name, value) for name, value in optional if value]
    message.encode()
    return bytes(message.data)
