"""What this node says of itself: the beat, and its way from the first packet to ACTIVE.

The beat keeps its own time: a late turn does not shift the beats that follow (section 5.3).
"""

from collections.abc import Callable
from typing import Final

from sidecar.core import dialect
from sidecar.core.machine import Transitions, move
from sidecar.core.outbox import Outbox, Pair
from sidecar.core.params import Params
from sidecar.core.peer import Peer
from sidecar.core.terms import MILLISECOND, SECOND, NodeStatus
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.wire import fields

ASK_NODES_EVERY_NS: Final = 1 * SECOND
TRANSITIONS: Final[Transitions[NodeStatus]] = {
    (NodeStatus.INIT, NodeStatus.UP): "a link is open; beats from now on",
    (
        NodeStatus.UP,
        NodeStatus.ACTIVE,
    ): "the peer is a sidecar, sent repnodes, has none to send, or is dead",
}


class Presence:
    """Beats, and tells the peer who we are."""

    def __init__(
        self,
        params: Params,
        peer: Peer,
        *,
        outbox: Outbox,
        timers: Timers,
        describe: Callable[[], tuple[Pair, ...]],
        ping: Callable[[Turn], None],
        activated: Callable[[Turn], None],
    ) -> None:
        self.status = NodeStatus.INIT
        self._peer = peer
        self._outbox = outbox
        self._timers = timers
        self._describe = describe
        self._ping = ping
        self._activated = activated
        self._due_ns = 0
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        self._params = params
        self._keepalive_ns = params.timing.keepalive_ns
        self._dt = f"{params.timing.deadtime_ns // MILLISECOND:x}"

    def hurry(self, turn: Turn) -> None:
        """The next beat is due within a keepalive, which may be shorter now than it was."""
        if self._timers.is_armed("beat") and self._due_ns > turn.ns + self._keepalive_ns:
            self._due_ns = turn.ns
            self._arm_beat(turn)

    def begin(self, turn: Turn) -> None:
        """A link can carry packets for the first time."""
        if self.status is not NodeStatus.INIT:
            return
        self.say_status(turn)
        self.status = move(TRANSITIONS, self.status, NodeStatus.UP)
        self.say_status(turn)
        self._due_ns = turn.ns
        self._arm_beat(turn)
        self._peer.await_first_sign(turn)
        if self._peer.alive:
            self.peer_heard(turn)  # who could not send has heard it before

    def say_status(self, turn: Turn) -> None:
        """Send the status now; also outside the beat, when it has changed."""
        self._outbox.send(
            turn,
            fields.STATUS,
            (fields.ST, self.status.value),
            (fields.DT, self._dt),
            (fields.PROTOCOL, "1"),
            (dialect.VERSION_FIELD, dialect.VERSION),
            *self._describe(),
        )
        self._ping(turn)

    def peer_heard(self, turn: Turn) -> None:
        """The peer is heard: what is left to do before we may act?"""
        if self.status is not NodeStatus.UP:
            return
        if self._peer.is_sidecar or not self._peer.acknowledges:
            self._activate(turn)
        else:
            self._ask_nodes(turn)

    def peer_died(self, turn: Turn) -> None:
        if self.status is NodeStatus.UP:
            self._activate(turn)

    def on_reqnodes(self, turn: Turn) -> None:
        """Name exactly both nodes: the answer replaces the asker's own list."""
        names = sorted((self._params.node, self._params.peer))
        self._outbox.send(
            turn,
            fields.REPNODES,
            (fields.DEST, self._params.peer),
            (fields.NODELIST, "".join(f"{name} " for name in names)),
            (fields.DELNODELIST, " "),
        )

    def on_repnodes(self, turn: Turn) -> None:
        if self.status is NodeStatus.UP:
            self._activate(turn)

    def _activate(self, turn: Turn) -> None:
        self._timers.disarm("ask nodes")
        self.status = move(TRANSITIONS, self.status, NodeStatus.ACTIVE)
        self.say_status(turn)
        self._activated(turn)

    def _ask_nodes(self, turn: Turn) -> None:
        self._outbox.send(turn, fields.REQNODES, (fields.DEST, self._params.peer))
        self._timers.arm("ask nodes", turn.ns + ASK_NODES_EVERY_NS, self._ask_nodes)

    def _beat(self, turn: Turn) -> None:
        self.say_status(turn)
        self._arm_beat(turn)

    def _arm_beat(self, turn: Turn) -> None:
        self._due_ns += self._keepalive_ns
        if self._due_ns <= turn.ns:  # beats that were slept through are not made up for
            self._due_ns = turn.ns + self._keepalive_ns
        self._timers.arm("beat", self._due_ns, self._beat)
