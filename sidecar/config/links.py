"""The `ucast` lines of ha.cf as links to the peer.

The same file serves both nodes (protocol section 8): a line whose address belongs to this node
itself is left out here. Which addresses are local is handed in. Host names are not looked up:
the name service may be out of reach just when it matters.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from sidecar.config.problems import FileProblems, quote
from sidecar.config.values import BadValue
from sidecar.core.params import Link
from sidecar.core.terms import LinkName, Medium

_DEVICE = re.compile(r"[!-.0-9;-~]{1,15}", re.ASCII)  # no blank, slash or colon


@dataclass(frozen=True, slots=True, kw_only=True)
class UcastLine:
    """One ``ucast`` line that was understood, whichever node it is for."""

    line: int
    device: str
    address: str


@dataclass(slots=True)
class UcastLines:
    """Collects the lines; ``links`` says at the end what they mean for this node."""

    local_addresses: AbstractSet[str]
    problems: FileProblems
    peers: list[UcastLine] = field(default_factory=list)
    own: list[UcastLine] = field(default_factory=list)
    first: int | None = None
    """Where the first line stands, even if it was wrong."""

    def add(self, options: Sequence[str], line: int) -> None:
        if self.first is None:
            self.first = line
        understood = _understand(options, line, self.problems)
        if understood is None:
            return
        for other in (*self.peers, *self.own):
            if (other.device, other.address) == (understood.device, understood.address):
                self.problems.warn(
                    line,
                    f"ucast {other.device} {other.address} is already in line {other.line} and "
                    "counts once: remove one of the two lines",
                )
                return
        if understood.address in self.local_addresses:
            self.own.append(understood)
        else:
            self.peers.append(understood)

    def tell_doubtful(self) -> None:
        """Warn where one interface leads to several addresses and none is this node's own.

        It is legal, but mostly the file names both nodes, and the interface has no address yet.
        """
        own = {one.device for one in self.own}
        for device, count in Counter(one.device for one in self.peers).items():
            if count > 1 and device not in own:
                lines = [one.line for one in self.peers if one.device == device]
                self.problems.warn(
                    lines[0],
                    f"{count} ucast lines name {device} ({', '.join(map(str, lines))}), and none "
                    f"of their addresses belongs to this node: is {device} up, and is its address "
                    "right?",
                )

    def links(self, port: int) -> tuple[Link, ...]:
        uses = Counter(one.device for one in self.peers)
        return tuple(
            Link(
                name=LinkName(
                    one.device if uses[one.device] == 1 else f"{one.device} {one.address}"
                ),
                medium=Medium.UCAST,
                device=one.device,
                target=one.address,
                port=port,
            )
            for one in self.peers
        )


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
            f"{shown} is an IPv6 address, which ucast does not carry: write the IPv4 address"
        )
    if parsed.is_multicast or parsed.is_unspecified or address == "255.255.255.255":
        raise BadValue(
            f"{shown} is the address of no single host: write the other node's own address"
        )


def _understand(options: Sequence[str], line: int, problems: FileProblems) -> UcastLine | None:
    if len(options) != 2:  # noqa: PLR2004 - the two of the message
        problems.error(
            line,
            f"ucast takes an interface and an address, not {len(options)} words: "
            "write it like `ucast eth1 192.168.17.51`",
        )
        return None
    device, address = options
    try:
        check_device(device)
        check_target(address)
    except BadValue as fault:
        problems.error(line, str(fault))
        return None
    return UcastLine(line=line, device=device, address=address)
