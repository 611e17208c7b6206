"""A planned hand-over between two nodes that are both well (protocol section 6.3).

    giver  -> all : ask_resources X me        "I want to give X away"
    taker  -> all : ask_resources X other     "I take it"; ours says so when its containers serve
    giver         : releases the addresses, then stops what is to be stopped
    giver  -> all : ask_resources X done
    taker         : claims the addresses
    taker  -> all : ask_resources X done

Which words belong together is in handover.py. The states are in the table below.
Never decides whether a hand-over is wise: who begins one has decided that.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sidecar.core import dialect
from sidecar.core.group import Group
from sidecar.core.groups import Groups
from sidecar.core.handover import UNFIT, HandOver, offered_by, which_of
from sidecar.core.holdings import Holdings
from sidecar.core.machine import Transitions, move
from sidecar.core.occurrences import StandbyRefused
from sidecar.core.outbox import Outbox
from sidecar.core.peer import Peer
from sidecar.core.telling import Telling
from sidecar.core.terms import SECOND, Holding, StandbyState
from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.message import Message

TRANSITIONS: Final[Transitions[StandbyState]] = {
    (StandbyState.NOT, StandbyState.ME): "giver sends me",
    (StandbyState.ME, StandbyState.DONE): "the taker says other; giver releases and sends done",
    (StandbyState.NOT, StandbyState.OTHER): "the giver says me; taker warms up and sends other",
    (StandbyState.OTHER, StandbyState.DONE): "the giver says done; taker claims",
    (StandbyState.DONE, StandbyState.NOT): "the taker has sent done, or shows that it is through",
    (StandbyState.ME, StandbyState.NOT): "no answer, or the other is gone, or holds it",
    (StandbyState.OTHER, StandbyState.NOT): "too slow, or the other is gone, or holds it",
}
ANSWER_MAX_NS: Final = 10 * SECOND
OFFER_MAX_NS: Final = ANSWER_MAX_NS + 5 * SECOND
"""By then a sidecar has ended what it offered, or has begun to let go, and was heard to say so."""
STEP_MAX_NS: Final = 3600 * SECOND
STEP_MAX_SIDECAR_NS: Final = 60 * SECOND


class Standby:
    """This node's part in a hand-over, whichever it is."""

    def __init__(
        self,
        groups: Groups,
        peer: Peer,
        *,
        outbox: Outbox,
        timers: Timers,
        holdings: Holdings,
        telling: Telling,
        ended: Then,
    ) -> None:
        """``ended``: a hand-over is over, well or not; both nodes are free to move again."""
        self.state = StandbyState.NOT
        self._groups = groups
        self._peer = peer
        self._outbox = outbox
        self._timers = timers
        self._holdings = holdings
        self._telling = telling
        self._ended = ended
        self._current: HandOver | None = None
        self._offers = 0
        self._giving = False
        self._done_sent = False
        self._accepted_ns = 0
        """When the taker said ``other``; the giver's ``done`` shows that it was heard."""

    def _become(self, state: StandbyState) -> None:
        self.state = move(TRANSITIONS, self.state, state)

    @property
    def idle(self) -> bool:
        return self.state is StandbyState.NOT

    def begin(self, turn: Turn, hand_over: HandOver) -> None:
        """Give away. The caller has made sure that the other is well and nothing is under way."""
        assert self.idle
        self._offers += 1
        offer = dialect.encode_offer(self._offers, self._groups.node)
        self._current = replace(hand_over, offer=offer)
        self._giving = True
        self._done_sent = False
        self._become(StandbyState.ME)
        self._ask(turn, "me", (dialect.WHY, hand_over.reason))
        self._timers.arm("standby", turn.ns + ANSWER_MAX_NS, self._no_answer)

    def slept(self, turn: Turn) -> None:
        """For so long that the giver may have ended it and serves again: its word of then is old.

        A giver that slept has let go of nothing, or has not said so yet.
        """
        if self.state is StandbyState.OTHER:
            self._finish(turn, ok=False, text="this node did not run")

    def other_told(self, turn: Turn) -> None:
        """The other has told all that it holds, and is through with moving things.

        What both hold now, under way or not, it took when it did not hear this node for a deadtime:
        it knows of no hand-over any more, and the claims decide. What was given it may have taken
        so, too, and its ``done`` never comes.
        """
        if self._current is None:
            return
        if self._holdings.contested:
            self._finish(turn, ok=False, text=f"{self._peer.name} holds what this node holds")
        elif self._done_said and not self._current.which & ~self._holdings.other.swapped:
            self._finish(turn, ok=True, text=f"{self._peer.name} has taken over")

    def cancel(self, turn: Turn, why: str) -> None:
        """The other died or restarted, or does not answer."""
        if self.idle:
            return
        self._finish(turn, ok=False, text=why)

    def on_ask(self, turn: Turn, message: Message, *, may_take: Callable[[], bool]) -> None:
        """An ``ask_resources`` of the other node."""
        which = which_of(message)
        match message.get(fields.INFO), self.state:
            case "me", StandbyState.NOT if which and may_take():
                self._take_part(turn, message)
            case "me", StandbyState.OTHER if which and self._peer.is_sidecar:
                self._take_part_anew(turn, message)
            case "me", StandbyState.DONE if which and self._is_over_there():
                self._finish(turn, ok=True, text=f"{self._peer.name} is through with it")
                self.on_ask(turn, message, may_take=may_take)
            case "me", StandbyState.ME if which and self._yields():
                self._finish(turn, ok=False, text=f"{self._peer.name} offered one at the same time")
                self._take_part(turn, message)
            case "me", _:
                turn.tell(StandbyRefused(why=f"{self._peer.name} offers one while in flux"))
            case "other", StandbyState.ME if self._is_meant_by(message):
                self._give(turn)
            case "done", StandbyState.OTHER if self._is_given_by(message):
                self._take(turn)
            case "done", StandbyState.DONE if self._giving and self._is_meant_by(message):
                self._finish(turn, ok=True, text=f"{self._peer.name} has taken over")
            case _:
                return  # such as the word that ends a takeover after shutdone, which names anything

    def advance(self, turn: Turn) -> None:
        """Take the next step when the groups are as far as it needs."""
        if self._current is None:
            return
        if self.state is StandbyState.OTHER and not self._done_sent and self._is_warm():
            self._done_sent = True
            self._accepted_ns = turn.ns
            self._ask(turn, "other")
        elif self.state is StandbyState.DONE and not self._done_sent:
            if self._giving and self._is_released():
                self._done_sent = True
                self._ask(turn, "done")
                if self._peer.is_sidecar and self._holdings.other_stable:
                    self.other_told(turn)  # perhaps before
            elif not self._giving and (self._is_held() or self._fails()):
                # A taker that fails ends the hand-over all the same, so that another can begin.
                self._done_sent = True
                self._ask(turn, "done")
                self._finish(turn, ok=True, text="taken over")
        self._give_up_if_vain(turn)

    def _give_up_if_vain(self, turn: Turn) -> None:
        """Before anything was let go, a taker that turns out unfit ends it, on both nodes."""
        if self.state is StandbyState.ME and self._peer.ready is False:
            self._finish(turn, ok=False, text=f"{self._peer.name} says that it is not ready")
        elif self.state is StandbyState.OTHER and not self._done_sent and self._fails():
            self._finish(turn, ok=False, text="this node cannot serve what it was to take")

    def _yields(self) -> bool:
        """Whether our offer goes back behind the other's, of two that crossed."""
        return self._peer.is_sidecar and self._groups.node > self._peer.name

    # --- giver ---------------------------------------------------------------------------------

    def _give(self, turn: Turn) -> None:
        current = self._current
        assert current is not None
        self._become(StandbyState.DONE)
        self._arm_step(turn)
        if self._peer.is_sidecar:
            self._peer.agree(turn)
        self._holdings.drop(turn, current.which, current.reason, current.why)
        self._telling.tell(turn, stable=False, info="standby")
        self.advance(turn)

    def _no_answer(self, turn: Turn) -> None:
        self._finish(turn, ok=False, text=f"{self._peer.name} did not answer within 10 s")

    @property
    def _done_said(self) -> bool:
        """What was given is gone, and the taker was told."""
        return self._giving and self.state is StandbyState.DONE and self._done_sent

    def _is_released(self) -> bool:
        # What a reload took out of its group meanwhile must have gone, too.
        return all(g.released for g in self._moving()) and not self._groups.retiring

    # --- taker ---------------------------------------------------------------------------------

    def _take_part(self, turn: Turn, message: Message) -> None:
        self._current = offered_by(self._peer.name, message)
        self._giving = self._done_sent = False
        self._become(StandbyState.OTHER)
        for group in self._moving():
            group.set_warm(turn, warm=True)
        if self._peer.is_sidecar:
            self._timers.arm("standby", turn.ns + OFFER_MAX_NS, self._offer_is_old)
        else:
            self._arm_step(turn)
        self.advance(turn)

    def _take_part_anew(self, turn: Turn, message: Message) -> None:
        """The giver has begun anew: its first offer came to nothing."""
        before = self._moving()
        self._become(StandbyState.NOT)
        self._take_part(turn, message)
        if self.idle:
            return  # it has come to nothing already
        for group in before:
            if group not in self._moving():
                group.set_warm(turn, warm=False)

    def _take(self, turn: Turn) -> None:
        current = self._current
        assert current is not None
        self._become(StandbyState.DONE)
        self._done_sent = False
        which = current.which.swapped
        if Holding.FOREIGN in which & ~self._holdings.mine:
            # Whatever brought it here before: an operator's wish stands. But for what comes only.
            self._holdings.failback_armed = current.reason in UNFIT
        self._holdings.claim(
            turn,
            which,
            vouched_until_ns=self._peer.vouches_until_ns(self._accepted_ns),
            reason=current.reason,
            why=current.why,
        )
        self.advance(turn)

    def _is_given_by(self, message: Message) -> bool:
        """Not if the giver told, after this word of its, that it holds it: it held this node for
        dead, and knows of no hand-over any more.
        """
        if self._current is None or not self._current.is_meant_by(message):
            return False
        before = (message.hex_int(fields.SEQ) or 0) < self._holdings.told_seq
        return not (before and self._current.which & self._holdings.other)

    def _offer_is_old(self, turn: Turn) -> None:
        if self.state is StandbyState.OTHER and self._holdings.other_stable:
            self._finish(turn, ok=False, text=f"{self._peer.name} does not wait for it any more")
        else:
            self._arm_step(turn)

    def _is_warm(self) -> bool:
        return all(g.serves for g in self._moving())

    def _fails(self) -> bool:
        containers = (c for group in self._moving() for c in group.containers)
        return any(c.failed for c in containers) or any(g.failing for g in self._moving())

    def _is_held(self) -> bool:
        return all(g.held for g in self._moving())

    # --- both ----------------------------------------------------------------------------------

    def _is_over_there(self) -> bool:
        """Who offers something has no hand-over under way, even if its last word was lost."""
        return self._peer.is_sidecar and (self._done_said or not self._giving)

    def _is_meant_by(self, message: Message) -> bool:
        """Whether a word belongs to the hand-over that is under way."""
        return self._current is not None and self._current.is_meant_by(message)

    def _moving(self) -> tuple[Group, ...]:
        """The groups under way, as this node sees them."""
        assert self._current is not None
        which = self._current.which
        return self._groups.of(which if self._giving else which.swapped)

    def _ask(self, turn: Turn, info: str, *more: tuple[str, str]) -> None:
        assert self._current is not None
        pairs = [(fields.RSC_HOLD, self._current.which.word), (fields.INFO, info), *more]
        if self._current.offer:
            pairs.append((dialect.OFFER, self._current.offer))
        self._outbox.send(turn, fields.ASK_RESOURCES, *pairs)

    def _arm_step(self, turn: Turn) -> None:
        limit_ns = STEP_MAX_SIDECAR_NS if self._peer.is_sidecar else STEP_MAX_NS
        self._timers.arm("standby", turn.ns + limit_ns, self._too_slow)

    def _too_slow(self, turn: Turn) -> None:
        self._finish(turn, ok=False, text="the hand-over did not come to its end in time")

    def _finish(self, turn: Turn, *, ok: bool, text: str) -> None:
        current, self._current = self._current, None
        assert current is not None
        self._become(StandbyState.NOT)
        self._timers.disarm("standby")
        if not self._peer.doubtful:  # else the takeover that is prepared may yet come
            for group in self._groups:
                group.set_warm(turn, warm=False)
        if not ok:
            turn.tell(StandbyRefused(why=text))
        self._ended(turn)
        if current.finished is not None:
            current.finished(turn, ok=ok, text=text)
