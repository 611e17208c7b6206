"""How two nodes find out who holds what: the resource negotiation (protocol section 6, R1 to R6).

Two bits per node, LOCAL and FOREIGN, say what it has decided to hold. Each node tells its bits in
``resource`` messages, always from its own point of view, and whether it is through with moving
things (``isstable``). The states and what moves them are in the table below.

Between two sidecars nobody waits for R5: when the other has told its holdings all is known, and
its claims and ours cannot overlap. Where nobody is there to negotiate with, see takeover.py.
"""

from typing import Final

from sidecar.core.groups import Groups
from sidecar.core.holdings import Holdings
from sidecar.core.legacy import Legacy
from sidecar.core.machine import Transitions, move
from sidecar.core.occurrences import BecameStable
from sidecar.core.overlap import Overlap
from sidecar.core.peer import Peer
from sidecar.core.questions import Questions
from sidecar.core.telling import Telling
from sidecar.core.terms import HOLDING_OF_WORD, SECOND, Holding, ResourceState
from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.message import Message

RESOURCE_WAIT_NS: Final = 10 * SECOND
SAY_AGAIN_NS: Final = 3 * SECOND
TRANSITIONS: Final[Transitions[ResourceState]] = {
    (ResourceState.INIT, ResourceState.STARTING): "R1 communication is up",
    (ResourceState.STARTING, ResourceState.BOTHSTARTING): "R2 the other starts, too",
    (ResourceState.STARTING, ResourceState.RSCRCVD): "R3 the other tells what it holds",
    (ResourceState.BOTHSTARTING, ResourceState.RSCRCVD): "R3 holdings are told",
    (ResourceState.RSCRCVD, ResourceState.STABLE): "R4 the other is stable or a sidecar, R5 10 s",
    (ResourceState.STARTING, ResourceState.STABLE): "R7 R8 the other is gone",
    (ResourceState.INIT, ResourceState.SHUTDOWN): "TERM",
    (ResourceState.STARTING, ResourceState.SHUTDOWN): "TERM",
    (ResourceState.RSCRCVD, ResourceState.SHUTDOWN): "TERM",
    (ResourceState.STABLE, ResourceState.SHUTDOWN): "TERM",
}


