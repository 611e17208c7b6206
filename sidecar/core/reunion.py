"""Meeting a real Heartbeat node again that did not restart, or that holds what this node holds.

A real node that held this one for dead takes everything without asking, and restarts itself about
two seconds after it hears this one again (protocol section 6.8): until then nothing is decided, and
this node goes on serving. But it restarts only if it was deaf itself:

    this node alone was deaf   the real one never noticed, holds on, and says nothing unless asked.
                               What is merely wished for is withdrawn, and then it is asked.
    the real node is deaf      it may hold what this node holds for as long as that lasts, and it
                               never yields (section 6.5). So this node does, once the real one has
                               had the time to restart (safety rule 5: no two owners at rest).
    neither had heard of the   each served alone. To the real node this one has just started, and
    other in this life         will ask: but the words with which it did are lost.

With the old protocol nobody tells what it holds: then each is to have its own (legacy.py).
Between two sidecars claims are compared instead: see overlap.py.
"""

from typing import Final

from sidecar.core.claims import SIDES
from sidecar.core.peer import Peer
from sidecar.core.takeover import Takeover
from sidecar.core.terms import SECOND, Holding, NodeStatus
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn

ASK_AFTER_NS: Final = 3 * SECOND
SHARE_AFTER_NS: Final = 10 * SECOND
"""A real node that restarts says so last of all where the old protocol is spoken."""
YIELD_AFTER_NS: Final = 4 * SECOND
SILENCE_NS: Final = ASK_AFTER_NS + 1 * SECOND
"""So long the answer may take before what is held here is announced again."""


class Reunion:
    """Looks after what only the company of a real node can bring about."""

    def __init__(self, takeover: Takeover, peer: Peer, timers: Timers) -> None:
        self._takeover = takeover
        self._peer = peer
        self._timers = timers
        self._generation: int | None = None
        self._both_claim = False

    @property
    def two_owners(self) -> bool:
        """Both claim the same, or may, and this node does not announce against the real one: that
        one will not announce again when this node yields, while this node does when the real one
        lets go.
        """
        return self._both_claim or self._timers.is_armed("silence")

    def peer_met(self, turn: Turn) -> None:
        """First contact: one that has just started asks by itself, and has decided nothing yet."""
        if self._peer.status is NodeStatus.ACTIVE and self._beside_a_real_node():
            self._meet(turn, share_after_ns=ASK_AFTER_NS)
            self._fall_silent(turn)

    def peer_returned(self, turn: Turn) -> None:
        """It was held for dead, and the same life of it speaks again."""
        self._meet(turn, share_after_ns=SHARE_AFTER_NS)

    def _meet(self, turn: Turn, *, share_after_ns: int) -> None:
        if not self._beside_a_real_node():
            return
        self._generation = self._peer.inbound.generation
        legacy = self._takeover.legacy.spoken
        if not legacy:
            self._drop_wishes(turn)
        after_ns = share_after_ns if legacy else ASK_AFTER_NS
        self._timers.arm("ask the real node", turn.ns + after_ns, self._ask)

    def _drop_wishes(self, turn: Turn) -> None:
        takeover = self._takeover
        mine, groups = takeover.holdings.mine, takeover.groups
        mere_wishes = [side for side in SIDES if side in mine and groups.are_only_wished(side)]
        for side in mere_wishes:
            why = f"{self._peer.name} is back and may hold it"
            takeover.holdings.drop(turn, side, "peer_returned", why)
        if mere_wishes:
            takeover.telling.ask(turn)

    def advance(self, turn: Turn) -> None:
        """After every step: are there two owners, or no more?"""
        contested = bool(self._contested()) and self._takeover.standby.idle
        if contested and not self._both_claim:
            self._both_claim = True
            self._takeover.split_brain.suspect(turn)
            self._timers.arm("yield", turn.ns + YIELD_AFTER_NS, self._yield)
        elif self._both_claim and not self._contested():
            self._both_claim = False
            self._timers.disarm("yield")
            why = f"{self._peer.name} holds {self._takeover.holdings.other.word}"
            self._takeover.split_brain.end(turn, why)
        if self._timers.is_armed("silence") and self._is_answered():
            self._timers.disarm("silence")
            self._speak(turn)

    def _fall_silent(self, turn: Turn) -> None:
        for group in self._takeover.groups:
            for address in group.addresses:
                address.hush()
        self._timers.arm("silence", turn.ns + SILENCE_NS, self._speak)

    def _speak(self, turn: Turn) -> None:
        if not self._both_claim:
            for group in self._takeover.groups:
                group.addresses.announce(turn)

    def _is_answered(self) -> bool:
        return self._takeover.holdings.other_stable or not self._beside_a_real_node()

    def _beside_a_real_node(self) -> bool:
        return self._peer.alive and not self._peer.is_sidecar and self._takeover.stable

    def _concerned(self) -> bool:
        return self._beside_a_real_node() and not self._takeover.legacy.spoken

    def _ask(self, turn: Turn) -> None:
        takeover = self._takeover
        same_life = self._peer.inbound.generation == self._generation
        if not self._beside_a_real_node() or not same_life or self._peer.left:
            return
        if takeover.legacy.spoken:
            takeover.legacy.share(turn)
        elif not takeover.holdings.other_stable:
            # It answers "starting" with what it holds, and then waits to hear that we are settled.
            takeover.telling.start(turn)
            takeover.telling.ask(turn)

    def _yield(self, turn: Turn) -> None:
        why = f"{self._peer.name} holds it, too, and does not let go"
        self._takeover.holdings.drop(turn, self._contested(), "conflict", why)
        self._takeover.telling.ask(turn)

    def _contested(self) -> Holding:
        """The sides with groups that a real node and this one both claim."""
        return self._takeover.holdings.contested if self._concerned() else Holding.NONE
