"""What is told of groups that come, go, or have to stay where they are."""

from dataclasses import dataclass
from typing import Final

from sidecar.core.occurrences.base import Occurrence, Severity, moves_text, seconds_text, wait_text
from sidecar.core.terms import SECOND

HAND_OVER_REASONS: Final = (
    *("standby", "failback", "shutdown"),
    *("service_failed", "carrier_lost", "address_failed", "ping_lost"),
)
TAKEOVER_REASONS: Final = (
    *("start", "peer_dead", "peer_left", "orphan", "reattach", "reload"),
    *HAND_OVER_REASONS,
)
GIVE_UP_REASONS: Final = (*HAND_OVER_REASONS, "conflict", "peer_returned")
TAKEOVER_PHASES: Final = ("container", "probed", "address")
"""Stable labels, for metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BecameStable(Occurrence):
    holding: str
    why: str

    def sentence(self) -> str:
        return f"settled, holding {self.holding}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverBegan(Occurrence):
    groups: tuple[str, ...]
    reason: str
    """One of TAKEOVER_REASONS."""
    why: str

    def sentence(self) -> str:
        return f"taking over {', '.join(self.groups)}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverDone(Occurrence):
    groups: tuple[str, ...]
    reason: str
    took_ns: int

    def sentence(self) -> str:
        return f"holding {', '.join(self.groups)} after {seconds_text(self.took_ns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverPhase(Occurrence):
    """One step of a takeover, one of TAKEOVER_PHASES, measured from its decision."""

    severity = Severity.DEBUG
    group: str
    phase: str
    took_ns: int

    def sentence(self) -> str:
        return f"{self.group}: {self.phase} took {seconds_text(self.took_ns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUpBegan(Occurrence):
    groups: tuple[str, ...]
    reason: str
    """One of GIVE_UP_REASONS."""
    why: str

    def sentence(self) -> str:
        return f"giving up {', '.join(self.groups)}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUpDone(Occurrence):
    groups: tuple[str, ...]
    took_ns: int

    def sentence(self) -> str:
        return f"gave up {', '.join(self.groups)} after {seconds_text(self.took_ns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandbyRefused(Occurrence):
    severity = Severity.WARNING
    why: str

    def sentence(self) -> str:
        return f"no hand-over: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailbackWaits(Occurrence):
    """A failback is due but for the time that the preferred node has to be ready first."""

    node: str
    left_ns: int
    delay_ns: int

    def sentence(self) -> str:
        return (
            f"failback in {wait_text(self.left_ns)}: waiting until {self.node} has been ready "
            f"for {self.delay_ns / SECOND:g} s"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlappingBegan(Occurrence):
    """A group has moved so often that it is held where it is: see damping.py."""

    severity = Severity.ERROR
    group: str
    moves: int
    window_ns: int

    def sentence(self) -> str:
        return (
            f"{self.group} flaps: {moves_text(self.moves)} within {wait_text(self.window_ns)} that "
            "nobody asked for; it stays where it is served until there are fewer, or somebody "
            "moves it (`sidecar takeover`, `sidecar standby`)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlappingEnded(Occurrence):
    group: str
    moves: int

    def sentence(self) -> str:
        return f"{self.group} does not flap any more: {moves_text(self.moves)} left to be counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverWithheld(Occurrence):
    """The peer is dead and nobody serves, and that is as somebody wanted it."""

    severity = Severity.ERROR
    groups: tuple[str, ...]
    why: str

    def sentence(self) -> str:
        return (
            f"no takeover of {', '.join(self.groups)}, though {self.why}: maintenance is on; "
            "`sidecar maintenance off` or `sidecar takeover` lets it happen"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended(Occurrence):
    """It is to be served here, and is claimed again when nothing hinders any more."""

    severity = Severity.WARNING
    group: str
    why: str

    def sentence(self) -> str:
        return f"{self.group} is let go for the moment: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverBlocked(Occurrence):
    """The peer is silent, but its address still answers: only the heartbeat is cut.

    Or it is heard and does not hold it: its kernel has not let it go, or a stranger has it.
    """

    severity = Severity.ERROR
    address: str
    mac: str
    peer_heard: bool

    def sentence(self) -> str:
        if self.peer_heard:
            return (
                f"no takeover of {self.address} yet: the peer is heard and does not hold it, but "
                f"{self.mac} still answers for the address; if it goes on, look for that machine"
            )
        return (
            f"no takeover of {self.address}: the peer is silent on every link, but {self.mac} "
            f"still answers for the address; look at the heartbeat links"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseAwaited(Occurrence):
    """The peer's sidecar is gone and its host is not: its kernel lets the address go by itself."""

    address: str
    mac: str

    def sentence(self) -> str:
        return f"{self.address} still answers from {self.mac}: waiting for its lease to end there"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitBrainSuspected(Occurrence):
    severity = Severity.ERROR
    why: str

    def sentence(self) -> str:
        return f"split brain suspected: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitBrainEnded(Occurrence):
    why: str

    def sentence(self) -> str:
        return f"split brain ended: {self.why}"
