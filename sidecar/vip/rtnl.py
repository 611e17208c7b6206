"""Reads the kernel's route netlink messages about addresses and interfaces. Pure: bytes to facts.

The layouts are those of netlink(7), rtnetlink(7) and <linux/if_addr.h>; what is written is in
messages.py. The watch runs in the event loop that also carries the heartbeats: a message takes
microseconds, and nothing is queued behind our back when events come in a flood.
"""

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

NETLINK_ROUTE: Final = 0
RTMGRP_LINK: Final = 0x1
RTMGRP_IPV4_IFADDR: Final = 0x10
RTMGRP_IPV6_IFADDR: Final = 0x100

NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_GETADDR: Final = 22

_NLM_F_REQUEST: Final = 0x1
_NLM_F_DUMP_INTR: Final = 0x10
_NLM_F_DUMP: Final = 0x300
_NLA_TYPE_MASK: Final = 0x3FFF
"""Of an attribute's type; the rest says that attributes are nested in it."""

_IFLA_ADDRESS: Final = 1
_IFLA_IFNAME: Final = 3
_IFLA_PROP_LIST: Final = 52
_IFLA_ALT_IFNAME: Final = 53
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_CACHEINFO: Final = 6
_IFA_FLAGS: Final = 8
_IFA_PROTO: Final = 11

_IFF_UP: Final = 0x1
_IFF_LOOPBACK: Final = 0x8
_IFF_RUNNING: Final = 0x40
_IFA_F_SECONDARY: Final = 0x01
"""Of IPv4; of IPv6 the same bit is IFA_F_TEMPORARY, a privacy address."""
OUR_PROTO: Final = 0xBE
"""IFA_PROTO of our addresses, in the range that <linux/if_addr.h> leaves to user space; a newer
``ip`` shows it as ``proto 0xbe``. Kernels before 5.18 ignore it: a finite lifetime marks ours."""
_IPV4: Final = 4  # octets
FOREVER: Final = 0xFFFFFFFF

_HEADER: Final = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_IFADDRMSG: Final = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_IFINFOMSG: Final = struct.Struct("=BxHiII")  # family, hardware type, index, flags, change
_ATTRIBUTE: Final = struct.Struct("=HH")  # length, type
_U32: Final = struct.Struct("=I")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface as the kernel describes it."""

    index: int
    name: str
    up: bool
    """Switched on and with a carrier (IFF_UP and IFF_RUNNING)."""
    switched_on: bool
    loopback: bool
    mac: str
    other_names: tuple[str, ...] = ()
    """Under which it is found, too (``altname`` of ip-link(8))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """An IP address on an interface."""

    address: str
    prefix: int
    index: int
    lifetime_s: int
    """Seconds that it still has; FOREVER for an address without a lease."""
    secondary: bool
    """Behind another address of its subnet, which only IPv4 has."""
    proto: int
    """IFA_PROTO: who put it there, 0 when unsaid or on a kernel before 5.18."""


def same_subnet(one: Assignment, other: Assignment) -> bool:
    """Whether the kernel counts both to one subnet: the prefix length has to be equal too."""
    if one.index != other.index or one.prefix != other.prefix:
        return False
    network = ipaddress.ip_network(f"{one.address}/{one.prefix}", strict=False)
    return ipaddress.ip_address(other.address) in network


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One netlink message. ``about`` is None for the ends and errors of dumps."""

    type: int
    sequence: int
    interrupted: bool
    """The dump saw the tables change under it and has to be repeated."""
    error: int
    about: Interface | Assignment | None


def dump_request(message_type: int, sequence: int) -> bytes:
    """The request for all interfaces (RTM_GETLINK) or all addresses (RTM_GETADDR)."""
    body = _IFINFOMSG.pack(0, 0, 0, 0, 0)
    flags = _NLM_F_REQUEST | _NLM_F_DUMP
    return _HEADER.pack(_HEADER.size + len(body), message_type, flags, sequence, 0) + body


def notices(data: bytes) -> Iterator[Notice]:
    """The messages of one datagram from the kernel. Types that are not ours are left out."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, flags, sequence, _port = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            return
        body = data[offset + _HEADER.size : offset + length]
        notice = _notice(kind, flags, sequence, body)
        if notice is not None:
            yield notice
        offset += _aligned(length)


def _notice(kind: int, flags: int, sequence: int, body: bytes) -> Notice | None:
    try:
        return Notice(
            type=kind,
            sequence=sequence,
            interrupted=bool(flags & _NLM_F_DUMP_INTR),
            error=-struct.unpack_from("=i", body)[0] if kind == NLMSG_ERROR else 0,
            about=_about(kind, body),
        )
    except (struct.error, IndexError):
        return None  # the kernel sends none that is shorter than its type


def _about(kind: int, body: bytes) -> Interface | Assignment | None:
    if kind in {RTM_NEWADDR, RTM_DELADDR}:
        return _assignment(body)
    if kind in {RTM_NEWLINK, RTM_DELLINK}:
        return _interface(body)
    return None


def _assignment(body: bytes) -> Assignment | None:
    _family, prefix, flags, _scope, index = _IFADDRMSG.unpack_from(body)
    attributes = dict(_attributes(body, _IFADDRMSG.size))
    # On a point-to-point interface IFA_ADDRESS is the far end; IFA_LOCAL is always our own, and
    # IPv6 gives it only there.
    raw = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
    if raw is None or len(raw) not in {4, 16}:
        return None
    if _IFA_FLAGS in attributes:
        flags = _U32.unpack_from(attributes[_IFA_FLAGS])[0]
    lifetime_s = FOREVER
    if _IFA_CACHEINFO in attributes:
        lifetime_s = _U32.unpack_from(attributes[_IFA_CACHEINFO], 4)[0]
    return Assignment(
        address=_text(raw),
        prefix=prefix,
        index=index,
        lifetime_s=lifetime_s,
        secondary=len(raw) == _IPV4 and bool(flags & _IFA_F_SECONDARY),
        proto=attributes.get(_IFA_PROTO, b"\0")[0],
    )


def _text(raw: bytes) -> str:
    """As str(ip_address(raw)), which takes four times as long for IPv4."""
    return "{}.{}.{}.{}".format(*raw) if len(raw) == _IPV4 else str(ipaddress.ip_address(raw))


def _interface(body: bytes) -> Interface | None:
    family, _hardware, index, flags, _change = _IFINFOMSG.unpack_from(body)
    # A bridge speaks of its ports in messages of family AF_BRIDGE, whose RTM_DELLINK says that the
    # port left the bridge and not that the interface went.
    if family != 0:
        return None
    attributes = dict(_attributes(body, _IFINFOMSG.size))
    return Interface(
        index=index,
        name=_name(attributes.get(_IFLA_IFNAME, b"")),
        up=flags & (_IFF_UP | _IFF_RUNNING) == _IFF_UP | _IFF_RUNNING,
        switched_on=bool(flags & _IFF_UP),
        loopback=bool(flags & _IFF_LOOPBACK),
        mac=attributes.get(_IFLA_ADDRESS, b"").hex(":"),
        other_names=tuple(
            _name(name)
            for kind, name in _attributes(attributes.get(_IFLA_PROP_LIST, b""), 0)
            if kind == _IFLA_ALT_IFNAME
        ),
    )


def _name(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode(errors="replace")


def _attributes(body: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    while offset + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, offset)
        if length < _ATTRIBUTE.size or offset + length > len(body):
            return
        yield kind & _NLA_TYPE_MASK, body[offset + _ATTRIBUTE.size : offset + length]
        offset += _aligned(length)


def _aligned(length: int) -> int:
    return (length + 3) & ~3
