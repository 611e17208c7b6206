"""Maintenance: for a set time nothing moves unless a person asks for it, on either node.

Somebody works on the hosts, the network or the containers, and failures are to be expected. So no
dead peer is taken over, nothing is handed over or fails back, no container is started, paused or
mended by itself. The lease is renewed as ever; checks go on and are reported; ``sidecar standby``,
``sidecar takeover`` and TERM work. When it ends, what has become due is done.

There is one order in the cluster, the newest, and both nodes keep and tell it with each status
(``hs_maint``), so that it can be ended on either and outlives the death of either:

    number    one higher than any that was known when it was given; the higher one counts
    seconds   how long in all, 0 to end it; of two orders of one number the longer one counts

Each node counts down by its own clock from the instant at which it first learnt of an order, so
that no packet that is late can prolong it. A restart reads it from the disk: there alone the wall
clock counts. A real Heartbeat node knows nothing of this, and goes on by itself.
"""

from collections.abc import Callable

from sidecar.core import dialect
from sidecar.core.actions import Answer, KeepMaintenance
from sidecar.core.events import MaintenanceRequested
from sidecar.core.occurrences import MaintenanceBegan, MaintenanceEnded, wait_text
from sidecar.core.params import MaintenanceOrder, Params
from sidecar.core.peer import Peer
from sidecar.core.terms import SECOND
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.core.view import MaintenanceView

END = "maintenance"
NUMBER_MAX = 0xFFFF_FFFF


class Maintenance:
    """The order in force, and how long it lasts."""

    def __init__(
        self,
        params: Params,
        peer: Peer,
        *,
        timers: Timers,
        kept: MaintenanceOrder | None,
        say_status: Callable[[Turn], None],
    ) -> None:
        self._node = params.node
        self._peer = peer
        self._timers = timers
        self._say_status = say_status
        self._kept = kept
        self._order: MaintenanceOrder | None = None
        self._until_ns = 0
        self.on = False

    def begin(self, turn: Turn) -> None:
        """A new life: go on with what the last one left on the disk."""
        kept, self._kept = self._kept, None
        if kept is None:
            return
        # A wall clock that was set back must not make it longer than it was meant.
        left_s = min(kept.until_s - turn.wall_s, kept.seconds)
        self._adopt(turn, kept, left_s)

    def on_request(self, turn: Turn, event: MaintenanceRequested) -> None:
        """``sidecar maintenance on`` or, with 0 seconds, ``off``."""
        left_ns = self._left_ns(turn.ns)
        if event.seconds == 0 and not self.on:
            text = "maintenance is not on"
        elif event.seconds and event.seconds * SECOND <= left_ns:
            text = (
                f"maintenance is on already, for {wait_text(left_ns)} more, and stays so; "
                "to make it shorter, end it first (`sidecar maintenance off`)"
            )
        else:
            self._give_order(turn, event.seconds)
            text = (
                f"maintenance is on for {event.seconds} s: nothing moves by itself"
                if event.seconds
                else "maintenance is over"
            )
        turn.do(Answer(request=event.request, ok=True, text=text))

    def advance(self, turn: Turn) -> None:
        """After every step: has the other node told of a newer order?"""
        word = self._peer.maintenance
        if word is None or word.by not in (self._node, self._peer.name):
            return
        if self._order is None or word.rank > self._order.rank:
            order = MaintenanceOrder(
                number=word.number,
                seconds=word.seconds,
                by=word.by,
                since_s=word.since_s,
                until_s=turn.wall_s + word.left_s,
            )
            self._keep(turn, order)
            self._adopt(turn, order, word.left_s)

    def describe(self, now_ns: int) -> tuple[tuple[str, str], ...]:
        """What a status says of it: nothing before the first order."""
        if self._order is None:
            return ()
        left_s = -(-self._left_ns(now_ns) // SECOND)
        return (
            (dialect.MAINTENANCE, str(left_s)),
            (dialect.MAINTENANCE_ORDER, dialect.encode_order(self._order)),
        )

    def view(self, now_ns: int) -> MaintenanceView | None:
        if not self.on or self._order is None:
            return None
        return MaintenanceView(
            left_ns=self._left_ns(now_ns), by=self._order.by, since_s=self._order.since_s
        )

    def _give_order(self, turn: Turn, seconds: int) -> None:
        number = 1 if self._order is None else min(self._order.number + 1, NUMBER_MAX)
        order = MaintenanceOrder(
            number=number,
            seconds=seconds,
            by=self._node,
            since_s=turn.wall_s,
            until_s=turn.wall_s + seconds,
        )
        self._keep(turn, order)
        self._adopt(turn, order, seconds)

    def _keep(self, turn: Turn, order: MaintenanceOrder) -> None:
        turn.do(KeepMaintenance(order=order))

    def _adopt(self, turn: Turn, order: MaintenanceOrder, left_s: int) -> None:
        was_on, self._order = self.on, order
        self._until_ns = turn.ns + max(0, left_s) * SECOND
        self.on = self._until_ns > turn.ns
        if self.on:
            self._timers.arm(END, self._until_ns, self._expire)
            left_ns = self._left_ns(turn.ns)
            turn.tell(
                MaintenanceBegan(
                    by=order.by,
                    left_ns=left_ns,
                    alone=self._peer.name if self._is_alone() else "",
                )
            )
        elif was_on:
            self._timers.disarm(END)
            turn.tell(MaintenanceEnded(why=f"ended on {order.by}"))
        self._say_status(turn)

    def _expire(self, turn: Turn) -> None:
        self.on = False
        turn.tell(MaintenanceEnded(why="its time is over"))

    def _is_alone(self) -> bool:
        return self._peer.met and not self._peer.is_sidecar

    def _left_ns(self, now_ns: int) -> int:
        return max(0, self._until_ns - now_ns) if self.on else 0
