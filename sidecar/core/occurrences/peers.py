"""What is told of the other node: that it lives, is late, is dead, has left, is set up alike."""

from dataclasses import dataclass

from sidecar.core.occurrences.base import Occurrence, Severity, seconds_text


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatHeard(Occurrence):
    severity = Severity.DEBUG
    node: str
    gap_ns: int
    """Silence since the beat before."""

    def sentence(self) -> str:
        return f"beat of {self.node} after {seconds_text(self.gap_ns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatLate(Occurrence):
    severity = Severity.WARNING
    node: str
    gap_ns: int
    warntime_ns: int

    def sentence(self) -> str:
        return (
            f"late heartbeat: {self.node} was silent for {seconds_text(self.gap_ns)}, "
            f"warntime is {seconds_text(self.warntime_ns)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeQuiet(Occurrence):
    """The peer passed warntime: stand by warm, and look for the owner of its addresses."""

    severity = Severity.WARNING
    node: str
    silence_ns: int

    def sentence(self) -> str:
        return f"{self.node} is silent for {seconds_text(self.silence_ns)}: preparing for takeover"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatusChanged(Occurrence):
    node: str
    status: str
    was: str

    def sentence(self) -> str:
        return f"{self.node} is {self.status} (was {self.was})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDied(Occurrence):
    severity = Severity.ERROR
    node: str
    silence_ns: int
    deadtime_ns: int
    heard: bool
    """Whether it was ever heard in this life of ours."""
    refused: bool = False
    """Whether its host said that nobody listens there any more: then deadtime is not waited for."""

    def sentence(self) -> str:
        if self.refused:
            return (
                f"{self.node} is dead: silent for {seconds_text(self.silence_ns)}, and its host "
                "says that no sidecar runs there"
            )
        if not self.heard:
            return (
                f"{self.node} is held for dead: never heard within initdead "
                f"({seconds_text(self.deadtime_ns)})"
            )
        return (
            f"{self.node} is dead: silent for {seconds_text(self.silence_ns)}, "
            f"deadtime is {seconds_text(self.deadtime_ns)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeReturned(Occurrence):
    node: str
    restarted: bool
    """A higher generation: a new life. Otherwise it was only cut off."""

    def sentence(self) -> str:
        how = "restarted" if self.restarted else "returned after a partition"
        return f"{self.node} {how}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLeft(Occurrence):
    node: str

    def sentence(self) -> str:
        return f"{self.node} has given up its resources and is shutting down"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationCompared(Occurrence):
    """The two nodes' files say different things; or do no more."""

    severity = Severity.WARNING
    node: str
    agrees: bool

    def sentence(self) -> str:
        if self.agrees:
            return f"{self.node} has the same configuration again"
        return (
            f"the configuration of {self.node} is another one: compare ha.cf, haresources and the "
            "options of both nodes (`sidecar check` prints what was understood)"
        )
