"""A floating address as haresources writes it (IPaddr, IPaddr2 and IPv6addr; protocol section 9.3).

``IP[/BITS[/IFACE[:LABEL][/BROADCAST]]]`` or ``IP/BITS/BROADCAST``. The label is what tools show
for the address, ``eth0:0``; the interface is the part before the colon.

Rule for what is left out: without BITS the prefix is that of a single address, 32 or 128; without
IFACE the interface is empty, and who claims the address takes the interface whose subnet holds it.
"""

import ipaddress
import re
from typing import Final

from sidecar.config.media import is_device
from sidecar.config.problems import quote
from sidecar.config.values import BadValue, parse_integer
from sidecar.core.params import Address

_IPV4_EXAMPLE: Final = "`192.168.171.100/24/eth0:0`"
_IPV6_EXAMPLE: Final = "`IPv6addr::2001:db8::100/64/eth0`"
_LABEL = re.compile(r"[\w.-]+", re.ASCII)  # so that a character is a byte
_LONGEST_LABEL: Final = 15  # the kernel's IFNAMSIZ without its NUL
_MOST_PARTS: Final = 4
_DEVICE, _BROADCAST = 2, 3
_SINGLE_ADDRESSES: Final = 31  # from this prefix on a subnet has no address that names all hosts


def parse_ipv4(written: str) -> Address:
    """Raise BadValue, with the mend, unless it is written as IPaddr takes it."""
    ip, *rest = parts = written.split("/")
    try:
        address = ipaddress.IPv4Address(ip)
    except ValueError:
        raise BadValue(f"{quote(ip)} is no IPv4 address: write it like {_IPV4_EXAMPLE}") from None
    _refuse_unusable(address)
    if len(parts) > _MOST_PARTS or "" in rest:
        raise BadValue(f"{quote(written)} has the wrong parts: write it like {_IPV4_EXAMPLE}")
    prefix = _prefix(parts, 32)
    _refuse_whole_subnet(address, prefix)
    broadcast = parts[_BROADCAST] if len(parts) > _BROADCAST else None
    device = parts[_DEVICE] if len(parts) > _DEVICE else ""
    if device[:1].isdigit() and broadcast is None:
        device, broadcast = "", device
    interface, label = _interface(device)
    return Address(
        name=str(address),
        prefix=prefix,
        interface=interface,
        label=label,
        broadcast=None if broadcast is None else _broadcast(broadcast),
    )


def parse_ipv6(written: str) -> Address:
    """Raise BadValue, with the mend, unless it is written as IPv6addr takes it."""
    ip, *rest = parts = written.split("/")
    try:
        address = ipaddress.IPv6Address(ip)
    except ValueError:
        raise BadValue(f"{quote(ip)} is no IPv6 address: write it like {_IPV6_EXAMPLE}") from None
    if address.scope_id is not None:
        raise BadValue(f"{quote(ip)} has a zone: write the interface as {_IPV6_EXAMPLE} does")
    _refuse_unusable(address)
    if len(parts) > _DEVICE + 1 or "" in rest:
        raise BadValue(f"{quote(written)} has the wrong parts: write it like {_IPV6_EXAMPLE}")
    interface, label = _interface(parts[_DEVICE] if len(parts) > _DEVICE else "")
    if label is not None:
        raise BadValue(f"{quote(label)} is a label, which IPv6 has not: write `{interface}`")
    return Address(name=str(address), prefix=_prefix(parts, 128), interface=interface)


def _prefix(parts: list[str], longest: int) -> int:
    if len(parts) == 1:
        return longest
    if parts[1].count(".") == 3:  # noqa: PLR2004 - a netmask has three dots
        try:
            bits = ipaddress.IPv4Network((0, parts[1])).prefixlen
        except ValueError:
            bits = 24
        raise BadValue(f"{quote(parts[1])} is a netmask: write its length, like `/{bits}`")
    return parse_integer(parts[1], 1, longest)


def _interface(written: str) -> tuple[str, str | None]:
    """The interface and the label: ``eth0:0`` is the label ``eth0:0`` on ``eth0``."""
    if not written:
        return "", None
    interface, colon, rest = written.partition(":")
    if not is_device(interface) or (colon and not _LABEL.fullmatch(rest)):
        raise BadValue(
            f"{quote(written)} is no interface: write it like `eth0`, or `eth0:0` with a label"
        )
    if len(written) > _LONGEST_LABEL:
        raise BadValue(
            f"the label {quote(written)} is longer than {_LONGEST_LABEL} characters: shorten it"
        )
    return interface, written if colon else None


def _broadcast(written: str) -> str:
    try:
        return str(ipaddress.IPv4Address(written))
    except ValueError:
        raise BadValue(
            f"{quote(written)} is no broadcast address: write it like 192.168.171.255, "
            "or leave it out"
        ) from None


def _refuse_unusable(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_multicast or address.is_unspecified or address.is_loopback:
        raise BadValue(f"`{address}` cannot be reached by clients: write a unicast address")


def _refuse_whole_subnet(address: ipaddress.IPv4Address, prefix: int) -> None:
    subnet = ipaddress.IPv4Network((address, prefix), strict=False)
    if prefix < _SINGLE_ADDRESSES and address in {
        subnet.network_address,
        subnet.broadcast_address,
    }:
        raise BadValue(
            f"`{address}` stands for the whole subnet {subnet}: write one host's address"
        )
