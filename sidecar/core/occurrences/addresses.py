"""What is told of the floating addresses and the interfaces that carry them."""

from dataclasses import dataclass

from sidecar.core.occurrences.base import Occurrence, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressHeld(Occurrence):
    address: str
    interface: str

    def sentence(self) -> str:
        return f"{self.address} is held on {self.interface}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressGivenUp(Occurrence):
    address: str
    interface: str

    def sentence(self) -> str:
        return f"{self.address} is released from {self.interface}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFailed(Occurrence):
    severity = Severity.ERROR
    address: str
    reason: str

    def sentence(self) -> str:
        return f"{self.address} cannot be claimed or released: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressTaken(Occurrence):
    """The address went while it was meant to be held."""

    severity = Severity.ERROR
    address: str
    reason: str

    def sentence(self) -> str:
        return f"{self.address} was lost while held: {self.reason}; claiming it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAnnounced(Occurrence):
    severity = Severity.DEBUG
    address: str
    kind: str
    """arp or na."""

    def sentence(self) -> str:
        return f"announced {self.address} ({self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressConflict(Occurrence):
    severity = Severity.ERROR
    address: str
    mac: str

    def sentence(self) -> str:
        return f"{self.mac} also uses {self.address}, which is held here"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressUnseen(Occurrence):
    """Both nodes hear each other, but the one that stands by does not see the other's address."""

    severity = Severity.ERROR
    address: str
    interface: str
    node: str
    """The other node."""
    held_here: bool

    @property
    def what(self) -> str:
        if self.held_here:
            return f"{self.node} cannot see {self.address}, which is held here, on {self.interface}"
        return (
            f"{self.address} cannot be seen on {self.interface}: {self.node} holds it and is "
            "heard, but does not answer for it there"
        )

    def sentence(self) -> str:
        return (
            f"{self.what}; one of the two nodes is cut off from that network: look at its cables, "
            "switch ports, VLANs and firewalls"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSeen(Occurrence):
    address: str
    interface: str
    node: str
    held_here: bool

    def sentence(self) -> str:
        who = f"{self.node} sees" if self.held_here else "this node sees"
        return f"{who} {self.address} on {self.interface} again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierReported(Occurrence):
    severity = Severity.WARNING
    interface: str
    up: bool
    exists: bool = True

    def sentence(self) -> str:
        if not self.exists:
            return f"{self.interface} does not exist on this host"
        return f"{self.interface} {'has its carrier back' if self.up else 'has lost its carrier'}"