class Negotiation:
    """How far this node is in it, and what each word of the other does to that."""

    def __init__(
        self,
        groups: Groups,
        peer: Peer,
        *,
        holdings: Holdings,
        telling: Telling,
        questions: Questions,
        overlap: Overlap,
        legacy: Legacy,
        timers: Timers,
        alone: Then,
    ) -> None:
        """``alone``: this node is up, and the other counts as dead already."""
        self.state = ResourceState.INIT
        self._groups = groups
        self._peer = peer
        self._holdings = holdings
        self._telling = telling
        self._questions = questions
        self._overlap = overlap
        self._legacy = legacy
        self._timers = timers
        self._alone = alone

    @property
    def settled(self) -> bool:
        """It is known who holds what, and this node is not stopping."""
        return self.state is ResourceState.STABLE

    @property
    def decided(self) -> bool:
        """What is not wanted here may be let go of."""
        return self.state in (ResourceState.STABLE, ResourceState.SHUTDOWN)

    def _become(self, state: ResourceState) -> None:
        self.state = move(TRANSITIONS, self.state, state)

    # --- R1, R2: start -------------------------------------------------------------------------

    def begin(self, turn: Turn) -> None:
        """Communication is up (R1)."""
        if self.state is ResourceState.SHUTDOWN:
            return  # the stop came first
        self._become(ResourceState.STARTING)
        if self._legacy.spoken:
            self._become(ResourceState.STABLE)
            self._holdings.other_stable = True
            self._legacy.begin(turn)
            return
        self._say_up(turn)
        if not self._peer.alive:
            self._alone(turn)

    def _say_up(self, turn: Turn) -> None:
        """The other answers, unless it was lost: what a new life says first is missed by nobody who
        has not heard it before. If two nodes miss each other's, both would wait for ever.
        """
        self._telling.start(turn)
        self._timers.arm("say up again", turn.ns + SAY_AGAIN_NS, self._say_up_again)

    def _say_up_again(self, turn: Turn) -> None:
        if self.state is ResourceState.STARTING:
            self._say_up(turn)

    def on_starting(self, turn: Turn) -> None:
        """The other is up and wants to know what we hold (R2)."""
        self._holdings.other_stable = False
        if self.state is ResourceState.INIT:
            return
        if self.state is ResourceState.STARTING:
            self._become(ResourceState.BOTHSTARTING)
        self._telling.tell(turn)
        self._receive_resources(turn)

    def _receive_resources(self, turn: Turn) -> None:
        if self.state in (ResourceState.STARTING, ResourceState.BOTHSTARTING):
            self._become(ResourceState.RSCRCVD)
            self._timers.arm("resource wait", turn.ns + RESOURCE_WAIT_NS, self._waited)

    def _waited(self, turn: Turn) -> None:
        """Nobody else will move first (R5)."""
        if self.state is ResourceState.RSCRCVD:
            self._settle(turn, "the other did not settle within 10 s")

    # --- R3, R4, R6: what the other holds ------------------------------------------------------

    def on_resource(self, turn: Turn, message: Message) -> None:
        """What the other holds, from the newest of its messages."""
        told = HOLDING_OF_WORD.get(message.get(fields.RSC_HOLD) or "")
        if told is None or self._legacy.spoken:
            return
        seq = message.hex_int(fields.SEQ) or 0
        if self._questions.take_proof(message):
            # A recorded packet may have been the first that was heard of it. What is missing since
            # then it may have said to an earlier life of this node, and it would send that again.
            self._peer.inbound.forget_before(seq)
        if not self._questions.may_believe(message):
            self._telling.answer(turn, message)
            return
        self._receive_resources(turn)
        full = message.get(fields.RTYPE) == "full"
        self._holdings.learn(told, full=full, seq=seq)
        self._holdings.claims.learn(message)
        self._learn_stability(turn, message)
        if full:
            self._overlap.resolve(turn)
        self._telling.answer(turn, message)
        known = self._holdings.other_stable or self._peer.is_sidecar
        if self.state is ResourceState.RSCRCVD and known:
            self._settle(turn, f"{self._peer.name} holds {self._holdings.other.word}")

    def _learn_stability(self, turn: Turn, message: Message) -> None:
        match message.get(fields.ISSTABLE):
            case "1" if not self._holdings.other_stable:
                self._holdings.other_stable = True
                if self.state is not ResourceState.INIT:
                    self._telling.tell(turn)
            case "0":
                self._holdings.other_stable = False
            case _:
                pass

    def _settle(self, turn: Turn, why: str) -> None:
        self._timers.disarm("resource wait")
        self._become(ResourceState.STABLE)
        holdings = self._holdings
        free = Holding.FOREIGN not in holdings.other
        if free and Holding.LOCAL not in holdings.mine:
            holdings.claim(turn, Holding.LOCAL, reason="start", why=why)
        self._reattach(turn)
        turn.tell(BecameStable(holding=holdings.mine.word, why=why))
        self._telling.tell(turn)

    def _reattach(self, turn: Turn) -> None:
        """What an earlier life of ours held, and still has in the kernel, is taken up again."""
        holdings = self._holdings
        left = any(group.addresses.any_left for group in self._groups.of(Holding.FOREIGN))
        if left and Holding.LOCAL not in holdings.other and Holding.FOREIGN not in holdings.mine:
            why = "this node held it before its restart"
            holdings.failback_armed = True
            holdings.claim(turn, Holding.FOREIGN, reason="reattach", why=why)

    # --- R7, R8, TERM: no more to negotiate ----------------------------------------------------

    def settle_alone(self) -> bool:
        """The other is gone; whether this node had not settled before."""
        self._timers.disarm("resource wait")
        if self.settled:
            return False
        self._become(ResourceState.STABLE)
        return True

    def stop(self) -> None:
        self._become(ResourceState.SHUTDOWN)
