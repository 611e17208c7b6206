"""How long a failback waits: until the preferred node has been ready for a set time, uninterrupted.

A node that boots, dies and boots again, or whose service comes and goes, is no place to go back to.
Ready means: heard, active, and by its own word able to serve, with no fewer ping nodes than this
node sees. Whatever of it ends, if only for a moment, begins the time anew, and so does a restart.
Only the holder waits, and only for a failback that nobody asked for. A real Heartbeat node says
nothing of its readiness and expects its groups at once, as between two of its kind (rule R9).
"""

from collections.abc import Callable

from sidecar.core.occurrences import FailbackWaits
from sidecar.core.params import Params
from sidecar.core.peer import Peer
from sidecar.core.terms import NodeStatus
from sidecar.core.timers import Timers, look_again
from sidecar.core.turn import Turn

DUE = "failback"


class FailbackDelay:
    """Since when the other node has been ready without a break."""

    def __init__(
        self, params: Params, peer: Peer, *, timers: Timers, ping_count: Callable[[], int]
    ) -> None:
        self._peer = peer
        self._timers = timers
        self._ping_count = ping_count
        self._since_ns: int | None = None
        self._generation: int | None = None
        self._told = False
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        self.delay_ns = params.failback_delay_ns

    def advance(self, turn: Turn) -> None:
        """After every step: is it ready still?"""
        generation = self._peer.inbound.generation
        if not self._is_ready():
            self._since_ns = None
        elif self._since_ns is None or generation != self._generation:
            self._since_ns = turn.ns
            self._generation = generation
            self._told = False

    def left_ns(self, now_ns: int) -> int | None:
        """How much longer to wait; 0 when it is time, None while the other is not ready at all."""
        if not self._peer.is_sidecar:
            return 0
        if self._since_ns is None:
            return None
        return max(0, self._since_ns + self.delay_ns - now_ns)

    def wait(self, turn: Turn) -> bool:
        """A failback is due but for this: whether it has to wait. Wakes the node in time."""
        left_ns = self.left_ns(turn.ns)
        if left_ns == 0:
            return False
        if left_ns is not None:
            self._timers.arm(DUE, turn.ns + left_ns, look_again)
            if not self._told:
                self._told = True
                turn.tell(self._waits(left_ns))
        return True

    def explain(self, now_ns: int) -> str:
        """How long it still takes, for a person; empty when it does not wait for this."""
        left_ns = self.left_ns(now_ns)
        return self._waits(left_ns).sentence() if left_ns else ""

    def _waits(self, left_ns: int) -> FailbackWaits:
        return FailbackWaits(node=self._peer.name, left_ns=left_ns, delay_ns=self.delay_ns)

    def _is_ready(self) -> bool:
        peer = self._peer
        well = peer.can_serve and peer.status is NodeStatus.ACTIVE
        return well and not peer.sees_less(self._ping_count())
