"""Things worth telling. One dataclass each feeds the log line, the metric, the event stream, the
page and the simulator's trace, so that none of them is written twice.

``sentence()`` says what happened and why, for a person. ``severity`` says who should read it.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Final

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


class Severity(Enum):
    """DEBUG: each beat. INFO: a change. WARNING: degraded. ERROR: needs a person."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def seconds_text(ns: int) -> str:
    """Render a duration for a sentence: milliseconds below ten seconds, else tenths of seconds."""
    if ns < 10 * SECOND:
        return f"{ns // 1_000_000} ms"
    return f"{ns / SECOND:.1f} s"


def moves_text(moves: int) -> str:
    return f"{moves} move" if moves == 1 else f"{moves} moves"


def wait_text(ns: int) -> str:
    """Render a wait for a sentence: whole seconds, rounded up, as nobody waits in milliseconds."""
    if ns < SECOND:
        return f"{max(0, ns) // 1_000_000} ms"
    return f"{-(-ns // SECOND)} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Occurrence:
    severity: ClassVar[Severity] = Severity.INFO

    @property
    def event(self) -> str:
        """The name for machines: NodeDied becomes node_died."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()

    def sentence(self) -> str:
        raise NotImplementedError


# --- nodes and links -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatHeard(_Occurrence):
    severity = Severity.DEBUG
    node: str
    gap_ns: int
    """Silence since the beat before."""

    def sentence(self) -> str:
        return f"beat of {self.node} after {seconds_text(self.gap_ns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatLate(_Occurrence):
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
class NodeQuiet(_Occurrence):
    """The peer passed warntime: stand by warm, and look for the owner of its addresses."""

    severity = Severity.WARNING
    node: str
    silence_ns: int

    def sentence(self) -> str:
        return f"{self.node} is silent for {seconds_text(self.silence_ns)}: preparing for takeover"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatusChanged(_Occurrence):
    node: str
    status: str
    was: str

    def sentence(self) -> str:
        return f"{self.node} is {self.status} (was {self.was})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDied(_Occurrence):
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
class NodeReturned(_Occurrence):
    node: str
    restarted: bool
    """A higher generation: a new life. Otherwise it was only cut off."""

    def sentence(self) -> str:
        how = "restarted" if self.restarted else "returned after a partition"
        return f"{self.node} {how}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLeft(_Occurrence):
    node: str

    def sentence(self) -> str:
        return f"{self.node} has given up its resources and is shutting down"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChanged(_Occurrence):
    severity = Severity.WARNING
    node: str
    link: str
    status: str
    reason: str

    def sentence(self) -> str:
        return f"link {self.link} to {self.node} is {self.status}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOneWay(_Occurrence):
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
class PacketRejected(_Occurrence):
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
class PacketsLost(_Occurrence):
    severity = Severity.WARNING
    node: str
    count: int
    first: int
    last: int

    def sentence(self) -> str:
        return f"{self.count} packet(s) of {self.node} missing: {self.first} to {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PingChanged(_Occurrence):
    severity = Severity.WARNING
    target: str
    up: bool

    def sentence(self) -> str:
        return f"ping node {self.target} {'answers' if self.up else 'does not answer'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationCompared(_Occurrence):
    """The two nodes' files say different things; or do no more."""

    severity = Severity.WARNING
    node: str
    agrees: bool

    def sentence(self) -> str:
        if self.agrees:
            return f"{self.node} has the same configuration again"
        return (
            f"the configuration of {self.node} is another one: compare ha.cf and haresources of "
            f"both nodes (`sidecar check` prints what was understood)"
        )


