"""The Ethernet frames that ask who has an address and that say that we have it. Pure bytes.

ARP is RFC 826, its announcements and probes RFC 5227; the neighbour messages of IPv6 are RFC 4861,
sections 4.3, 4.4 and 7.2. Nothing here opens a socket.
"""

import ipaddress
import struct
from dataclasses import dataclass
from typing import Final

ETH_P_ARP: Final = 0x0806
ETH_P_IPV6: Final = 0x86DD

_BROADCAST: Final = "ff:ff:ff:ff:ff:ff"
_ALL_NODES: Final = ipaddress.IPv6Address("ff02::1")
_UNSPECIFIED: Final = ipaddress.IPv6Address("::")
_SOLICITED_NODE: Final = ipaddress.IPv6Address("ff02::1:ff00:0")

_ETHERNET: Final = struct.Struct("!6s6sH")
_ARP: Final = struct.Struct("!HHBBH6s4s6s4s")
_IPV6: Final = struct.Struct("!IHBB16s16s")
_REQUEST: Final = 1
_REPLY: Final = 2

_ICMPV6: Final = 58
_SOLICITATION: Final = 135
_ADVERTISEMENT: Final = 136
_SOURCE_MAC: Final = 1  # option 1, RFC 4861 section 4.6.1
_TARGET_MAC: Final = 2
_NO_OPTIONS: Final = 24  # octets of a neighbour message up to its options
_OPTION: Final = 8  # octets of an option with an Ethernet address
_OVERRIDE: Final = 0x20000000
_HOP_LIMIT: Final = 255  # a receiver ignores anything that could have passed a router


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody's statement, in ARP or NA, that it has an address."""

    address: str
    mac: str
    """The hardware address that it claims the address for."""
    sender: str
    """The hardware address that the frame came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Somebody asks whether an address is free, before it may claim it."""

    address: str
    mac: str


def arp_announcements(address: str, mac: str) -> tuple[bytes, bytes]:
    """Gratuitous ARP in its request and its reply form; some hosts heed only one of them."""
    return (
        _arp(_REQUEST, to=_BROADCAST, mac=mac, sender=address, target_mac=None, target=address),
        _arp(_REPLY, to=_BROADCAST, mac=mac, sender=address, target_mac=mac, target=address),
    )


def arp_question(address: str, *, mac: str, sender: str, to: str | None) -> bytes:
    """Who has the address? Asked from one machine (``to``) or from everybody.

    With the sender 0.0.0.0 any Linux owner answers: it takes the short way for duplicate address
    detection, before its rp_filter and arp_filter, and arp_ignore 2 counts 0.0.0.0 as any subnet
    (net/ipv4/arp.c, arp_process). It also leaves no trace in anybody's neighbour table. Some
    switches' ARP inspection drops it, so callers ask with their own address as well.
    """
    return _arp(
        _REQUEST, to=to or _BROADCAST, mac=mac, sender=sender, target_mac=None, target=address
    )


def neighbour_advertisement(address: str, mac: str) -> bytes:
    """An unsolicited NA to all nodes, with the override flag: forget who had it before."""
    own = ipaddress.IPv6Address(address)
    body = struct.pack("!I", _OVERRIDE) + own.packed + _option(_TARGET_MAC, mac)
    return _icmpv6(_ADVERTISEMENT, body, source=own, destination=_ALL_NODES, mac=mac, to=None)


def neighbour_question(address: str, *, mac: str, sender: str | None, to: str | None) -> bytes:
    """A neighbour solicitation, to one machine (``to``) or to the solicited-node group.

    Without a sender it has the form of duplicate address detection: such a question must go to the
    group even when its frame goes to one machine, and is answered to all nodes.
    """
    target = ipaddress.IPv6Address(address)
    group = _solicited_node(target)
    source = ipaddress.IPv6Address(sender) if sender else _UNSPECIFIED
    destination = target if sender and to else group
    body = bytes(4) + target.packed + (_option(_SOURCE_MAC, mac) if sender else b"")
    return _icmpv6(_SOLICITATION, body, source=source, destination=destination, mac=mac, to=to)


def question_group(address: str) -> bytes:
    """The hardware address to which neighbour solicitations for the address go."""
    return _group_mac(_solicited_node(ipaddress.IPv6Address(address)))


def canonical(address: str) -> str:
    """The one spelling in which claims name an address: IPv6 has many."""
    return str(ipaddress.ip_address(address))


def claim(frame: bytes) -> Claim | None:
    """What the frame claims, None when it claims nothing or is damaged."""
    if len(frame) < _ETHERNET.size:
        return None
    _to, sender, protocol = _ETHERNET.unpack_from(frame)
    if protocol == ETH_P_ARP:
        return _arp_claim(frame[_ETHERNET.size :], sender)
    if protocol == ETH_P_IPV6:
        return _advertised(frame[_ETHERNET.size :], sender)
    return None


def question(frame: bytes) -> Question | None:
    """What the frame asks in the form of duplicate address detection; None when it is no such."""
    if len(frame) < _ETHERNET.size:
        return None
    _to, sender, protocol = _ETHERNET.unpack_from(frame)
    reading = {ETH_P_ARP: _arp_probed, ETH_P_IPV6: _solicited}.get(protocol)
    asked = reading(frame[_ETHERNET.size :]) if reading is not None else None
    return Question(address=str(asked), mac=sender.hex(":")) if asked is not None else None


