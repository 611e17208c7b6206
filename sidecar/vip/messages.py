"""The kernel's requests about addresses. Pure: wishes to bytes.

pyroute2 writes them (netlink(7), rtnetlink(7)). It needs 0.3 ms for one, longer than the kernel
takes to act on it, and a takeover may need a thousand: so it writes a pattern once for all that
differ in nothing but the address, which is then filled in. What the kernel says is read in rtnl.py.
"""

import ipaddress
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An address on an interface: for so many seconds, or, without any, not any more."""

    index: int
    name: str
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
    return _request(wish)


def delete(index: int, name: str, prefix: int | None) -> bytes:
    """Remove the address. Without a prefix length, for IPv4: one copy, whatever its length.

    Raise OSError for what cannot be written.
    """
    return _request(Placement(index=index, name=name, prefix=prefix))


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


def _request(wish: Placement) -> bytes:
    try:
        address = ipaddress.ip_address(wish.name)
        stand_in = _STAND_IN[address.version]
        pattern = _pattern(replace(wish, name=str(stand_in)))
    # What pyroute2 raises for a value that it cannot write is its own affair: a guard.
    except Exception as error:
        raise OSError(f"no netlink request can be made of {wish}: {error!r}") from error
    return pattern.replace(stand_in.packed, address.packed)


@lru_cache(_PATTERNS_MAX)
def _pattern(wish: Placement) -> bytes:
    from sidecar.vip.ifaddrmsg import ifaddrmsg  # noqa: PLC0415 - no beat needs it

    is_v4 = ":" not in wish.name
    attributes: list[tuple[str, object]] = []
    # IPv6 gives its address in IFA_ADDRESS alone. A prefix length to be removed needs it, too.
    if is_v4:
        attributes.append(("IFA_LOCAL", wish.name))
    if wish.prefix is not None:
        attributes.append(("IFA_ADDRESS", wish.name))
    kind, flags = rtnl.RTM_DELADDR, _NLM_F_REQUEST | _NLM_F_ACK
    if wish.lifetime_s is not None:
        kind, flags = rtnl.RTM_NEWADDR, flags | _NLM_F_CREATE | _NLM_F_REPLACE
        lifetimes = {"ifa_preferred": wish.lifetime_s, "ifa_valid": wish.lifetime_s}
        attributes += [("IFA_CACHEINFO", lifetimes), ("IFA_PROTO", rtnl.OUR_PROTO)]
    optional = (
        ("IFA_LABEL", wish.label),
        ("IFA_BROADCAST", wish.broadcast),
        ("IFA_FLAGS", wish.flags),
    )
    message = ifaddrmsg()
    message["header"] = {"type": kind, "flags": flags}
    message["family"] = socket.AF_INET if is_v4 else socket.AF_INET6
    message["prefixlen"] = wish.prefix or 0
    message["index"] = wish.index
    message["attrs"] = attributes + [(name, value) for name, value in optional if value]
    message.encode()
    return bytes(message.data)
