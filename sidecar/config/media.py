"""The lines of ha.cf that name a medium, one at a time (ha.cf(5), protocol sections 8 and 9.1).

Each function understands the options of one line, or raises BadValue with what to write. Host names
are not looked up: the name service may be out of reach just when it matters. What the lines mean
together is in links.py.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.config.problems import quote
from sidecar.config.values import BadValue, parse_integer
from sidecar.core.terms import Medium

HIGHEST_TTL: Final = 4  # a Heartbeat node takes no higher one

_DEVICE = re.compile(r"[!-.0-9;-~]{1,15}", re.ASCII)  # no blank, slash or colon
_SERIAL = re.compile(r"/[!-~]{1,250}", re.ASCII)
_MULTICAST_WORDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumLine:
    """One medium of a line that was understood, whichever node it is for."""

    line: int
    medium: Medium
    device: str
    target: str = ""
    port: int | None = None
    """Its own port (multicast); None where udpport counts."""
    ttl: int = 1
    loop: bool = False

    @property
    def text(self) -> str:
        """As the line says it, in short."""
        return " ".join(filter(None, (self.medium, self.device, self.target)))


Parse = Callable[[Sequence[str], int], tuple[MediumLine, ...]]


def is_device(written: str) -> bool:
    """Whether the kernel would take this as the name of an interface."""
    return _DEVICE.fullmatch(written) is not None and written not in {".", ".."}


def check_device(written: str) -> None:
    """Raise BadValue unless the kernel would take this as the name of an interface."""
    if not is_device(written):
        raise BadValue(
            f"{quote(written)} is no interface name: write it like `ucast eth1 192.168.17.51`"
        )


def check_target(address: str) -> None:
    """Raise BadValue unless this is the IPv4 address of one host."""
    shown = quote(address)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise BadValue(
            f"{shown} is no IPv4 address: write the other node's address on that interface "
            "(host names are not looked up)"
        ) from None
    if isinstance(parsed, ipaddress.IPv6Address):
        raise BadValue(
            f"{shown} is an IPv6 address, which ucast does not carry: write `ucast6` instead"
        )
    if parsed.is_multicast or parsed.is_unspecified or address == "255.255.255.255":
        raise BadValue(
            f"{shown} is the address of no single host: write the other node's own address"
        )


def check_serial(written: str) -> None:
    """Raise BadValue unless this can be the path of a device."""
    if not _SERIAL.fullmatch(written) or "//" in written or written.endswith("/"):
        raise BadValue(f"{quote(written)} is no serial device: write it like `serial /dev/ttyS0`")


def _ucast(options: Sequence[str], line: int) -> tuple[MediumLine, ...]:
    device, address = _device_and_address("ucast", options, "ucast eth1 192.168.17.51")
    check_target(address)
    return (MediumLine(line=line, medium=Medium.UCAST, device=device, target=address),)


def _ucast6(options: Sequence[str], line: int) -> tuple[MediumLine, ...]:
    example = "ucast6 eth1 fd00::2"
    device, written = _device_and_address("ucast6", options, example)
    text, _, scope = written.partition("%")
    if scope not in {"", device}:
        raise BadValue(
            f"{quote(written)} names another interface than {device}: leave out %{scope}"
        )
    address = _ipv6(text, f"the other node's address, like `{example}`")
    if address.is_multicast or address.is_unspecified:
        raise BadValue(
            f"{quote(text)} is the address of no single host: write the other node's own address"
        )
    return (MediumLine(line=line, medium=Medium.UCAST6, device=device, target=str(address)),)


def _device_and_address(name: str, options: Sequence[str], example: str) -> tuple[str, str]:
    if len(options) != 2:  # noqa: PLR2004 - the two of the message
        raise BadValue(
            f"{name} takes an interface and an address, not {len(options)} words: "
            f"write it like `{example}`"
        )
    device, address = options
    check_device(device)
    return device, address


def _mcast(options: Sequence[str], line: int) -> tuple[MediumLine, ...]:
    example = "mcast eth1 239.0.0.43 694 1 0"

    def group(written: str) -> str:
        try:
            address = ipaddress.IPv4Address(written)
        except ValueError:
            address = None
        if address is None or not address.is_multicast:
            raise BadValue(f"{quote(written)} is no IPv4 group: write it like `{example}`")
        return str(address)

    return (_multicast(Medium.MCAST, options, line, group, example),)


def _mcast6(options: Sequence[str], line: int) -> tuple[MediumLine, ...]:
    example = "mcast6 eth1 ff12::43 694 1 0"

    def group(written: str) -> str:
        address = _ipv6(written, f"it like `{example}`")
        if not address.is_multicast:
            raise BadValue(f"{quote(written)} is no IPv6 group: write it like `{example}`")
        return str(address)

    return (_multicast(Medium.MCAST6, options, line, group, example),)


def _multicast(
    medium: Medium, options: Sequence[str], line: int, group: Callable[[str], str], example: str
) -> MediumLine:
    if len(options) != _MULTICAST_WORDS:
        raise BadValue(
            f"{medium} takes an interface, a group, a port, a ttl and 0 or 1 for loop, "
            f"not {len(options)} words: write it like `{example}`"
        )
    device, target, port, ttl, loop = options
    check_device(device)
    return MediumLine(
        line=line,
        medium=medium,
        device=device,
        target=group(target),
        port=parse_integer(port, 1, 65535),
        ttl=parse_integer(ttl, 0, HIGHEST_TTL),
        loop=bool(parse_integer(loop, 0, 1)),
    )


def _bcast(options: Sequence[str], line: int) -> tuple[MediumLine, ...]:
    for device in options:
        if not is_device(device):
            raise BadValue(f"{quote(device)} is no interface name: write it like `bcast eth1`")
    return tuple(MediumLine(line=line, medium=Medium.BCAST, device=device) for device in options)


def _serial(options: Sequence[str], line: int) -> tuple[MediumLine, ...]:
    for device in options:
        check_serial(device)
    return tuple(MediumLine(line=line, medium=Medium.SERIAL, device=device) for device in options)


def _ipv6(written: str, what: str) -> ipaddress.IPv6Address:
    try:
        return ipaddress.IPv6Address(written)
    except ValueError:
        raise BadValue(f"{quote(written)} is no IPv6 address: write {what}") from None


MEDIA: Final[dict[str, Parse]] = {
    "ucast": _ucast,
    "ucast6": _ucast6,
    "bcast": _bcast,
    "udp": _bcast,  # its old name
    "mcast": _mcast,
    "mcast6": _mcast6,
    "serial": _serial,
}
"""Every directive that names a medium."""
