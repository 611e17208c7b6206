"""Could this node serve if it had to? Judged after every step but those of mere packets.

What stands in the way of serving is told to the peer, which must not hand over to a node that
could not serve. Other reasons not to be ready, such as a part of the daemon that fails, are told to
people alone: the address is served all the same.
"""

from collections.abc import Callable

from sidecar.core.events import PartChanged
from sidecar.core.links import Links
from sidecar.core.occurrences import ReadinessChanged
from sidecar.core.params import Boot
from sidecar.core.shutdown import Shutdown, Stage
from sidecar.core.sight import Sight
from sidecar.core.surroundings import ISOLATED
from sidecar.core.takeover import Takeover
from sidecar.core.turn import Turn


class Readiness:
    """The reasons why this node is not ready, as they were last told."""

    def __init__(
        self,
        boot: Boot,
        links: Links,
        takeover: Takeover,
        *,
        sight: Sight,
        shutdown: Shutdown,
        say_status: Callable[[Turn], None],
    ) -> None:
        self.reasons: tuple[str, ...] = ("starting",)
        self.can_serve = False
        self._boot = boot
        self._links = links
        self._takeover = takeover
        self._sight = sight
        self._shutdown = shutdown
        self._say_status = say_status
        self._part_trouble: dict[str, str] = {}

    def on_part(self, event: PartChanged) -> None:
        """A part of the daemon fails, or works again."""
        self._part_trouble[event.part] = event.trouble

    def judge(self, turn: Turn) -> None:
        """Tell what has changed: people at once, and the peer if it concerns it."""
        obstacles = self.obstacles()
        parts = filter(None, self._part_trouble.values())
        cut_off = (ISOLATED,) if self._takeover.groups.isolated else ()
        reasons = (*self._boot.trouble, *parts, *obstacles, *cut_off, *self._sight.trouble())
        if reasons == self.reasons:
            return
        self.reasons = reasons
        turn.tell(ReadinessChanged(ready=not reasons, reasons=reasons))
        if self.can_serve is not (not obstacles):
            self.can_serve = not obstacles
            self._say_status(turn)

    def may_yet_serve(self) -> bool:
        """Whether nothing is known against it: the engine may not have told of the containers yet.

        A Heartbeat node offers what prefers this node once, as soon as it is heard, and takes
        silence for an answer after ten seconds. The answer goes when the service serves.
        """
        awaited = self._takeover.groups.not_told_of()
        return all(reason in awaited for reason in self.obstacles())

    def obstacles(self) -> tuple[str, ...]:
        """What the peer is told of: it must not hand over to a node that could not serve."""
        reasons: list[str] = []
        if not self._links.any_open:
            reasons += [f"link {link.link.name}: {link.reason}" for link in self._links]
        reasons += self._takeover.groups.trouble()
        if self._shutdown.stage is not Stage.RUNNING:
            reasons.append("shutting down")
        return tuple(reasons)
