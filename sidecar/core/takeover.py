"""Who holds which groups: the resource negotiation (protocol section 6, rules R1 to R9).

Two bits per node, LOCAL and FOREIGN, say what it has decided to hold. Each node tells its bits in
``resource`` messages, always from its own point of view, and whether it is through with moving
things (``isstable``). The states and what moves them are in the table below.

Between two sidecars nobody waits for R5: when the other has told its holdings all is known, and
its claims and ours cannot overlap. R9, and what else may move when all is well, is in moves.py.
What may be believed of the other's words is in questions.py, how two owners are told in
splitbrain.py, what maintenance withholds in withheld.py.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from sidecar.core import dialect
from sidecar.core.claims import SIDES, Claims
from sidecar.core.damping import ASKED, Damping
from sidecar.core.group import Group
from sidecar.core.groups import Groups
from sidecar.core.legacy import Legacy
from sidecar.core.machine import Transitions, move
from sidecar.core.occurrences import BecameStable
from sidecar.core.outbox import Outbox
from sidecar.core.params import Params
from sidecar.core.peer import Peer
from sidecar.core.questions import Questions
from sidecar.core.splitbrain import SplitBrain
from sidecar.core.standby import Standby
from sidecar.core.terms import (
    HOLDING_OF_WORD,
    SECOND,
    AutoFailback,
    Holding,
    ResourceState,
)
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.core.withheld import Withheld
from sidecar.wire import fields
from sidecar.wire.message import Message

RESOURCE_WAIT_NS: Final = 10 * SECOND
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


class Takeover:
    """This node's side of the negotiation. Owns the groups and the standby protocol."""

    def __init__(
        self,
        params: Params,
        peer: Peer,
        *,
        outbox: Outbox,
        timers: Timers,
        rng: Random,
        life: int,
        all_ping_lost: Callable[[], bool],
        frozen: Callable[[], bool],
    ) -> None:
        self.state = ResourceState.INIT
        self.mine = Holding.NONE
        self.other = Holding.NONE
        self.other_stable = False
        self.groups = Groups(
            params,
            peer,
            timers=timers,
            rng=rng,
            news=self,
            isolated=lambda: not peer.alive and all_ping_lost(),
            decided=lambda: self.state in (ResourceState.STABLE, ResourceState.SHUTDOWN),
            frozen=frozen,
        )
        self.split_brain = SplitBrain(self.groups, peer)
        self.damping = Damping(params, timers)
        self.standby = Standby(self.groups, peer, outbox=outbox, timers=timers, holdings=self)
        self._peer = peer
        self._outbox = outbox
        self._timers = timers
        self._is_legacy = params.auto_failback is AutoFailback.LEGACY
        self.legacy = Legacy(self.groups, peer, outbox=outbox, timers=timers, holdings=self)
        self.claims = Claims()
        self.failback_armed = False
        self._frozen = frozen
        self._withheld = Withheld(self.groups)
        self._releasing = False
        self._questions = Questions(life)

    @property
    def speaks_legacy(self) -> bool:
        """The peer is a real Heartbeat node, and ha.cf says ``auto_failback legacy``."""
        return self._is_legacy and self._peer.met and not self._peer.is_sidecar

    @property
    def other_settled(self) -> bool:
        """Stable, or of those that never say so."""
        return self.other_stable or self.speaks_legacy

    @property
    def stable(self) -> bool:
        return self.state is ResourceState.STABLE and self.standby.idle

    def _become(self, state: ResourceState) -> None:
        self.state = move(TRANSITIONS, self.state, state)

    # --- R1, R2: start -------------------------------------------------------------------------

    def begin(self, turn: Turn) -> None:
        """Communication is up (R1)."""
        if self.state is ResourceState.SHUTDOWN:
            return  # the stop came first
        self._become(ResourceState.STARTING)
        if self.speaks_legacy:
            self._become(ResourceState.STABLE)
            self.other_stable = True
            self.legacy.begin(turn)
            return
        self._outbox.send(turn, fields.STARTING)
        if not self._peer.alive:
            self.peer_died(turn)

    def on_starting(self, turn: Turn) -> None:
        """The other is up and wants to know what we hold (R2)."""
        self.other_stable = False
        if self.state is ResourceState.INIT:
            return
        if self.state is ResourceState.STARTING:
            self._become(ResourceState.BOTHSTARTING)
        self._tell(turn)
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
        if told is None or self.speaks_legacy:
            return
        question = dialect.decode_number(message.get(dialect.ASK))
        if not self._questions.may_believe(message):
            if question:
                self._tell(turn, answer=question)
            return
        self._receive_resources(turn)
        full = message.get(fields.RTYPE) == "full"
        self.other = told if full or not told else self.other | told
        self.claims.learn(message)
        match message.get(fields.ISSTABLE):
            case "1" if not self.other_stable:
                self.other_stable = True
                if self.state is not ResourceState.INIT:
                    self._tell(turn)
            case "0":
                self.other_stable = False
            case _:
                pass
        if full:
            self._resolve_overlap(turn)
        if question:
            self._tell(turn, answer=question)
        if self.state is ResourceState.RSCRCVD and (self.other_stable or self._peer.is_sidecar):
            self._settle(turn, f"{self._peer.name} holds {self.other.word}")

    def _settle(self, turn: Turn, why: str) -> None:
        self._timers.disarm("resource wait")
        self._become(ResourceState.STABLE)
        free = Holding.FOREIGN not in self.other
        if free and Holding.LOCAL not in self.mine:
            self.claim(turn, Holding.LOCAL, vouched=False, reason="start", why=why)
        self._reattach(turn)
        turn.tell(BecameStable(holding=self.mine.word, why=why))
        self._tell(turn)

    def _reattach(self, turn: Turn) -> None:
        """What an earlier life of ours held, and still has in the kernel, is taken up again."""
        left = any(group.any_address_left for group in self.groups.of(Holding.FOREIGN))
        if left and Holding.LOCAL not in self.other and Holding.FOREIGN not in self.mine:
            why = "this node held it before its restart"
            self.arm_failback()
            self.claim(turn, Holding.FOREIGN, vouched=False, reason="reattach", why=why)

    # --- R7, R8: the other is gone -------------------------------------------------------------

    def peer_died(self, turn: Turn) -> None:
        """Nobody else serves, as far as we can hear (R7); the probe has the last word."""
        was_left = self._peer.left
        self._take_all(
            turn,
            vouched=was_left,
            reason="peer_left" if was_left else "peer_dead" if self._peer.met else "start",
            why=f"{self._peer.name} is dead",
        )
        # After it: what was warmed for a hand-over is needed now, and must not be paused between.
        self.standby.cancel(turn, f"{self._peer.name} died")

    def peer_left(self, turn: Turn) -> None:
        """It has released everything and says so (R8)."""
        self._take_all(
            turn, vouched=True, reason="peer_left", why=f"{self._peer.name} is shutting down"
        )
        self.standby.cancel(turn, f"{self._peer.name} is shutting down")

    def _take_all(self, turn: Turn, *, vouched: bool, reason: str, why: str) -> None:
        self._questions.wait_no_more()
        self.other = Holding.NONE
        self.other_stable = True
        if self.state in (ResourceState.INIT, ResourceState.SHUTDOWN):
            return
        self._timers.disarm("resource wait")
        was_stable = self.state is ResourceState.STABLE
        if not was_stable:
            self._become(ResourceState.STABLE)
        self.failback_armed = True
        self._withheld.forget()
        missing = Holding.ALL & ~self.mine
        if self._frozen() and not vouched:
            missing = self._withheld.hold_back(turn, missing, reason, why)
        if missing:
            self.claim(turn, missing, vouched=vouched, reason=reason, why=why)
            self._tell(turn, info="req_our_resources()")
        if not was_stable:
            turn.tell(BecameStable(holding=self.mine.word, why=why))

    @property
    def withheld(self) -> Holding:
        """The sides of a dead peer that are not taken because of maintenance."""
        return self._withheld.sides(self.mine)

    def take_withheld(self, turn: Turn) -> None:
        """Maintenance is over, or a person asks for it."""
        owed = self._withheld.take(self.mine)
        if owed is not None and owed[0]:
            which, reason, why = owed
            self.claim(turn, which, vouched=False, reason=reason, why=why)
            self._tell(turn, info="req_our_resources()")

    # --- the other is back ---------------------------------------------------------------------

    def peer_met(self, turn: Turn) -> None:
        """First contact: of when these words are, is not known yet.

        Who had settled alone must show what it holds: the other may have, too.
        """
        # Until it has told what it holds, it is still on its way: a real node ignores, and so
        # blocks for 10 s, whatever is offered to it before.
        self._withheld.forget()
        self.other = Holding.NONE
        self.other_stable = False
        self._questions.demand_proof()
        if self.state is ResourceState.STABLE and self._peer.is_sidecar:
            self.peer_returned(turn)

    def peer_restarted(self, turn: Turn) -> None:
        """A new life has decided nothing yet, and will ask.

        Its kernel may still have what an earlier one held, and then it goes on with that.
        """
        self.standby.cancel(turn, f"{self._peer.name} restarted")
        if self._peer.is_sidecar and self.state is ResourceState.STABLE:
            self._drop_wishes(turn)
        self._questions.wait_no_more()
        self._withheld.forget()
        self._questions.demand_proof()
        self.other = Holding.NONE
        self.other_stable = False

    def peer_returned(self, turn: Turn) -> None:
        """It was only cut off. A real Heartbeat restarts itself now; a sidecar compares claims."""
        self._withheld.forget()
        self.other = Holding.NONE
        self.other_stable = False
        if not self._peer.is_sidecar or self.state is not ResourceState.STABLE:
            return
        self._drop_wishes(turn)
        # What it said while nobody heard it may arrive only now: a kernel keeps packets until it
        # knows the receiver's hardware address. Only an answer to a question of now is true now.
        self._questions.renew_proof()
        self._questions.wait_for(self.ask(turn))

    def _drop_wishes(self, turn: Turn) -> None:
        """What is wanted here and was not free to take is the returned peer's, if it has it."""
        for side in SIDES:
            if side in self.mine and self._is_only_a_wish(side):
                self.drop(turn, side, "peer_returned", f"{self._peer.name} is back and may hold it")
                self._releasing = True

    def _is_only_a_wish(self, side: Holding) -> bool:
        """A claim that is on its way to the kernel is more: it cannot be called back, and a peer
        that heard that nothing is wanted here might take what is about to be held.
        """
        groups = self.groups.of(side)
        return any(not g.held for g in groups) and not any(g.claiming for g in groups)

    # --- two owners ----------------------------------------------------------------------------

    def _resolve_overlap(self, turn: Turn) -> None:
        """Both claim the same side: the older claim stays (safety rule 5)."""
        if not self._peer.is_sidecar or not self.standby.idle:
            return
        overlap = self.mine & self.other.swapped
        if self._contested() and not self.split_brain.suspected:
            self.split_brain.suspect(turn)
        self._look_for_its_end(turn)
        for side in SIDES:
            if side in self.mine and side not in overlap:
                self.claims.confirm(side)
        lost = [s for s in SIDES if s in overlap and not self.claims.keeps(s)]
        for side in lost:
            self.drop(turn, side, "conflict", f"{self._peer.name} has the older claim")
        if lost:
            self._releasing = True
            self._tell(turn, stable=False)

    def _contested(self) -> Holding:
        """The sides with groups that both claim."""
        return self.split_brain.contested(self.mine, self.other)

    def _look_for_its_end(self, turn: Turn) -> None:
        # Whoever lets go is not stable until its addresses are gone: so long there may be two.
        releasing = self._releasing or not self.other_stable
        if not self.split_brain.suspected or releasing or self._contested():
            return
        self.split_brain.end(turn, f"{self._peer.name} holds {self.other.word} now")

    # --- holdings change -----------------------------------------------------------------------

    def take(self, turn: Turn, which: Holding, reason: str, why: str) -> None:
        """The other has let go of these in a hand-over."""
        self.claim(turn, which, vouched=True, reason=reason, why=why)

    def let_go(self, turn: Turn, which: Holding, reason: str, why: str) -> None:
        """The other is about to take these in a hand-over."""
        for side in SIDES:
            if side in which:
                self.drop(turn, side, reason, why)
        self._tell(turn, stable=False, info="standby")

    def standby_ended(self, turn: Turn) -> None:
        if self.state is ResourceState.STABLE:
            self._tell(turn)

    def arm_failback(self) -> None:
        """What is taken now goes back when its preferred node can serve again."""
        self.failback_armed = True

    def claim(self, turn: Turn, which: Holding, *, vouched: bool, reason: str, why: str) -> None:
        """Decide to hold these. The bits change before anything runs, as with Heartbeat (R6).

        A goodbye or a hand-over vouches only for a peer that has proved that it speaks now: what an
        earlier life said may have been recorded, and a node that starts knows no generation yet.
        Otherwise the address is asked for.
        """
        vouched = vouched and not (self._peer.is_sidecar and self._questions.proof)
        self.mine |= which
        for side in SIDES:
            if side in which:
                self.claims.renew(side, blind=not self._peer.met)
        # A real node names no reason when it hands over: nobody knows whether it was asked to.
        known = reason != ASKED or self._peer.is_sidecar
        for group in self.groups.of(which):
            if known and not group.wanted:
                self.damping.moved(turn, group.name, reason)
            group.want(turn, vouched=vouched, reason=reason, why=why)

    def adopt(self, turn: Turn, side: Holding) -> None:
        """Neither node claims this side: take it."""
        if side is Holding.FOREIGN:
            self.arm_failback()
        self.claim(turn, side, vouched=False, reason="orphan", why="nobody holds it")
        self._tell(turn)

    def reconfigure(self, turn: Turn, params: Params) -> None:
        """Groups that came are taken up where their side is held; the others are left alone."""
        self._is_legacy = params.auto_failback is AutoFailback.LEGACY
        self.damping.reconfigure(params)
        for group in self.groups.reconfigure(params):
            if self.groups.side_of(group) & self.mine:
                group.want(turn, vouched=False, reason="reload", why="haresources has changed")

    def shut_down(self, turn: Turn, why: str) -> None:
        """Give up everything, for good."""
        self._become(ResourceState.SHUTDOWN)
        self.standby.cancel(turn, why)
        for side in SIDES:
            self.drop(turn, side, "shutdown", why)
        self._tell(turn, info="shutdown")

    def drop(self, turn: Turn, side: Holding, reason: str, why: str) -> None:
        self.mine &= ~side
        for group in self.groups.of(side):
            if group.wanted:
                self.damping.moved(turn, group.name, reason)
            group.give_up(turn, reason=reason, why=why)

    def ask_again(self, turn: Turn) -> None:
        """The other is not known to be through with moving things: perhaps it was not heard."""
        self._questions.ask_again(self.ask(turn))

    def ask(self, turn: Turn) -> str:
        """Say what is held, and ask the other sidecar to do the same; the question's number."""
        number = self._questions.next()
        self._tell(turn, ask=number)
        return number

    def _tell(
        self,
        turn: Turn,
        *,
        stable: bool = True,
        info: str = "",
        ask: str = "",
        answer: str = "",
    ) -> None:
        """Say what is held (section 6.7)."""
        if self.speaks_legacy:
            return
        is_stable = stable and self.state is ResourceState.STABLE and not self._releasing
        pairs = [
            (fields.RSC_HOLD, self.mine.word),
            (fields.RTYPE, "full"),
            (fields.ISSTABLE, "1" if is_stable else "0"),
        ]
        if info:
            pairs.append((fields.INFO, info))
        if ask := ask or self._questions.proof:
            pairs.append((dialect.ASK, ask))
        if answer:
            pairs.append((dialect.ANSWER, answer))
        self._outbox.send(turn, fields.RESOURCE, *pairs, (dialect.TERMS, self.claims.encode()))

    # --- news of the groups --------------------------------------------------------------------

    def group_held(self, turn: Turn, group: Group) -> None:
        """A real Heartbeat expects to hear that foreign groups run here now (R7)."""
        if self._peer.alive:
            self.claims.confirm(self.groups.side_of(group))
        is_foreign = self.groups.side_of(group) is Holding.FOREIGN
        if is_foreign and not self.other and self.standby.idle and not self.speaks_legacy:
            hold = (fields.RSC_HOLD, Holding.FOREIGN.word)
            self._outbox.send(turn, fields.RESOURCE, hold, (fields.INFO, "mach_down"))

    def group_lost(self, turn: Turn, group: Group) -> None:
        """While it was away another may have taken it: this claim is the younger one now."""
        del turn
        self.claims.forfeit(self.groups.side_of(group))

    def advance(self, turn: Turn) -> None:
        """After every step: take what steps have become possible."""
        if not self._frozen():
            self.take_withheld(turn)
        self.groups.advance(turn)
        self.standby.advance(turn)
        self.legacy.advance(turn)
        if self._releasing and all(g.released for g in self.groups if not g.wanted):
            self._releasing = False
            self._tell(turn)
            self._look_for_its_end(turn)