# --- resources -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BecameStable(_Occurrence):
    holding: str
    why: str

    def sentence(self) -> str:
        return f"settled, holding {self.holding}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverBegan(_Occurrence):
    groups: tuple[str, ...]
    reason: str
    """One of TAKEOVER_REASONS."""
    why: str

    def sentence(self) -> str:
        return f"taking over {', '.join(self.groups)}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverDone(_Occurrence):
    groups: tuple[str, ...]
    reason: str
    took_ns: int

    def sentence(self) -> str:
        return f"holding {', '.join(self.groups)} after {seconds_text(self.took_ns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverPhase(_Occurrence):
    """One step of a takeover, one of TAKEOVER_PHASES, measured from its decision."""

    severity = Severity.DEBUG
    group: str
    phase: str
    took_ns: int

    def sentence(self) -> str:
        return f"{self.group}: {self.phase} took {seconds_text(self.took_ns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUpBegan(_Occurrence):
    groups: tuple[str, ...]
    reason: str
    """One of GIVE_UP_REASONS."""
    why: str

    def sentence(self) -> str:
        return f"giving up {', '.join(self.groups)}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUpDone(_Occurrence):
    groups: tuple[str, ...]
    took_ns: int

    def sentence(self) -> str:
        return f"gave up {', '.join(self.groups)} after {seconds_text(self.took_ns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandbyRefused(_Occurrence):
    severity = Severity.WARNING
    why: str

    def sentence(self) -> str:
        return f"no hand-over: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailbackWaits(_Occurrence):
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
class FlappingBegan(_Occurrence):
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
class FlappingEnded(_Occurrence):
    group: str
    moves: int

    def sentence(self) -> str:
        return f"{self.group} does not flap any more: {moves_text(self.moves)} left to be counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceBegan(_Occurrence):
    """Or is learnt of, from the disk or the other node, or has become longer."""

    severity = Severity.WARNING
    by: str
    left_ns: int
    alone: str
    """The real Heartbeat node that knows nothing of it; empty when there is none."""

    def sentence(self) -> str:
        but = f"; {self.alone} is a Heartbeat node, and goes on by itself" if self.alone else ""
        return (
            f"maintenance, ordered on {self.by}: nothing moves by itself for "
            f"{wait_text(self.left_ns)}{but}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceEnded(_Occurrence):
    severity = Severity.WARNING
    why: str

    def sentence(self) -> str:
        return f"maintenance is over: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverWithheld(_Occurrence):
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
class TakeoverBlocked(_Occurrence):
    """The peer is silent, but its address still answers: only the heartbeat is cut."""

    severity = Severity.ERROR
    address: str
    mac: str

    def sentence(self) -> str:
        return (
            f"no takeover of {self.address}: the peer is silent on every link, but {self.mac} "
            f"still answers for the address; look at the heartbeat links"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseAwaited(_Occurrence):
    """The peer's sidecar is gone and its host is not: its kernel lets the address go by itself."""

    address: str
    mac: str

    def sentence(self) -> str:
        return f"{self.address} still answers from {self.mac}: waiting for its lease to end there"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitBrainSuspected(_Occurrence):
    severity = Severity.ERROR
    why: str

    def sentence(self) -> str:
        return f"split brain suspected: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitBrainEnded(_Occurrence):
    why: str

    def sentence(self) -> str:
        return f"split brain ended: {self.why}"


# --- addresses -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressHeld(_Occurrence):
    address: str
    interface: str

    def sentence(self) -> str:
        return f"{self.address} is held on {self.interface}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressGivenUp(_Occurrence):
    address: str
    interface: str

    def sentence(self) -> str:
        return f"{self.address} is released from {self.interface}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFailed(_Occurrence):
    severity = Severity.ERROR
    address: str
    reason: str

    def sentence(self) -> str:
        return f"{self.address} cannot be claimed or released: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressTaken(_Occurrence):
    """The address went while it was meant to be held."""

    severity = Severity.ERROR
    address: str
    reason: str

    def sentence(self) -> str:
        return f"{self.address} was lost while held: {self.reason}; claiming it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressAnnounced(_Occurrence):
    severity = Severity.DEBUG
    address: str
    kind: str
    """arp or na."""

    def sentence(self) -> str:
        return f"announced {self.address} ({self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressConflict(_Occurrence):
    severity = Severity.ERROR
    address: str
    mac: str

    def sentence(self) -> str:
        return f"{self.mac} also uses {self.address}, which is held here"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressUnseen(_Occurrence):
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
class AddressSeen(_Occurrence):
    address: str
    interface: str
    node: str
    held_here: bool

    def sentence(self) -> str:
        who = f"{self.node} sees" if self.held_here else "this node sees"
        return f"{who} {self.address} on {self.interface} again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierReported(_Occurrence):
    severity = Severity.WARNING
    interface: str
    up: bool
    exists: bool = True

    def sentence(self) -> str:
        if not self.exists:
            return f"{self.interface} does not exist on this host"
        return f"{self.interface} {'has its carrier back' if self.up else 'has lost its carrier'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLate(_Occurrence):
    """We slept: what we held may be another's now."""

    severity = Severity.ERROR
    gap_ns: int

    def sentence(self) -> str:
        return (
            f"this node did not run for {seconds_text(self.gap_ns)}: what it held counts as lost, "
            "and it probes before it claims again"
        )


# --- containers ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerChanged(_Occurrence):
    container: str
    state: str
    was: str
    detail: str

    def sentence(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"container {self.container} is {self.state}, was {self.was}{detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFailed(_Occurrence):
    severity = Severity.ERROR
    container: str
    reason: str
    restarts_left: int

    def sentence(self) -> str:
        then = "restarting it" if self.restarts_left else "no restarts left"
        return f"container {self.container} failed: {self.reason}; {then}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLeftAlone(_Occurrence):
    """It does not serve though it should, and maintenance forbids to mend it."""

    severity = Severity.ERROR
    container: str
    reason: str

    def sentence(self) -> str:
        return f"container {self.container} failed: {self.reason}; left as it is: maintenance is on"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartedByOthers(_Occurrence):
    severity = Severity.WARNING
    container: str

    def sentence(self) -> str:
        return (
            f"container {self.container} was restarted by somebody else: "
            "this does not count against its restarts"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecovered(_Occurrence):
    container: str

    def sentence(self) -> str:
        return f"container {self.container} serves again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFailed(_Occurrence):
    severity = Severity.WARNING
    container: str
    detail: str
    in_a_row: int
    limit: int

    def sentence(self) -> str:
        return (
            f"check of {self.container} failed ({self.in_a_row} in a row, "
            f"limit {self.limit}): {self.detail}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPassed(_Occurrence):
    """The first good check since its group was held here; those that follow are not told."""

    severity = Severity.DEBUG
    container: str

    def sentence(self) -> str:
        return f"check of {self.container} passed, with its addresses here"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReported(_Occurrence):
    severity = Severity.WARNING
    up: bool
    reason: str

    def sentence(self) -> str:
        if self.up:
            return "the Docker engine answers again"
        return f"the Docker engine does not answer: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessChanged(_Occurrence):
    severity = Severity.WARNING
    ready: bool
    reasons: tuple[str, ...]

    def sentence(self) -> str:
        if self.ready:
            return "ready to serve"
        return f"not ready to serve: {'; '.join(self.reasons)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationReloaded(_Occurrence):
    changes: tuple[str, ...]

    def sentence(self) -> str:
        return f"configuration reloaded: {'; '.join(self.changes) or 'nothing has changed'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadFailed(_Occurrence):
    severity = Severity.ERROR
    problems: tuple[str, ...]

    def sentence(self) -> str:
        return f"reload refused, everything stays as it was: {'; '.join(self.problems)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownBegan(_Occurrence):
    def sentence(self) -> str:
        return "shutting down: handing over what is held"


Occurrence = _Occurrence
"""Any of the above; consumers pick by type and fall back to ``event`` and ``sentence()``."""
