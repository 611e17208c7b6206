"""The words of the field, as enumerations. Values are the words on the wire and in metrics."""

from dataclasses import dataclass
from enum import Enum, Flag, IntEnum, StrEnum
from typing import Final, NewType

NodeName = NewType("NodeName", str)
LinkName = NewType("LinkName", str)

MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000 * MILLISECOND
LEASE_GRAIN_NS: Final = 500 * MILLISECOND
"""The kernel ends a lease up to 0.4 s late."""
FIRST_CHECK_NS: Final = 10 * SECOND
"""A service takes its time to start, and is asked all the while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant: CLOCK_BOOTTIME in nanoseconds, and the wall clock for a packet's ``ts`` only."""

    ns: int
    wall_s: int


class NodeStatus(StrEnum):
    """What a node says of itself, or its observer of it (protocol section 5.2)."""

    INIT = "init"
    UP = "up"
    ACTIVE = "active"
    DEAD = "dead"
    PING = "ping"


class LinkStatus(StrEnum):
    UP = "up"
    DEAD = "dead"


class Medium(StrEnum):
    """How a link carries packets (protocol section 8)."""

    UCAST = "ucast"
    UCAST6 = "ucast6"
    BCAST = "bcast"
    MCAST = "mcast"
    MCAST6 = "mcast6"
    SERIAL = "serial"


class ResourceState(IntEnum):
    """Where a node is in the resource negotiation (protocol section 6.1)."""

    INIT = 0
    STARTING = 1
    BOTHSTARTING = 2
    RSCRCVD = 3
    STABLE = 4
    SHUTDOWN = 5


class StandbyState(Enum):
    """Where a node is in a planned hand-over (protocol section 6.3)."""

    NOT = "not"
    ME = "me"
    OTHER = "other"
    DONE = "done"


class Holding(Flag):
    """Which groups a node holds, always seen from that node (protocol section 2.2)."""

    NONE = 0
    LOCAL = 1
    FOREIGN = 2
    ALL = 3

    @property
    def word(self) -> str:
        """The word on the wire."""
        return _WORD_OF_HOLDING[self]

    @property
    def swapped(self) -> "Holding":
        """The same groups seen from the other node."""
        return _SWAPPED[self]

    @property
    def rest(self) -> "Holding":
        """The groups that are left."""
        return _REST[self]


_WORD_OF_HOLDING: Final = {
    Holding.NONE: "none",
    Holding.LOCAL: "local",
    Holding.FOREIGN: "foreign",
    Holding.ALL: "all",
}
_SWAPPED: Final = {
    Holding.NONE: Holding.NONE,
    Holding.LOCAL: Holding.FOREIGN,
    Holding.FOREIGN: Holding.LOCAL,
    Holding.ALL: Holding.ALL,
}
_REST: Final = {holding: Holding.ALL & ~holding for holding in _SWAPPED}
HOLDING_OF_WORD: Final = {word: holding for holding, word in _WORD_OF_HOLDING.items()}


class AutoFailback(StrEnum):
    """Whether a group goes back to its preferred node when that node returns (ha.cf)."""

    ON = "on"
    OFF = "off"
    LEGACY = "legacy"


class StandbyMode(StrEnum):
    """What a container does on the node that does not hold its group."""

    PAUSE = "pause"
    STOP = "stop"
    RUN = "run"


class ContainerState(StrEnum):
    """What the engine says of a container. UNKNOWN: the engine does not answer."""

    UNKNOWN = "unknown"
    ABSENT = "absent"
    STOPPED = "stopped"
    RESTARTING = "restarting"
    PAUSED = "paused"
    RUNNING = "running"


class Health(StrEnum):
    """What the image's own HEALTHCHECK says."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class AddressState(StrEnum):
    """Where an address stands on this node."""

    ABSENT = "absent"
    PROBING = "probing"
    CLAIMING = "claiming"
    HELD = "held"
    RELEASING = "releasing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """What one inspection of a container showed, its labels included."""

    state: ContainerState
    identity: str = ""
    """The engine's id of the container: another one means that it was recreated."""
    started_at: str = ""
    health: Health = Health.NONE
    standby: StandbyMode = StandbyMode.PAUSE
    checked: bool = False
    """Whether passing checks are needed before it counts as serving."""
    first_check_ns: int = FIRST_CHECK_NS
    """Within so long of its start the first check has to pass."""
    failures: int = 3
    restarts: int = 1
    detail: str = ""
    """Exit code, out-of-memory kill, error text: what a person wants to read."""
