"""Who sees fewer ping nodes hands over (``respawn ... ipfail``; protocol section 7).

Between two sidecars the counts travel with each status, so that the holder compares them itself:
if the other sees more, it hands over everything after two beats, in which a loss that is common to
both shows at the other, too. With a real Heartbeat the messages of its ipfail are exchanged.
Never hands over by itself: it says what it wants to the one who may.
"""

from typing import Final, Protocol

from sidecar.core.outbox import Outbox
from sidecar.core.params import Params
from sidecar.core.peer import Peer
from sidecar.core.ping import PingNodes
from sidecar.core.terms import SECOND, AutoFailback, Holding
from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.message import Message

MESSAGES = (
    fields.NUM_PING_NODES,
    fields.YOU_ARE_DEAD,
    fields.ABORT_GIVEUP,
    fields.HBAPI_CLSTAT,
)
CLIENT = "ipfail"
GIVE_UP = "ipfail gives up"
TELL_AGAIN = "ipfail tells again"
TELL_AGAIN_NS: Final = 10 * SECOND
TRY_AGAIN_NS: Final = 1 * SECOND


class HandOver(Protocol):
    """Begins a move. False: something is in the way. ``failed``: it began, and came to nothing."""

    def __call__(self, turn: Turn, which: Holding, why: str, *, failed: Then) -> bool: ...


class Ipfail:
    """Compares what the two nodes see."""

    def __init__(
        self,
        params: Params,
        peer: Peer,
        ping: PingNodes,
        *,
        outbox: Outbox,
        timers: Timers,
        hand_over: HandOver,
    ) -> None:
        self._peer = peer
        self._ping = ping
        self._outbox = outbox
        self._timers = timers
        self._hand_over = hand_over
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        self.enabled = params.ipfail and bool(params.ping)
        self._delay_ns = 2 * params.timing.keepalive_ns
        self._failback = params.auto_failback is AutoFailback.ON
        if not self.enabled:
            self._call_off()

    def _call_off(self) -> None:
        """Hand nothing over, neither now nor when the counts were to be told again."""
        self._timers.disarm(GIVE_UP)
        self._timers.disarm(TELL_AGAIN)

    # --- between sidecars ----------------------------------------------------------------------

    def advance(self, turn: Turn) -> None:
        if not self.enabled or not self._peer.is_sidecar:
            return
        if not self._sees_fewer():
            self._timers.disarm(GIVE_UP)
        elif not self._timers.is_armed(GIVE_UP):
            self._arm(turn, Holding.ALL)

    def _sees_fewer(self) -> bool:
        theirs = self._peer.ping_count
        if theirs is None or not (self._peer.alive and self._ping.known):
            return False
        # Who sees more than there are has read of others: the files of the nodes differ just now.
        return self._ping.count < theirs <= self._ping.number

    # --- with a real Heartbeat -----------------------------------------------------------------

    def sign_on(self, turn: Turn) -> None:
        """Tell a real node's ipfail that there is one here; it answers with its count."""
        if self.enabled and not self._peer.is_sidecar:
            self._outbox.send(
                turn,
                fields.HBAPI_CLSTAT,
                (fields.ST, "join"),
                (fields.FROM_ID, CLIENT),
                (fields.TO_ID, CLIENT),
                (fields.INFO, "signon"),
                (fields.CLIENT_GEN, "0"),
            )

    def tell_count(self, turn: Turn) -> None:
        """A link died, or a ping node came or went."""
        if self.enabled and self._peer.alive and not self._peer.is_sidecar and self._ping.known:
            count = (fields.NUM_PING, str(self._ping.count))
            self._say(turn, fields.NUM_PING_NODES, count)

    def on_message(self, turn: Turn, message: Message) -> None:
        if not self.enabled or message.get(fields.TO_ID) not in (None, CLIENT):
            return
        match message.kind:
            case fields.HBAPI_CLSTAT:
                if message.get(fields.ST) == "join":
                    self.tell_count(turn)
            case fields.NUM_PING_NODES:
                theirs = message.dec_int(fields.NUM_PING)
                if theirs is not None and self._ping.known:
                    self._compare(turn, theirs)
            case fields.YOU_ARE_DEAD:
                self._arm(turn, Holding.ALL)
            case fields.ABORT_GIVEUP:
                self._call_off()
            case _:
                return

    def _compare(self, turn: Turn, theirs: int) -> None:
        ours = self._ping.count
        if ours > theirs:
            self._say(turn, fields.YOU_ARE_DEAD)
        elif ours < theirs:
            self._arm(turn, Holding.ALL)
        else:
            self._say(turn, fields.ABORT_GIVEUP)
            pending = self._timers.is_armed(GIVE_UP)
            self._timers.disarm(GIVE_UP)
            if self._failback and not pending:
                self._arm(turn, Holding.FOREIGN)

    def _say(self, turn: Turn, kind: str, *pairs: tuple[str, str]) -> None:
        to = ((fields.DEST, self._peer.name), (fields.TO_ID, CLIENT))
        self._outbox.send(turn, kind, *pairs, *to, (fields.FROM_ID, CLIENT))

    def _arm(self, turn: Turn, which: Holding) -> None:
        def give_up(turn: Turn) -> None:
            seen = f"{self._peer.name} sees more ping nodes than this node"
            why = seen if which is Holding.ALL else "both see the same ping nodes"
            if not self._hand_over(turn, which, why, failed=self._try_again):
                self._tell_again(turn, TELL_AGAIN_NS)

        self._timers.arm(GIVE_UP, turn.ns + self._delay_ns, give_up)

    def _try_again(self, turn: Turn) -> None:
        """Such as when both offered something in the same instant, and neither took it."""
        self._tell_again(turn, TRY_AGAIN_NS)

    def _tell_again(self, turn: Turn, after_ns: int) -> None:
        if not self._peer.is_sidecar:
            # Between sidecars the next step looks again; here the counts are told again.
            self._timers.arm(TELL_AGAIN, turn.ns + after_ns, self.tell_count)
