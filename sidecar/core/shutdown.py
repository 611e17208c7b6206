"""A clean stop: hand over what is held, say goodbye, and only then fall silent.

A real Heartbeat peer takes over on ``shutdone`` (protocol rule R8) and expects the heartbeat to go
on for about two seconds after it. Between two sidecars the hand-over comes first, so that the
taker's containers serve before the address moves.
"""

from enum import Enum, auto
from typing import Final

from sidecar.core.actions import Exit
from sidecar.core.handover import HandOver
from sidecar.core.machine import Transitions, move
from sidecar.core.moves import Moves
from sidecar.core.occurrences import ShutdownBegan
from sidecar.core.outbox import Outbox
from sidecar.core.peer import Peer
from sidecar.core.takeover import Takeover
from sidecar.core.terms import MILLISECOND, SECOND, Holding, NodeStatus
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.wire import fields

HAND_OVER_MAX_NS: Final = 5 * SECOND
GIVE_UP_MAX_NS: Final = 6 * SECOND
RELEASE_MAX_NS: Final = 15 * SECOND
"""With the hand-over before it and the linger after it 22 s of the 30 s after which Docker kills
(compose/node.yaml): the rest is for the adapters, which ask a slow kernel once more.
"""
LOOK_AGAIN_NS: Final = 100 * MILLISECOND
LINGER_NS: Final = 2 * SECOND
LINGER_SIDECAR_NS: Final = 500 * MILLISECOND
WHY: Final = "this node is shutting down"


class Stage(Enum):
    RUNNING = auto()
    HANDING_OVER = auto()
    GIVING_UP = auto()
    LEAVING = auto()
    GONE = auto()


TRANSITIONS: Final[Transitions[Stage]] = {
    (Stage.RUNNING, Stage.HANDING_OVER): "TERM; a standby, if the peer is ours and ready",
    (Stage.HANDING_OVER, Stage.GIVING_UP): "handed over, or too late; says resource none shutdown",
    (Stage.GIVING_UP, Stage.LEAVING): "all is at rest, or too late for containers; says shutdone",
    (Stage.GIVING_UP, Stage.GONE): "an address does not go; says nothing",
    (Stage.LEAVING, Stage.GONE): "acknowledged, or too late; the daemon ends",
}


class Shutdown:
    """The way from TERM to the end."""

    def __init__(
        self, takeover: Takeover, moves: Moves, peer: Peer, *, outbox: Outbox, timers: Timers
    ) -> None:
        self.stage = Stage.RUNNING
        self._takeover = takeover
        self._moves = moves
        self._peer = peer
        self._outbox = outbox
        self._timers = timers
        self._goodbye = 0
        self._release_until_ns = 0

    def begin(self, turn: Turn) -> None:
        if self.stage is not Stage.RUNNING:
            return
        self.stage = move(TRANSITIONS, self.stage, Stage.HANDING_OVER)
        turn.tell(ShutdownBegan())
        self._timers.arm("shutdown", turn.ns + HAND_OVER_MAX_NS, self._hand_over_late)
        self._try_hand_over(turn)

    def advance(self, turn: Turn) -> None:
        if self.stage is Stage.HANDING_OVER and self._takeover.standby.idle:
            self._give_up(turn)
        if self.stage is Stage.GIVING_UP and self._is_at_rest():
            self._say_goodbye(turn)
        if self.stage is Stage.LEAVING and self._outbox.acknowledged >= self._goodbye:
            self._go(turn)

    def _try_hand_over(self, turn: Turn) -> None:
        wise = self._peer.is_sidecar and self._takeover.groups.any_here
        if wise and not self._moves.obstacle():
            hand_over = HandOver(which=Holding.ALL, reason="shutdown", why=WHY)
            self._takeover.standby.begin(turn, hand_over)

    def _hand_over_late(self, turn: Turn) -> None:
        self._give_up(turn)

    def _give_up(self, turn: Turn) -> None:
        self.stage = move(TRANSITIONS, self.stage, Stage.GIVING_UP)
        for group in self._takeover.groups:
            group.set_warm(turn, warm=False)  # a takeover that was prepared will not come
        self._takeover.shut_down(turn, WHY)
        self._release_until_ns = turn.ns + RELEASE_MAX_NS
        self._timers.arm("shutdown", turn.ns + GIVE_UP_MAX_NS, self._give_up_late)

    def _is_at_rest(self) -> bool:
        groups = self._takeover.groups
        return not groups.retiring and all(group.at_rest for group in groups)

    def _give_up_late(self, turn: Turn) -> None:
        """A container that does not come to rest is left as it is. An address is waited for: the
        peer claims without a question what a goodbye says is free.
        """
        groups = self._takeover.groups
        if not (groups.any_here or groups.retiring):
            self._say_goodbye(turn)
        elif turn.ns < self._release_until_ns:
            self._timers.arm("shutdown", turn.ns + LOOK_AGAIN_NS, self._give_up_late)
        else:
            self._go(turn)  # without a word: the peer asks for it at deadtime

    def _say_goodbye(self, turn: Turn) -> None:
        self.stage = move(TRANSITIONS, self.stage, Stage.LEAVING)
        pair = (fields.ST, NodeStatus.DEAD.value)
        self._goodbye = self._outbox.send(turn, fields.SHUTDONE, pair)
        linger_ns = LINGER_SIDECAR_NS if self._peer.is_sidecar else LINGER_NS
        if not self._peer.alive:
            linger_ns = 0
        self._timers.arm("shutdown", turn.ns + linger_ns, self._go)

    def _go(self, turn: Turn) -> None:
        if self.stage is Stage.GONE:
            return
        self.stage = move(TRANSITIONS, self.stage, Stage.GONE)
        self._timers.disarm("shutdown")
        turn.do(Exit())
