"""What this node says: numbered, signed, kept for retransmission, sent on every open link.

Every message goes out on all links; the later copies count as duplicates at the receiver.
See protocol sections 2.1 (envelope), 4.2 and 4.3 (numbers, retransmission).
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from sidecar.core import dialect
from sidecar.core.actions import SendPacket
from sidecar.core.links import Links, LinkState
from sidecar.core.params import Boot, Params
from sidecar.core.terms import MILLISECOND
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.codec import seal
from sidecar.wire.copies import Copies
from sidecar.wire.message import Message

HISTORY_MAX: Final = 500
RESEND_MAX_PER_REQUEST: Final = 50
RESEND_PAUSE_NS: Final = 240 * MILLISECOND
RESEND_MAX_PER_PAUSE: Final = 250
"""As many as a receiver can miss at most (sequence.GAP_MAX): what asks for more is not honest."""
NODES: Final = 2

Pair = tuple[str, str | bytes]
_TO_BE_NAMED: Final[tuple[Pair, ...]] = ((dialect.LINK, dialect.NOTHING),)
"""Each copy of a status says by which link it went, so that the peer can tell what it hears."""


class Outbox:
    """Sends, remembers and repeats."""

    def __init__(self, params: Params, boot: Boot, links: Links) -> None:
        self._params = params
        self._links = links
        self.acknowledged = 0
        """The highest number that the peer says it has (section 4.4)."""
        self._last = 0
        self._history: OrderedDict[int, Message] = OrderedDict()
        self._sent_ns: dict[int, int] = {}
        self._resent_ns: dict[int, int] = {}
        self._answered = 0
        self._answers_since_ns = 0
        self._source: tuple[Pair, ...] = (
            (fields.SRC, params.node),
            (fields.SRCUUID, boot.uuid),
        )
        self._life = boot.generation
        self._generation = f"{boot.generation:x}"
        self._ttl = _ttl(params)

    def reconfigure(self, params: Params) -> None:
        self._params = params
        self._ttl = _ttl(params)

    def send(self, turn: Turn, kind: str, *pairs: Pair) -> int:
        """Send a sequenced message; return its number."""
        self._last += 1
        message = Message.of(
            (fields.T, kind),
            *pairs,
            *(_TO_BE_NAMED if kind == fields.STATUS else ()),
            *self._source,
            (fields.SEQ, f"{self._last:x}"),
            *self._envelope(turn),
        )
        self._history[self._last] = message
        self._sent_ns[self._last] = turn.ns
        if len(self._history) > HISTORY_MAX:
            forgotten, _ = self._history.popitem(last=False)
            del self._sent_ns[forgotten]
            self._resent_ns.pop(forgotten, None)
        self._transmit(turn, message)
        return self._last

    def sent_ns(self, generation: int, number: int) -> int | None:
        """When this was sent first; None when that is long ago, or it is of another life."""
        return self._sent_ns.get(number) if generation == self._life else None

    def send_unsequenced(self, turn: Turn, kind: str, *pairs: Pair) -> None:
        """Send a message that is never repeated: its type begins with NS_."""
        message = Message.of((fields.T, kind), *pairs, *self._source, *self._envelope(turn))
        self._transmit(turn, message)

    def resend(self, turn: Turn, first: int, last: int) -> None:
        """Answer a request: the same message again, or a word that it is gone.

        What the peer has acknowledged it cannot miss: as with a real node that is not answered.
        """
        first = max(first, self.acknowledged + 1)
        for seq in range(first, min(last, first + RESEND_MAX_PER_REQUEST - 1) + 1):
            if seq > self._last:
                return
            if turn.ns - self._resent_ns.get(seq, -RESEND_PAUSE_NS) < RESEND_PAUSE_NS:
                continue
            if not self._may_answer(turn):
                return
            message = self._history.get(seq)
            if message is None:
                self._refuse(turn, seq)
            else:
                self._resent_ns[seq] = turn.ns
                self._transmit(turn, message)

    def on_acknowledged(self, seq: int) -> None:
        """Note it, unless it is of a message that was never sent."""
        if seq <= self._last:
            self.acknowledged = max(self.acknowledged, seq)

    def forget_acknowledged(self) -> None:
        """The peer has started anew, and has nothing of what it acknowledged before."""
        self.acknowledged = 0

    def _may_answer(self, turn: Turn) -> bool:
        """Whether there is room for one more answer now. A request is small, and unsequenced: who
        repeats it could make this node send without end.
        """
        if turn.ns - self._answers_since_ns >= RESEND_PAUSE_NS:
            self._answers_since_ns = turn.ns
            self._answered = 0
        self._answered += 1
        return self._answered <= RESEND_MAX_PER_PAUSE

    def _refuse(self, turn: Turn, seq: int) -> None:
        # In hex, unlike the request: the real daemon writes it so (section 4.3).
        self.send_unsequenced(
            turn,
            fields.NS_NAK_REXMIT,
            (fields.FIRSTSEQ, f"{seq:x}"),
            (fields.DEST, self._params.peer),
            (fields.INFO, "seqno not found"),
        )

    def _envelope(self, turn: Turn) -> tuple[Pair, ...]:
        return (
            (fields.HG, self._generation),
            (fields.TS, f"{turn.wall_s:x}"),
            (fields.TTL, self._ttl),
        )

    def _transmit(self, turn: Turn, message: Message) -> None:
        seal = self._sealer(message)
        for state in self._links:
            if state.open:
                state.sent += 1
                data = seal(state)
                if state.echoes is not None:
                    state.echoes.expect(data)
                turn.do(SendPacket(link=state.link.name, data=data))

    def _sealer(self, message: Message) -> Callable[[LinkState], bytes]:
        """What makes the packet for each link: encoded as seldom as can be."""
        key, inner = self._params.keyring.current, self._params.inner_auth
        if message.kind == fields.STATUS:
            copies = Copies(message, key, varies=dialect.LINK, inner=inner)
            return lambda state: copies.seal(state.link.name, state.form)
        sealed = {form: seal(message, key, form, inner=inner) for form in self._links.forms}
        return lambda state: sealed[state.form]


def _ttl(params: Params) -> str:
    return str(params.hopfudge + NODES + len(params.ping))
