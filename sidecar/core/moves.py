"""What may have to move although both nodes are well: failback (R9), a group that fails where it
is, and a group that nobody holds.

The holder begins a move, never the one that returns. Nothing is handed over to a node that is not
ready (safety rule 6), nor while anything else moves. A move that did not come about is tried again
a second later. Failback waits for its delay (failback.py), a group that flaps is held where it is
(damping.py), and during maintenance nothing moves at all (maintenance.py). What nobody holds is
taken up even then: that moves nothing. So is what a new life of the other sidecar has left, when
that hears nobody for a deadtime; but not in maintenance.
"""

from collections.abc import Callable
from typing import Final

from sidecar.core.claims import SIDES
from sidecar.core.failback import FailbackDelay
from sidecar.core.group import Group
from sidecar.core.handover import HandOver
from sidecar.core.occurrences import wait_text
from sidecar.core.params import Params
from sidecar.core.peer import Peer
from sidecar.core.takeover import Takeover
from sidecar.core.terms import SECOND, AutoFailback, Holding, NodeStatus
from sidecar.core.timers import Then, Timers, look_again
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
        frozen: Callable[[], bool],
    ) -> None:
        self._auto_failback = params.auto_failback
        self._keepalive_ns = params.timing.keepalive_ns
        self._peer = peer
        self._takeover = takeover
        self._timers = timers
        self._ping_count = ping_count
        self._frozen = frozen
        self._delay = FailbackDelay(params, peer, timers=timers, ping_count=ping_count)
        self._not_before_ns = 0

    def reconfigure(self, params: Params) -> None:
        self._auto_failback = params.auto_failback
        self._keepalive_ns = params.timing.keepalive_ns
        self._delay.reconfigure(params)

    def obstacle(self) -> str:
        """Why no hand-over can begin now; empty when it can."""
        peer, takeover = self._peer, self._takeover
        if not peer.alive or peer.left:
            return f"{peer.name} is not there"
        if peer.ready is False:
            return f"{peer.name} is not ready to serve"
        if takeover.legacy.spoken:
            return "a Heartbeat node with auto_failback legacy knows no hand-over"
        if not takeover.stable:
            return "this node is still moving resources"
        if not takeover.holdings.other_stable:
            return f"{peer.name} is still moving resources"
        if takeover.split_brain.suspected:
            return f"this node and {peer.name} hold the same groups"
        return ""

    def ping_lost(self, turn: Turn, which: Holding, why: str, *, failed: Then) -> bool:
        """Ipfail wants this to move; False when that is not possible now."""
        if not any(group.wanted for group in self._takeover.groups.of(which)):
            return True
        free = self._free(which)
        wanted = any(group.wanted for group in self._takeover.groups.of(free))
        if self._frozen() or self.obstacle() or not wanted:
            return False
        reason = "ping_lost" if which is Holding.ALL else "failback"
        self._begin(turn, free, reason, why, failed=failed)
        return True

    def _free(self, which: Holding) -> Holding:
        """Of these sides, those that no group's flapping holds here."""
        for side in SIDES:
            if self._held(side):
                which &= ~side
        return which

    def advance(self, turn: Turn) -> None:
        self._watch_orphans(turn)
        self._watch_stability(turn)
        self._delay.advance(turn)
        if turn.ns < self._not_before_ns or self._frozen() or self.obstacle():
            return
        if not self._rescue(turn):
            self._fail_back(turn)

    def _rescue(self, turn: Turn) -> bool:
        """Hand over what cannot be served here; whether anything is such."""
        groups = self._takeover.groups
        failing = [group for group in groups if group.failing is not None]
        for group in failing:
            assert group.failing is not None
            label, why = group.failing
            side = groups.side_of(group)
            at_ns = self._takeover.damping.rescue_at_ns(groups.of(side))
            if turn.ns >= at_ns:
                self._begin(turn, side, label, why)
                return True
            self._timers.arm(f"rescue of {group.name}", at_ns, look_again)
        return bool(failing)

    def _fail_back(self, turn: Turn) -> None:
        holdings = self._takeover.holdings
        if self._peer.sees_less(self._ping_count()):
            return
        if not holdings.failback_armed or self._auto_failback is AutoFailback.OFF:
            return
        if Holding.FOREIGN not in holdings.mine:
            holdings.failback_armed = False
        elif self._foreign_wanted() and (self._held(Holding.FOREIGN) or self._delay.wait(turn)):
            return
        else:
            holdings.failback_armed = False
            self._begin(turn, Holding.FOREIGN, "failback", "auto_failback is on")

    def _foreign_wanted(self) -> bool:
        return any(group.wanted for group in self._takeover.groups.of(Holding.FOREIGN))

    def _held(self, side: Holding) -> bool:
        """Whether a group that flaps holds this side where it is."""
        return self._takeover.damping.holds(self._takeover.groups.of(side))

    def explain(self, now_ns: int) -> tuple[str, ...]:
        """What waits or is withheld, and why, for a person."""
        takeover = self._takeover
        notes = [takeover.damping.explain(now_ns, group.name) for group in takeover.groups]
        notes += [self._explain_rescue(now_ns, group) for group in takeover.groups]
        if self._waits() and not self._frozen():
            notes.append(self._delay.explain(now_ns))
        return tuple(filter(None, notes))

    def _explain_rescue(self, now_ns: int, group: Group) -> str:
        groups = self._takeover.groups
        at_ns = self._takeover.damping.rescue_at_ns(groups.of(groups.side_of(group)))
        if group.failing is None or at_ns <= now_ns:
            return ""
        return f"{group.name} is not handed over for {wait_text(at_ns - now_ns)} more, as it flaps"

    def _waits(self) -> bool:
        """Whether a failback waits for its delay and nothing else."""
        armed = self._takeover.holdings.failback_armed
        goes_back = armed and self._auto_failback is not AutoFailback.OFF
        return goes_back and self._foreign_wanted() and not self._held(Holding.FOREIGN)

    def _begin(
        self, turn: Turn, which: Holding, reason: str, why: str, *, failed: Then = look_again
    ) -> None:
        def finished(turn: Turn, *, ok: bool, text: str) -> None:
            del text
            if ok:
                return
            failed(turn)
            if reason == "failback":
                self._takeover.holdings.failback_armed = True
            self._not_before_ns = turn.ns + RETRY_NS
            self._timers.arm("move again", self._not_before_ns, look_again)

        hand_over = HandOver(which=which, reason=reason, why=why, finished=finished)
        self._takeover.standby.begin(turn, hand_over)

    def _watch_stability(self, turn: Turn) -> None:
        """A peer that moves nothing any more but was not heard to say so is asked.

        One that returned was asked already, and both may hold the same until it has answered. So
        was one whose answer alone tells how old a claim of this node is.
        """
        takeover = self._takeover
        waiting = self._peer.alive and self._peer.is_sidecar and takeover.stable
        if not waiting or (takeover.holdings.other_stable and not takeover.awaits_answer):
            self._timers.disarm("ask the other")
        elif not self._timers.is_armed("ask the other"):
            wait_ns = self._keepalive_ns if takeover.awaits_answer else ASK_AFTER_NS
            self._timers.arm("ask the other", turn.ns + wait_ns, takeover.telling.ask_again)

    def _watch_orphans(self, turn: Turn) -> None:
        orphans = self._orphans()
        wait_ns = ORPHAN_AFTER_NS if Holding.LOCAL in orphans else FOREIGN_ORPHAN_AFTER_NS
        self._wait("orphans", turn.ns + wait_ns, waits=bool(orphans) and self._both_well())
        wait_ns = max(wait_ns, self._peer.dead_after_ns)
        self._wait("left by the deaf", turn.ns + wait_ns, waits=bool(orphans) and self._is_deaf())

    def _wait(self, timer: str, adopt_ns: int, *, waits: bool) -> None:
        if not waits:
            self._timers.disarm(timer)
        elif not self._timers.is_armed(timer):
            self._timers.arm(timer, adopt_ns, self._adopt)

    def _both_well(self) -> bool:
        return self._takeover.both_stable and self._peer.alive

    def _is_deaf(self) -> bool:
        """A new life of the other sidecar has not heard this node yet, and is heard. It decides
        nothing before its initdead, and who waited for its word until then would leave its groups
        to nobody. One that falls silent is about to be dead instead.
        """
        peer = self._peer
        heard = peer.alive and peer.is_sidecar and not peer.quiet
        begins = peer.status in (NodeStatus.INIT, NodeStatus.UP)
        return heard and begins and self._takeover.stable and not self._frozen()

    def _orphans(self) -> Holding:
        """The sides that have groups and that neither node claims."""
        if self._takeover.legacy.spoken:
            return Holding.NONE  # nobody tells what it holds there
        return self._takeover.holdings.orphaned

    def _adopt(self, turn: Turn) -> None:
        holdings, orphans = self._takeover.holdings, self._orphans()
        if turn.waking:
            return  # the peer may have died, or told something, in its sleep: the wait begins anew
        if not (orphans and (self._both_well() or self._is_deaf())):
            return  # this node is about to stop, or the peer has died in this turn
        side = Holding.LOCAL if Holding.LOCAL in orphans else Holding.FOREIGN
        if side is Holding.FOREIGN:
            holdings.failback_armed = True
        holdings.claim(turn, side, reason="orphan", why="nobody holds it")
        self._takeover.telling.tell(turn)
