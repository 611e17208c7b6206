"""What is told of the links, the packets on them, and the ping nodes."""

from dataclasses import dataclass

from sidecar.core.occurrences.base import Occurrence, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanged(Occurrence):
    severity = Severity.WARNING
    node: str
    link: str
    status: str
    reason: str

    def sentence(self) -> str:
        return f"link {self.link} to {self.node} is {self.status}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOneWay(Occurrence):
    """Two sidecars do not hear each other on the same links; or do again."""

    severity = Severity.WARNING
    node: str
    link: str
    one_way: bool
    heard_here: bool

    def sentence(self) -> str:
        if not self.one_way:
            return f"link {self.link} to {self.node} is the same in both directions again"
        if self.heard_here:
            return (
                f"link {self.link} is one-way: {self.node} is heard here, but does not hear this "
                f"node: look for a firewall on {self.node}, and for its address in ha.cf here"
            )
        return (
            f"link {self.link} is one-way: {self.node} hears this node, but is not heard here: "
            f"look for a firewall on this host, and for its address in ha.cf on {self.node}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketRejected(Occurrence):
    """Told once per link and reason in ten seconds; the counter counts them all."""

    severity = Severity.WARNING
    link: str
    reason: str
    detail: str
    count: int
    """Rejected for this reason on this link since the start."""

    def sentence(self) -> str:
        return (
            f"rejected a packet on {self.link} ({self.reason}, {self.count} so far): {self.detail}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketsLost(Occurrence):
    severity = Severity.WARNING
    node: str
    count: int
    first: int
    last: int

    def sentence(self) -> str:
        return f"{self.count} packet(s) of {self.node} missing: {self.first} to {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PingChanged(Occurrence):
    severity = Severity.WARNING
    target: str
    up: bool

    def sentence(self) -> str:
        return f"ping node {self.target} {'answers' if self.up else 'does not answer'}"
