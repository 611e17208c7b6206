"""What a person asked for: ``sidecar standby`` and ``sidecar takeover``, and a peer's hb_takeover.

Each request is answered once: when it is done, when it cannot be, or when it took too long.
Names and meaning are those of hb_standby and hb_takeover (protocol section 6.4 e).
"""

from typing import Final

from sidecar.core.actions import Answer
from sidecar.core.events import StandbyRequested, TakeoverRequested
from sidecar.core.handover import Finished, HandOver
from sidecar.core.moves import Moves
from sidecar.core.outbox import Outbox
from sidecar.core.peer import Peer
from sidecar.core.takeover import Takeover
from sidecar.core.terms import HOLDING_OF_WORD, SECOND, Holding
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.wire import fields

TAKEOVER_MAX_NS: Final = 20 * SECOND
FAILBACK: Final = "failback"


class Operator:
    """Turns requests into hand-overs, and tells how they ended."""

    def __init__(
        self, takeover: Takeover, moves: Moves, peer: Peer, *, outbox: Outbox, timers: Timers
    ) -> None:
        self._takeover = takeover
        self._moves = moves
        self._peer = peer
        self._outbox = outbox
        self._timers = timers
        self._awaited: tuple[int, Holding] | None = None

    def on_standby(self, turn: Turn, event: StandbyRequested) -> None:
        which = self._meaning(event.which, failback=Holding.FOREIGN)
        if which is None:
            self._answer(turn, event.request, ok=False, text=f"unknown: {event.which!r}")
            return
        obstacle = self._moves.obstacle()
        if obstacle:
            self._answer(turn, event.request, ok=False, text=f"not possible now: {obstacle}")
            return
        if not any(group.wanted for group in self._takeover.groups.of(which)):
            text = f"nothing to hand over: this node holds no {which.word} groups"
            self._answer(turn, event.request, ok=True, text=text)
            return

        def finished(turn: Turn, *, ok: bool, text: str) -> None:
            self._answer(turn, event.request, ok=ok, text=text)

        self._begin(turn, which, finished)

    def on_takeover(self, turn: Turn, event: TakeoverRequested) -> None:
        which = self._meaning(event.which, failback=Holding.LOCAL)
        if which is None:
            self._answer(turn, event.request, ok=False, text=f"unknown: {event.which!r}")
        elif not self._takeover.groups.of(which):
            text = f"nothing to take over: there are no {which.word} groups"
            self._answer(turn, event.request, ok=True, text=text)
        elif self._holds(which):
            text = f"this node already holds {which.word}"
            self._forget_moves(turn, which)
            self._answer(turn, event.request, ok=True, text=text)
        elif self._awaited is not None:
            text = "another takeover is under way"
            self._answer(turn, event.request, ok=False, text=text)
        elif not self._peer.alive and which & self._takeover.withheld.sides:
            self._await(turn, event, which)
            self._takeover.withheld.take(turn)
        elif not self._peer.alive:
            text = f"{self._peer.name} is not heard: this node takes over as soon as it may"
            self._answer(turn, event.request, ok=False, text=text)
        else:
            self._await(turn, event, which)
            # Never "failback": a real node has no case for that word and gives up all.
            self._outbox.send(turn, fields.HB_TAKEOVER, (fields.RSC_HOLD, which.word))

    def _await(self, turn: Turn, event: TakeoverRequested, which: Holding) -> None:
        self._awaited = (event.request, which)
        self._timers.arm("takeover request", turn.ns + TAKEOVER_MAX_NS, self._too_slow)

    def _forget_moves(self, turn: Turn, which: Holding) -> None:
        """A person has decided where these are: what they did by themselves counts no more."""
        for group in self._takeover.groups.of(which):
            self._takeover.damping.forget(turn, group.name)

    def on_hb_takeover(self, turn: Turn, wanted: str) -> None:
        """The peer asks for groups: ``wanted`` is named from its point of view."""
        # A real node's script has no case for failback and gives up all (section 6.4 e). Who asks
        # for its own groups is given those, whichever kind of node it is.
        meant = self._meaning(wanted, failback=Holding.LOCAL) or Holding.NONE
        which = meant.swapped
        if which and not self._moves.obstacle():
            self._begin(turn, which, None)

    def advance(self, turn: Turn) -> None:
        if self._awaited is None:
            return
        request, which = self._awaited
        if self._holds(which):
            self._forget_moves(turn, which)
            self._end(turn, request, ok=True, text=f"this node holds {which.word}")

    def _begin(self, turn: Turn, which: Holding, finished: Finished | None) -> None:
        why = "an operator asked for it"
        hand_over = HandOver(which=which, reason="standby", why=why, finished=finished)
        self._takeover.standby.begin(turn, hand_over)

    def _holds(self, which: Holding) -> bool:
        groups = self._takeover.groups.of(which)
        return bool(groups) and all(group.held for group in groups)

    @staticmethod
    def _meaning(word: str, *, failback: Holding) -> Holding | None:
        holding = failback if word == FAILBACK else HOLDING_OF_WORD.get(word)
        return holding or None

    def _too_slow(self, turn: Turn) -> None:
        if self._awaited is not None:
            hindered = "did not hand over" if self._peer.alive else "is not there; not held here"
            text = f"{self._peer.name} {hindered} within 20 s"
            self._end(turn, self._awaited[0], ok=False, text=text)

    def _end(self, turn: Turn, request: int, *, ok: bool, text: str) -> None:
        self._awaited = None
        self._timers.disarm("takeover request")
        self._answer(turn, request, ok=ok, text=text)

    @staticmethod
    def _answer(turn: Turn, request: int, *, ok: bool, text: str) -> None:
        turn.do(Answer(request=request, ok=ok, text=text))
