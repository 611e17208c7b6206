"""What to do: wishes in the imperative, each carried out by exactly one adapter.

``Cluster.step`` returns a list, and the list's order is the order to carry out. Actions on one
address or one container are answered in that order too. An action that can fail or hang carries a
number ``op`` which its answer echoes; the core judges its deadline.
"""

from dataclasses import dataclass

from sidecar.core.occurrences import Occurrence
from sidecar.core.params import Address, MaintenanceOrder, PingTarget
from sidecar.core.terms import LinkName


class _Action:
    __slots__ = ()


# --- media ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPacket(_Action):
    link: LinkName
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPing(_Action):
    """One ICMP echo with this payload to each host of the target. Answered by PingReplied."""

    target: PingTarget
    data: bytes


# --- vip -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAddress(_Action):
    """Add the address with this lifetime. Answered by AddressClaimed or AddressRefused.

    After ``not_after_ns`` it is refused: what was free when this was decided need not be any more.
    """

    op: int
    address: Address
    lease_s: int
    not_after_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewLease(_Action):
    """Renew the lifetime unless ``not_after_ns`` has passed: renewing is creating.

    Answered by LeaseRenewed, or by AddressLost when it was too late or failed.
    """

    address: Address
    lease_s: int
    not_after_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAddress(_Action):
    """Remove the address; a missing one is success. Answered by AddressReleased or -Refused."""

    op: int
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAddress(_Action):
    """Ask on the service interface who has the address.

    With ``mac`` the question goes to that machine alone and only its answer counts; without it
    everybody is asked. Answered by AddressProbed, or by ProbeFailed when it could not be asked.
    """

    op: int
    address: Address
    mac: str | None
    patience_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce(_Action):
    """Tell the neighbours: ARP request and reply forms, or unsolicited NA. Not answered."""

    address: Address


# --- service -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StartService(_Action):
    """Bring the container to running and not paused, whatever it was."""

    op: int
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartService(_Action):
    """Stop what is left of the container and start it anew."""

    op: int
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseService(_Action):
    """Pause a running container; one that does not run is left as it is."""

    op: int
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopService(_Action):
    op: int
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginChecks(_Action):
    """Check the container now and at its interval until EndChecks. Answers: ServiceChecked."""

    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndChecks(_Action):
    container: str


# --- daemon --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(_Action):
    """Tell people and machines: log line, metric, event stream, simulator trace."""

    occurrence: Occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(_Action):
    """The end of an operator's request."""

    request: int
    ok: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepMaintenance(_Action):
    """Write it where the next life of this node finds it. Not answered."""

    order: MaintenanceOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit(_Action):
    """All is given up: the daemon may end."""


VipAction = ClaimAddress | RenewLease | ReleaseAddress | ProbeAddress | Announce
VerbAction = StartService | RestartService | PauseService | StopService
ServiceAction = VerbAction | BeginChecks | EndChecks
DaemonAction = Report | Answer | KeepMaintenance | Exit
Action = SendPacket | SendPing | VipAction | ServiceAction | DaemonAction
