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


def _understand(options: Sequence[str], line: int, problems: FileProblems) -> UcastLine | None:
    if len(options) != 2:  # noqa: PLR2004 - the two of the message
        problems.error(
            line,
            f"ucast takes an interface and an address, not {len(options)} words: "
            "write it like `ucast eth1 192.168.17.51`",
        )
        return None
    device, address = options
    if not is_device(device):
        problems.error(
            line,
            f"{quote(device)} is no interface name: write it like `ucast eth1 192.168.17.51`",
        )
        return None
    fault = _fault_of(address)
    if fault is not None:
        problems.error(line, f"{quote(address)} {fault}")
        return None
    return UcastLine(line=line, device=device, address=address)


def _fault_of(address: str) -> str | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return (
            "is no IPv4 address: write the other node's address on that interface "
            "(host names are not looked up)"
        )
    if parsed.version == 6:  # noqa: PLR2004 - the version's name
        return "is an IPv6 address, which ucast does not carry: write the IPv4 address"
    if parsed.is_multicast or parsed.is_unspecified or address == "255.255.255.255":
        return "is the address of no single host: write the other node's own address"
    return None
