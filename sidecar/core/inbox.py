"""What the peer says: checked, put in order, and only then believed.

A packet that is not authentic, not the peer's, or not of its present life is rejected, counted by
reason, and changes nothing (protocol sections 2.1, 3 and 4). What remains is handed on once, each
kind in its newest form: an older status or resource message that arrives late says nothing new.
"""

from typing import Final, Protocol

from sidecar.core import dialect
from sidecar.core.beat import Beat, read_beat
from sidecar.core.links import Links, LinkState
from sidecar.core.occurrences import PacketsLost
from sidecar.core.outbox import Outbox
from sidecar.core.params import Boot, Params
from sidecar.core.peer import Peer
from sidecar.core.repeats import ECHO_NS
from sidecar.core.sequence import Verdict
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.codec import verified
from sidecar.wire.errors import Malformed, WireError
from sidecar.wire.glance import Glance, glance
from sidecar.wire.message import Message

NO_UUID: Final = bytes(16)
_ONLY_NEWEST: Final = (fields.STATUS, fields.RESOURCE)


class Listener(Protocol):
    """Who acts on the peer's messages."""

    def heard(self, turn: Turn, message: Message) -> None:
        """A message for this node, other than a status."""


class Inbox:
    """From bytes to the peer's words."""

    def __init__(
        self,
        params: Params,
        boot: Boot,
        peer: Peer,
        *,
        links: Links,
        outbox: Outbox,
        timers: Timers,
        listener: Listener,
    ) -> None:
        self._node = params.node
        self._uuid = boot.uuid
        self._keyring = params.keyring
        self._peer = peer
        self._peer_name = params.peer.encode()
        self._links = links
        self._outbox = outbox
        self._timers = timers
        self._listener = listener
        self._newest: dict[str, int] = {}

    def reconfigure(self, params: Params) -> None:
        self._keyring = params.keyring

    @property
    def upto(self) -> tuple[int, int] | None:
        """Generation and number of the peer's newest status; None before the first of a life."""
        generation, number = self._peer.inbound.generation, self._newest.get(fields.STATUS)
        return None if generation is None or number is None else (generation, number)

    def receive(self, turn: Turn, link: LinkState, data: bytes) -> bool:
        """Whether anything can have changed by it: False when it was refused.

        The cheapest refusals come first, because whoever floods a link has no key.
        """
        if link.echoes is not None and link.echoes.take(data):
            return False
        if link.repeats.has(data, turn.ns):
            link.count_rejected("repeated")
            return False
        glanced = glance(data)
        of_peer = glanced.source == self._peer_name
        if of_peer and self._peer.inbound.is_past(glanced.generation, glanced.seq):
            link.reject(turn, "replay", "its generation or number is of the past")
            return False
        try:
            envelope = verified(data, self._keyring)
            if not (of_peer and glanced.sequenced) and not link.repeats.may_chatter(turn.ns):
                link.reject(turn, "flood", "more of this kind than honest nodes send")
                return False
            if of_peer and glanced.sequenced and self._is_second_copy(link, glanced, data):
                link.repeats.remember(data)
                self._links.heard(turn, link)
                return False
            verdict = self._accept(turn, link, envelope.open().message)
        except WireError as error:
            link.reject(turn, error.reason, str(error))
            return False
        if verdict is None:
            link.repeats.remember(data, turn.ns + ECHO_NS)
        elif verdict is not Verdict.EARLY:  # an early one may come again in its time
            link.repeats.remember(data)
        return verdict is not Verdict.REPLAY

    def _is_second_copy(self, link: LinkState, glanced: Glance, data: bytes) -> bool:
        """Whether all that it says is known: its number from another link, its link from before.

        Half of what two nodes with two links hear is of this kind, and need not be read. It is
        authentic, so that a glance is as good as a look.
        """
        known = self._peer.inbound.is_known(glanced.generation, glanced.seq)
        return known and link.peer_name != "" and dialect.names_link(data, link.peer_name)

    def _accept(self, turn: Turn, link: LinkState, message: Message) -> Verdict | None:
        """How a sequenced message of the peer was judged; None for what has no number of its."""
        source = message.get(fields.SRC)
        if not message.kind or source is None or not message.hex_int(fields.TS):
            raise Malformed("a message needs t, src and ts")
        if source == self._node:
            self._hear_own_name(turn, link, message)
        elif source != self._peer.name:
            link.reject(turn, "foreign_node", f"{source!r:.60} is no node of this cluster")
        elif message.kind.startswith(fields.UNSEQUENCED_PREFIX):
            self._links.heard(turn, link)
            self._hear_unsequenced(turn, message)
        else:
            return self._hear_sequenced(turn, link, message)
        return None

    def _hear_own_name(self, turn: Turn, link: LinkState, message: Message) -> None:
        uuid = message.get_bytes(fields.SRCUUID)
        if uuid is not None and uuid != self._uuid:
            link.reject(turn, "same_name", f"another machine calls itself {self._node}, too")

    # --- sequenced messages --------------------------------------------------------------------

    def _hear_sequenced(self, turn: Turn, link: LinkState, message: Message) -> Verdict:
        seq = message.hex_int(fields.SEQ)
        if seq is None:
            raise Malformed("a sequenced message needs seq")
        generation = message.hex_int(fields.HG) or 0
        beat = read_beat(message) if message.kind == fields.STATUS else None
        inbound = self._peer.inbound
        verdict = inbound.judge(generation, seq, turn.ns, is_status=beat is not None)
        if verdict is Verdict.REPLAY:
            link.reject(turn, "replay", f"generation {generation:x} number {seq:x} is of the past")
            return verdict
        if beat is not None:
            link.peer_name = beat.link
        self._links.heard(turn, link)
        if verdict not in (Verdict.DUPLICATE, Verdict.EARLY):
            self._take_in(turn, message, seq=seq, beat=beat, verdict=verdict)
        return verdict

    def _take_in(
        self, turn: Turn, message: Message, *, seq: int, beat: Beat | None, verdict: Verdict
    ) -> None:
        """A message that was not seen before."""
        self._watch_gaps()
        self._acknowledge(turn, message.kind, seq)
        if verdict is Verdict.NEW_LIFE:
            self._newest.clear()
            self._outbox.forget_acknowledged()
        if not self._is_news(message.kind, seq):
            return
        if beat is not None:
            self._links.told_by_peer(beat.heard)
            self._peer.on_status(turn, beat, verdict)
        elif self._is_for_us(message):
            self._listener.heard(turn, message)

    def _is_news(self, kind: str, seq: int) -> bool:
        if kind == fields.STARTING:  # what it asks for is superseded by the asker's own holdings
            return seq > self._newest.get(fields.RESOURCE, 0)
        if kind not in _ONLY_NEWEST:
            return True
        if seq < self._newest.get(kind, 0):
            return False
        self._newest[kind] = seq
        return True

    def _is_for_us(self, message: Message) -> bool:
        uuid = message.get_bytes(fields.DESTUUID)
        if uuid is not None and uuid != NO_UUID:
            return uuid == self._uuid
        return message.get(fields.DEST) in (None, self._node)

    def _acknowledge(self, turn: Turn, kind: str, seq: int) -> None:
        # A node that says goodbye waits for this one: it need not linger.
        goodbye = kind == fields.SHUTDONE and self._peer.is_sidecar
        due = self._peer.acknowledges and self._peer.inbound.ack_due(seq)
        if goodbye or due:
            self._outbox.send_unsequenced(
                turn,
                fields.NS_ACKMSG,
                (fields.DEST, self._peer.name),
                (fields.ACKSEQ, f"{seq:x}"),
            )

    # --- retransmission ------------------------------------------------------------------------

    def _watch_gaps(self) -> None:
        at_ns = self._peer.inbound.next_request_ns()
        if at_ns is None:
            self._timers.disarm("request missing")
        else:
            self._timers.arm("request missing", at_ns, self._request_missing)

    def _request_missing(self, turn: Turn) -> None:
        inbound = self._peer.inbound
        lost = inbound.take_losses()
        # In decimal, unlike every other number (section 4.3).
        for seq in inbound.take_requests(turn.ns):
            self._outbox.send_unsequenced(
                turn,
                fields.NS_REXMIT,
                (fields.DEST, self._peer.name),
                (fields.FIRSTSEQ, str(seq)),
                (fields.LASTSEQ, str(seq)),
            )
        if lost:
            turn.tell(
                PacketsLost(node=self._peer.name, count=len(lost), first=lost[0], last=lost[-1])
            )
        self._watch_gaps()

    def _hear_unsequenced(self, turn: Turn, message: Message) -> None:
        if message.get(fields.DEST) != self._node:
            return
        match message.kind:
            case fields.NS_REXMIT:
                first = message.dec_int(fields.FIRSTSEQ)
                last = message.dec_int(fields.LASTSEQ)
                if first is not None and last is not None:
                    self._outbox.resend(turn, first, last)
            case fields.NS_NAK_REXMIT:
                refused = message.hex_int(fields.FIRSTSEQ)
                if refused is not None:
                    self._peer.inbound.fill(refused)
                    self._watch_gaps()
            case fields.NS_ACKMSG:
                acknowledged = message.hex_int(fields.ACKSEQ)
                if acknowledged is not None:
                    self._outbox.on_acknowledged(acknowledged)
            case _:
                return
