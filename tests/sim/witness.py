"""What the world tells about itself: the trace writes it down, the checkers judge it.

The parts of the world know this door only, so that neither the trace nor a check is woven into
them. Everything is told just after it has happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from sidecar.core.actions import ServiceAction, VipAction
from sidecar.core.occurrences import Occurrence
from sidecar.core.terms import ContainerState


@dataclass(frozen=True, slots=True)
class FaultMade:
    """Chaos, the operator or the scenario did something."""

    what: str


class Life(Enum):
    """What becomes of a host or of its sidecar."""

    STARTS = "starts"
    LOSES_POWER = "loses power"
    KILLED = "sidecar is killed"
    TOLD_TO_STOP = "sidecar is told to stop"
    ENDED = "sidecar has ended"
    FROZEN = "sidecar is frozen"
    THAWED = "sidecar goes on"


@dataclass(frozen=True, slots=True)
class LifeChanged:
    node: str
    what: Life


@dataclass(frozen=True, slots=True)
class AddressMoved:
    """The kernel of that host has an address now, or has it no more."""

    node: str
    address: str
    present: bool
    why: str


@dataclass(frozen=True, slots=True)
class CarrierMoved:
    node: str
    interface: str
    up: bool


@dataclass(frozen=True, slots=True)
class ContainerMoved:
    """The engine of that host has a container in this state now."""

    node: str
    container: str
    state: ContainerState
    serves: bool


@dataclass(frozen=True, slots=True)
class Wished:
    """The core wants this done."""

    node: str
    action: VipAction | ServiceAction


@dataclass(frozen=True, slots=True)
class Occurred:
    """The core reports."""

    node: str
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Answered:
    """An operator's request has ended."""

    node: str
    text: str
    ok: bool


Change = (
    FaultMade
    | LifeChanged
    | AddressMoved
    | CarrierMoved
    | ContainerMoved
    | Wished
    | Occurred
    | Answered
)
Witness = Callable[[Change], None]


class Witnesses:
    """Tells several, in the order in which they came."""

    def __init__(self) -> None:
        self._all: list[Witness] = []

    def add(self, witness: Witness) -> None:
        self._all.append(witness)

    def __call__(self, change: Change) -> None:
        for witness in self._all:
            witness(change)
