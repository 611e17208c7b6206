"""Meeting a real Heartbeat node again that did not restart, or that holds what this node holds.

A real node that held this one for dead takes everything without asking, and restarts itself about
two seconds after it hears this one again (protocol section 6.8): until then nothing is decided, and
this node goes on serving. But it restarts only if it was deaf itself:

    this node alone was deaf   the real one never noticed, holds on, and says nothing unless asked.
                               What is merely wished for is withdrawn, and then it is asked.
    the real node is deaf      it may hold what this node holds for as long as that lasts, and it
                               never yields (section 6.5). So this node does, once the real one has
                               had the time to restart (safety rule 5: no two owners at rest).

Between two sidecars claims are compared instead: see overlap.py.
"""

from typing import Final

from sidecar.core.claims import SIDES
from sidecar.core.peer import Peer
from sidecar.core.takeover import Takeover
from sidecar.core.terms import SECOND, Holding
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn

ASK_AFTER_NS: Final = 3 * SECOND
YIELD_AFTER_NS: Final = 4 * SECOND


class Reunion:
    """Looks after what only the company of a real node can bring about."""

    def __init__(self, takeover: Takeover, peer: Peer, timers: Timers) -> None:
        self._takeover = takeover
        self._peer = peer
        self._timers = timers
        self._generation: int | None = None
        self.two_owners = False
        """Both claim the same, and this node does not announce against the real one: that one will
        not announce again when this node yields, while this node does when the real one lets go.
        """

    def peer_returned(self, turn: Turn) -> None:
        """It was held for dead, and the same life of it speaks again."""
        if not self._concerned():
            return
        takeover = self._takeover
        mere_wishes = [
            side
            for side in SIDES
            if side in takeover.holdings.mine and not all(g.held for g in takeover.groups.of(side))
        ]
        for side in mere_wishes:
            why = f"{self._peer.name} is back and may hold it"
            takeover.holdings.drop(turn, side, "peer_returned", why)
        if mere_wishes:
            takeover.telling.ask(turn)
        self._generation = self._peer.inbound.generation
        self._timers.arm("ask the real node", turn.ns + ASK_AFTER_NS, self._ask)

    def advance(self, turn: Turn) -> None:
        """After every step: are there two owners, or no more?"""
        contested = bool(self._contested()) and self._takeover.standby.idle
        if contested and not self.two_owners:
            self.two_owners = True
            self._takeover.split_brain.suspect(turn)
            self._timers.arm("yield", turn.ns + YIELD_AFTER_NS, self._yield)
        elif self.two_owners and not self._contested():
            self.two_owners = False
            self._timers.disarm("yield")
            why = f"{self._peer.name} holds {self._takeover.holdings.other.word}"
            self._takeover.split_brain.end(turn, why)

    def _concerned(self) -> bool:
        peer, takeover = self._peer, self._takeover
        return peer.alive and not peer.is_sidecar and takeover.stable and not takeover.legacy.spoken

    def _ask(self, turn: Turn) -> None:
        same_life = self._peer.inbound.generation == self._generation
        settled = self._takeover.holdings.other_stable
        if not self._concerned() or not same_life or self._peer.left or settled:
            return
        # It answers "starting" with what it holds, and then waits to hear that we are settled.
        self._takeover.telling.start(turn)
        self._takeover.telling.ask(turn)

    def _yield(self, turn: Turn) -> None:
        why = f"{self._peer.name} holds it, too, and does not let go"
        self._takeover.holdings.drop(turn, self._contested(), "conflict", why)
        self._takeover.telling.ask(turn)

    def _contested(self) -> Holding:
        """The sides with groups that a real node and this one both claim."""
        return self._takeover.holdings.contested if self._concerned() else Holding.NONE
