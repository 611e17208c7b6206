"""What happened: facts in the past tense, each from exactly one adapter.

An event that answers an action carries that action's ``op`` number; the core ignores an answer
whose number is not the one it waits for.
"""

from dataclasses import dataclass

from sidecar.core.params import Params
from sidecar.core.terms import ContainerFacts, LinkName


class _Event:
    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Woke(_Event):
    """Only time has passed."""


# --- media ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketReceived(_Event):
    link: LinkName
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketsRefused(_Event):
    """In a flood the medium itself refused so many, which no key of ours had signed."""

    link: LinkName
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOpened(_Event):
    link: LinkName


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFailed(_Event):
    """The medium cannot carry packets now: the device is gone, the port is taken."""

    link: LinkName
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRefused(_Event):
    """The peer's host says that nobody listens on the port that our packets go to."""

    link: LinkName


@dataclass(frozen=True, slots=True, kw_only=True)
class PingReplied(_Event):
    """An echo reply of a ping node, or of a member of a ping group, with its payload."""

    target: str
    data: bytes


# --- vip -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressClaimed(_Event):
    op: int
    address: str
    at_ns: int
    """When the request left; the lease runs from here at the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressReleased(_Event):
    op: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRefused(_Event):
    """A claim or a release failed."""

    op: int
    address: str
    reason: str
    gone: bool = True
    """False when a claim came through too late, and could not be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRenewed(_Event):
    address: str
    at_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLost(_Event):
    """The kernel says that it went: its lease ran out, or a stranger deleted it."""

    address: str
    reason: str
    gone: bool = True
    """False when only a renewal failed: the kernel may keep the address until its lease ends."""
    displaced: bool = False
    """Nor has it gone then: it stands where it must not, and is to be claimed anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressProbed(_Event):
    """``answered_by`` is the MAC that answered for the address, None when nobody did."""

    op: int
    address: str
    answered_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFailed(_Event):
    """The question could not be asked, so silence means nothing."""

    op: int
    address: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionHeard(_Event):
    """Another machine asks whether anybody has an address that is held or asked for here, as one
    asks before one claims it (RFC 5227 section 2.1.1, RFC 4862 section 5.4).
    """

    address: str
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictSeen(_Event):
    """Another machine announces or answers for an address that is held here."""

    address: str
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierChanged(_Event):
    """An interface that carries addresses gained or lost its carrier, or came or went."""

    interface: str
    up: bool
    mac: str = ""
    """The interface's own hardware address, while it exists."""
    exists: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Together(_Event):
    """Facts about addresses that came at once, in their order.

    All are taken in before the one decision that follows from them.
    """

    facts: tuple["AddressEvent", ...]


# --- service -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDone(_Event):
    """A start, pause, stop or restart was carried out, and the container is as wished."""

    op: int
    container: str
    facts: ContainerFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRefused(_Event):
    op: int
    container: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChanged(_Event):
    """An inspection, asked for or not, showed these facts."""

    container: str
    facts: ContainerFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRestarted(_Event):
    """The engine says that it was told to restart the container: by us, or by somebody else."""

    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChecked(_Event):
    """One check of a running container passed or failed."""

    container: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChanged(_Event):
    """The Docker engine began or ceased to answer."""

    up: bool
    reason: str


# --- daemon --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded(_Event):
    """HUP: the files were read anew and are right; the node and its peer are the same."""

    params: Params


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadRefused(_Event):
    """HUP: the files were read anew and are wrong; everything stays as it was."""

    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChanged(_Event):
    """A part that is not vital has trouble, or (with an empty reason) has none any more."""

    part: str
    trouble: str


# --- operator ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StandbyRequested(_Event):
    """``which`` is all, local, foreign or failback (hb_standby)."""

    request: int
    which: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverRequested(_Event):
    """``which`` is all, local, foreign or failback (hb_takeover)."""

    request: int
    which: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceRequested(_Event):
    """Nothing is to move by itself for so many seconds; 0: it is over."""

    request: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownRequested(_Event):
    """TERM: hand over, then exit."""


LinkEvent = LinkOpened | LinkFailed | LinkRefused
AddressEvent = (
    AddressClaimed
    | AddressReleased
    | AddressRefused
    | LeaseRenewed
    | AddressLost
    | AddressProbed
    | ProbeFailed
    | ConflictSeen
    | QuestionHeard
)
ContainerEvent = ServiceDone | ServiceRefused | ServiceChanged | ServiceRestarted | ServiceChecked
OperatorEvent = StandbyRequested | TakeoverRequested | MaintenanceRequested | ShutdownRequested
Event = (
    Woke
    | PacketReceived
    | PacketsRefused
    | LinkEvent
    | PingReplied
    | AddressEvent
    | Together
    | CarrierChanged
    | ContainerEvent
    | EngineChanged
    | PartChanged
    | Reloaded
    | ReloadRefused
    | OperatorEvent
)
