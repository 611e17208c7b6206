"""What may have to move although both nodes are well: failback (R9), a group that fails where it
is, and a group that nobody holds.

The holder begins a move, never the one that returns. Nothing is handed over to a node that is not
ready (safety rule 6), nor while anything else moves. A move that did not come about is tried again
a second later.
"""

from collections.abc import Callable
from typing import Final

from sidecar.core.claims import SIDES
from sidecar.core.params import Params
from sidecar.core.peer import Peer
from sidecar.core.standby import HandOver
from sidecar.core.takeover import Takeover
from sidecar.core.terms import SECOND, AutoFailback, Holding
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn

RETRY_NS: Final = 1 * SECOND
ASK_AFTER_NS: Final = 2 * SECOND
ORPHAN_AFTER_NS: Final = 1 * SECOND
FOREIGN_ORPHAN_AFTER_NS: Final = 5 * SECOND
"""The preferred node goes first."""


class Moves:
    """Looks, after every step, for something that has to move and can."""

    def __init__(
        self,
        params: Params,
        peer: Peer,
        takeover: Takeover,
        *,
        timers: Timers,
        ping_count: Callable[[], int],
    ) -> None:
        self._auto_failback = params.auto_failback
        self._peer = peer
        self._takeover = takeover
        self._timers = timers
        self._ping_count = ping_count
        self._not_before_ns = 0

    def reconfigure(self, params: Params) -> None:
        self._auto_failback = params.auto_failback

    def obstacle(self) -> str:
        """Why no hand-over can begin now; empty when it can."""
        peer, takeover = self._peer, self._takeover
        if not peer.alive or peer.left:
            return f"{peer.name} is not there"
        if peer.ready is False:
            return f"{peer.name} is not ready to serve"
        if takeover.speaks_legacy:
            return "a Heartbeat node with auto_failback legacy knows no hand-over"
        if not takeover.stable:
            return "this node is still moving resources"
        if not takeover.other_stable:
            return f"{peer.name} is still moving resources"
        if takeover.split_brain:
            return f"this node and {peer.name} hold the same groups"
        return ""

    def ping_lost(self, turn: Turn, which: Holding, why: str) -> bool:
        """Ipfail wants this to move; False when that is not possible now."""
        if not any(group.wanted for group in self._takeover.groups.of(which)):
            return True
        if self.obstacle():
            return False
        self._begin(turn, which, "ping_lost" if which is Holding.ALL else "failback", why)
        return True

    def advance(self, turn: Turn) -> None:
        self._watch_orphans(turn)
        self._watch_stability(turn)
        if turn.ns < self._not_before_ns or self.obstacle():
            return
        takeover = self._takeover
        for group in takeover.groups:
            if group.failing is not None:
                label, why = group.failing
                self._begin(turn, takeover.groups.side_of(group), label, why)
                return
        if self._peer.sees_less(self._ping_count()):
            return
        if takeover.failback_armed and self._auto_failback is not AutoFailback.OFF:
            takeover.failback_armed = False
            if Holding.FOREIGN in takeover.mine:
                self._begin(turn, Holding.FOREIGN, "failback", "auto_failback is on")

    def _begin(self, turn: Turn, which: Holding, reason: str, why: str) -> None:
        def finished(turn: Turn, *, ok: bool, text: str) -> None:
            del text
            if ok:
                return
            if reason == "failback":
                self._takeover.arm_failback()
            self._not_before_ns = turn.ns + RETRY_NS
            self._timers.arm("move again", self._not_before_ns, _look_again)

        hand_over = HandOver(which=which, reason=reason, why=why, finished=finished)
        self._takeover.standby.begin(turn, hand_over)

    def _watch_stability(self, turn: Turn) -> None:
        """A peer that moves nothing any more but was not heard to say so is asked."""
        takeover = self._takeover
        waiting = self._peer.alive and self._peer.is_sidecar and takeover.stable
        if not waiting or takeover.other_stable:
            self._timers.disarm("ask the other")
        elif not self._timers.is_armed("ask the other"):
            self._timers.arm("ask the other", turn.ns + ASK_AFTER_NS, takeover.ask_again)

    def _watch_orphans(self, turn: Turn) -> None:
        takeover = self._takeover
        orphans = self._orphans()
        if not orphans or not (takeover.stable and takeover.other_stable and self._peer.alive):
            self._timers.disarm("orphans")
        elif not self._timers.is_armed("orphans"):
            local = Holding.LOCAL in orphans
            wait_ns = ORPHAN_AFTER_NS if local else FOREIGN_ORPHAN_AFTER_NS
            self._timers.arm("orphans", turn.ns + wait_ns, self._adopt)

    def _orphans(self) -> Holding:
        """The sides that have groups and that neither node claims."""
        takeover = self._takeover
        if takeover.speaks_legacy:
            return Holding.NONE  # nobody tells what it holds there
        orphans = Holding.ALL & ~(takeover.mine | takeover.other.swapped)
        for side in SIDES:
            if not takeover.groups.of(side):
                orphans &= ~side
        return orphans

    def _adopt(self, turn: Turn) -> None:
        side = Holding.LOCAL if Holding.LOCAL in self._orphans() else Holding.FOREIGN
        self._takeover.adopt(turn, side)


def _look_again(turn: Turn) -> None:
    del turn  # the look follows every step
