"""What the web part is given by the daemon, and all that it can do to the cluster.

The HTTP side gets only ``Sources``, which cannot change anything. ``Ask`` goes to the control
socket alone, so that nothing that changes the cluster can be reached over TCP.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from sidecar.core.occurrences import seconds_text
from sidecar.core.view import ClusterView
from sidecar.web.beyond import Beyond, LinkGaps
from sidecar.web.move import Move
from sidecar.web.observed import Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How long ago the loop last completed a turn, and how long that may be at most."""

    age_ns: int
    limit_ns: int

    @property
    def alive(self) -> bool:
        return self.age_ns <= self.limit_ns

    def sentence(self) -> str:
        age, limit = seconds_text(self.age_ns), seconds_text(self.limit_ns)
        if self.alive:
            return f"alive: the last turn was {age} ago"
        return f"stuck: the last turn was {age} ago, the limit is {limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the shown things come from. Called in the loop's thread; none of them may block."""

    view: Callable[[], ClusterView]
    progress: Callable[[], Progress]
    wall_ns: Callable[[], int]
    """The wall clock, only to stamp what is shown to people."""
    moves: Callable[[], tuple[Move, ...]] = tuple
    """The newest first."""
    checks: Callable[[], dict[str, str]] = dict
    """The URL by which each container is checked, of those that are checked by one."""
    beyond: Callable[[], Beyond] = Beyond
    gaps: Callable[[], tuple[LinkGaps, ...]] = tuple
    observed: Callable[[], Observed] = Observed


class RequestKind(StrEnum):
    """What an operator can ask for (hb_standby, hb_takeover, that nothing moves, and HUP)."""

    STANDBY = "standby"
    TAKEOVER = "takeover"
    MAINTENANCE = "maintenance"
    RELOAD = "reload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An operator's request; ``which`` is all, local, foreign or failback."""

    kind: RequestKind
    which: str = "all"
    seconds: int = 0
    """How long maintenance is to last; 0 ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The end of a request: whether it was done, and one sentence."""

    ok: bool
    text: str


Ask = Callable[[Request], Awaitable[Reply]]
"""Answers when the request has ended, which may take as long as a container takes to start."""