def _arp(
    operation: int, *, to: str, mac: str, sender: str, target_mac: str | None, target: str
) -> bytes:
    own = _mac_bytes(mac)
    return _ETHERNET.pack(_mac_bytes(to), own, ETH_P_ARP) + _ARP.pack(
        1,  # Ethernet
        0x0800,  # IPv4
        6,
        4,
        operation,
        own,
        _ipv4_bytes(sender),
        _mac_bytes(target_mac) if target_mac else bytes(6),
        _ipv4_bytes(target),
    )


def _arp_claim(packet: bytes, sender: bytes) -> Claim | None:
    if len(packet) < _ARP.size:
        return None
    hardware, protocol, hlen, plen, operation, mac, address, _, _ = _ARP.unpack_from(packet)
    if (hardware, protocol, hlen, plen) != (1, 0x0800, 6, 4):
        return None
    # A request claims its sender's address just as a reply does; a probe's sender is 0.0.0.0.
    if operation not in {_REQUEST, _REPLY} or address == bytes(4):
        return None
    return _claim(ipaddress.IPv4Address(address), mac, sender)


def _arp_probed(packet: bytes) -> ipaddress.IPv4Address | None:
    if len(packet) < _ARP.size:
        return None
    hardware, protocol, hlen, plen, operation, _, sender, _, target = _ARP.unpack_from(packet)
    if (hardware, protocol, hlen, plen, operation) != (1, 0x0800, 6, 4, _REQUEST):
        return None
    return ipaddress.IPv4Address(target) if sender == bytes(4) else None


def _advertised(packet: bytes, sender: bytes) -> Claim | None:
    message = _neighbour_message(packet, _ADVERTISEMENT)
    if message is None:
        return None
    _, body = message
    # An answer to a unicast question may leave the option out: then the frame's sender speaks.
    return _claim(
        ipaddress.IPv6Address(body[8:24]), _target_mac(body[_NO_OPTIONS:]) or sender, sender
    )


def _solicited(packet: bytes) -> ipaddress.IPv6Address | None:
    message = _neighbour_message(packet, _SOLICITATION)
    if message is None:
        return None
    source, body = message
    return ipaddress.IPv6Address(body[8:24]) if source == _UNSPECIFIED.packed else None


def _neighbour_message(packet: bytes, kind: int) -> tuple[bytes, bytes] | None:
    """The source and the body of a whole and undamaged one of this kind."""
    if len(packet) < _IPV6.size + _NO_OPTIONS:
        return None
    _, length, following, hop_limit, source, destination = _IPV6.unpack_from(packet)
    body = packet[_IPV6.size : _IPV6.size + length]
    if following != _ICMPV6 or hop_limit != _HOP_LIMIT:
        return None
    if len(body) != length or length < _NO_OPTIONS:
        return None
    if body[0] != kind or body[1] != 0 or _checksum(source, destination, body) != 0:
        return None
    return source, body


def _claim(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, mac: bytes, sender: bytes
) -> Claim | None:
    # No machine has the all-zero address or a group address (lowest bit of the first octet).
    if mac == bytes(6) or mac[0] & 1:
        return None
    return Claim(address=str(address), mac=mac.hex(":"), sender=sender.hex(":"))


def _target_mac(options: bytes) -> bytes | None:
    while len(options) >= _OPTION and options[1]:
        if options[0] == _TARGET_MAC:
            return options[2:8]
        options = options[options[1] * 8 :]
    return None


def _icmpv6(
    kind: int,
    body: bytes,
    *,
    source: ipaddress.IPv6Address,
    destination: ipaddress.IPv6Address,
    mac: str,
    to: str | None,
) -> bytes:
    unsummed = struct.pack("!BBH", kind, 0, 0) + body
    checksum = _checksum(source.packed, destination.packed, unsummed)
    message = struct.pack("!BBH", kind, 0, checksum) + body
    receiver = _mac_bytes(to) if to else _group_mac(destination)
    return (
        _ETHERNET.pack(receiver, _mac_bytes(mac), ETH_P_IPV6)
        + _IPV6.pack(6 << 28, len(message), _ICMPV6, _HOP_LIMIT, source.packed, destination.packed)
        + message
    )


def _solicited_node(target: ipaddress.IPv6Address) -> ipaddress.IPv6Address:
    return ipaddress.IPv6Address(int(_SOLICITED_NODE) | (int(target) & 0xFFFFFF))


def _group_mac(group: ipaddress.IPv6Address) -> bytes:
    """Groups map to 33:33 and their last four octets (RFC 2464 section 7)."""
    return b"\x33\x33" + group.packed[12:]


def _option(kind: int, mac: str) -> bytes:
    return struct.pack("!BB6s", kind, 1, _mac_bytes(mac))


def _checksum(source: bytes, destination: bytes, message: bytes) -> int:
    """The Internet checksum over the pseudo header too (RFC 4443 section 2.3); 0 when it fits."""
    data = source + destination + struct.pack("!II", len(message), _ICMPV6) + message
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _ipv4_bytes(address: str) -> bytes:
    """Of an address that was read before: a takeover of many makes thousands of frames."""
    return bytes(map(int, address.split(".")))


def _mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
