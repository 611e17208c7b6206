"""Who holds which groups (protocol section 6), and what becomes of it when the other node goes and
comes back (rules R7 and R8). The parts that decide the rest of it are put together here:

    what both nodes hold, and how ours changes        holdings.py
    how that is told, and asked for                   telling.py
    what may be believed of the other's words         questions.py
    R1 to R6: until both nodes know who holds what    negotiation.py
    two sidecars that claim the same                  overlap.py
    a real Heartbeat node that claims the same        reunion.py
    what maintenance keeps from being taken           withheld.py
    a hand-over between two nodes that are well       standby.py
    R9, and what else may move when all is well       moves.py
    the old protocol, which tells no holdings         legacy.py
"""

from collections.abc import Callable
from random import Random

from sidecar.core.damping import Damping
from sidecar.core.group import Group
from sidecar.core.groups import Groups
from sidecar.core.holdings import Holdings
from sidecar.core.legacy import Legacy
from sidecar.core.negotiation import Negotiation
from sidecar.core.occurrences import BecameStable
from sidecar.core.outbox import Outbox
from sidecar.core.overlap import Overlap
from sidecar.core.params import Params
from sidecar.core.peer import Peer
from sidecar.core.questions import Questions
from sidecar.core.splitbrain import SplitBrain
from sidecar.core.standby import Standby
from sidecar.core.telling import Telling
from sidecar.core.terms import Holding, ResourceState
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.core.withheld import Withheld


class Takeover:
    """Owns the groups, and all that decides on which node they are."""

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
        self.groups = Groups(
            params,
            peer,
            timers=timers,
            rng=rng,
            news=self,
            theirs=lambda: self.holdings.other.swapped,
            isolated=lambda: not peer.alive and all_ping_lost(),
            decided=lambda: self.negotiation.decided,
            frozen=frozen,
        )
        self.damping = Damping(params, timers)
        self._questions = Questions(life)
        self.holdings = Holdings(self.groups, peer, damping=self.damping, questions=self._questions)
        self.legacy = Legacy(
            params, self.groups, peer, outbox=outbox, timers=timers, holdings=self.holdings
        )
        self.telling = Telling(
            self.holdings,
            outbox=outbox,
            legacy=self.legacy,
            questions=self._questions,
            settled=lambda: self.negotiation.settled and not self.overlap.releasing,
        )
        self.standby = Standby(
            self.groups,
            peer,
            outbox=outbox,
            timers=timers,
            holdings=self.holdings,
            telling=self.telling,
            ended=self._standby_ended,
        )
        self.split_brain = SplitBrain(self.groups, peer)
        self.overlap = Overlap(
            self.groups,
            peer,
            holdings=self.holdings,
            telling=self.telling,
            standby=self.standby,
            split_brain=self.split_brain,
        )
        self.withheld = Withheld(self.groups, self.holdings, self.telling)
        self.negotiation = Negotiation(
            self.groups,
            peer,
            holdings=self.holdings,
            telling=self.telling,
            questions=self._questions,
            overlap=self.overlap,
            legacy=self.legacy,
            timers=timers,
            alone=self.peer_died,
        )
        self._peer = peer
        self._outbox = outbox
        self._frozen = frozen

    @property
    def stable(self) -> bool:
        """This node is through with moving things."""
        return self.negotiation.settled and self.standby.idle

    @property
    def both_stable(self) -> bool:
        return self.stable and self.holdings.other_stable

    @property
    def awaits_answer(self) -> bool:
        """What the other holds is asked for: it has returned, or a claim here came true anew."""
        return self._questions.awaits

    @property
    def other_settled(self) -> bool:
        """Stable, or of those that never say so."""
        return self.holdings.other_stable or self.legacy.spoken

    def reconfigure(self, turn: Turn, params: Params) -> None:
        """Groups that came are taken up where their side is held; the others are left alone."""
        self.legacy.reconfigure(params)
        self.damping.reconfigure(params)
        self.damping.look_anew(turn)
        for group in self.groups.reconfigure(params):
            if self.groups.side_of(group) & self.holdings.mine:
                group.want(turn, reason="reload", why="haresources has changed")

    def advance(self, turn: Turn) -> None:
        """After every step: take what steps have become possible."""
        if not self._frozen():
            self.withheld.take(turn)
        self.groups.advance(turn)
        self.standby.advance(turn)
        self.legacy.advance(turn)
        self.overlap.advance(turn)

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
        holdings = self.holdings
        holdings.other = Holding.NONE
        holdings.other_stable = True
        if self.negotiation.state in (ResourceState.INIT, ResourceState.SHUTDOWN):
            return
        settles = self.negotiation.settle_alone()
        holdings.failback_armed = True
        missing = Holding.ALL & ~holdings.mine
        if self._frozen() and not vouched:
            before = self.groups.left if settles else Holding.NONE
            missing = self.withheld.hold_back(turn, missing, reason, why, before=before)
        else:
            self.withheld.forget()
        if missing:
            left_ns = self._peer.left_ns if vouched else None
            until_ns = 0 if left_ns is None else self._peer.vouches_until_ns(left_ns)
            holdings.claim(turn, missing, vouched_until_ns=until_ns, reason=reason, why=why)
            self.telling.tell(turn, info="req_our_resources()")
        if settles:
            turn.tell(BecameStable(holding=holdings.mine.word, why=why))

    # --- the other is back ---------------------------------------------------------------------

    def peer_met(self, turn: Turn) -> None:
        """First contact: of when these words are, is not known yet.

        Who had settled alone must show what it holds: the other may have, too.
        """
        # Until it has told what it holds, it is still on its way: a real node ignores, and so
        # blocks for 10 s, whatever is offered to it before. It is asked by reunion.py.
        self._know_nothing_of_it()
        self._questions.demand_proof()
        if self.negotiation.settled and self._peer.is_sidecar:
            self.peer_returned(turn)

    def peer_restarted(self, turn: Turn) -> None:
        """A new life has decided nothing yet, and will ask.

        Its kernel may still have what an earlier one held, and then it goes on with that.
        """
        self.standby.cancel(turn, f"{self._peer.name} restarted")
        for group in self.groups:
            group.doubt_word()  # the new life may take what the earlier one let go of
        if self._peer.is_sidecar and self.negotiation.settled:
            self.overlap.drop_wishes(turn)
        self._know_nothing_of_it()
        self._questions.demand_proof()

    def peer_returned(self, turn: Turn) -> None:
        """It was only cut off. A real Heartbeat restarts itself now; a sidecar compares claims."""
        self._know_nothing_of_it()
        if not self._peer.is_sidecar or not self.negotiation.settled:
            return
        self.overlap.drop_wishes(turn)
        # What it said while nobody heard it may arrive only now: a kernel keeps packets until it
        # knows the receiver's hardware address. Only an answer to a question of now is true now.
        self._questions.wait_for(self.telling.ask(turn))

    def _know_nothing_of_it(self) -> None:
        self.withheld.forget()
        self.holdings.forget_other()
        self._questions.wait_no_more()

    # --- news of the groups --------------------------------------------------------------------

    def group_held(self, turn: Turn, group: Group) -> None:
        """With the other heard, the claim is as good as any; with it gone, this ends R7."""
        side = self.groups.side_of(group)
        # First, since it names no age: of two words the other one believes the newer only.
        if side is Holding.FOREIGN and not self.holdings.other and self.standby.idle:
            self.telling.tell_taken_over(turn)
        forfeited = self._peer.alive and self.holdings.claims.is_forfeited(side)
        if forfeited and side in self.groups.held:
            self._confirm(turn, side)

    def _confirm(self, turn: Turn, side: Holding) -> None:
        """Only an answer of now shows that the other is heard, and does not hold it; unless it
        cannot have held this node for dead meanwhile.
        """
        known = not self._peer.is_sidecar or self._was_just_heard(turn)
        if known and self.holdings.confirm(side):
            self.telling.tell(turn)
        elif self._peer.is_sidecar:
            self._questions.confirm_by(self.telling.ask(turn))

    def _was_just_heard(self, turn: Turn) -> bool:
        """Whether the other says that it has a status of ours which is not as old as a deadtime."""
        sent_ns = self._outbox.sent_ns(*self._peer.upto) if self._peer.upto else None
        return sent_ns is not None and turn.ns < self._peer.vouches_until_ns(sent_ns)

    def group_lost(self, turn: Turn, group: Group) -> None:
        """While it was away another may have taken it: this claim is the younger one now."""
        del turn
        self.holdings.claims.forfeit(self.groups.side_of(group))

    # --- an end, of a hand-over or of this node ------------------------------------------------

    def _standby_ended(self, turn: Turn) -> None:
        """Tell what is held now; a node that stops says something else."""
        if self.negotiation.settled:
            self.telling.tell(turn)

    def shut_down(self, turn: Turn, why: str) -> None:
        """Give up everything, for good."""
        self.negotiation.stop()
        self.legacy.stop()
        self.withheld.forget()
        self.standby.cancel(turn, why)
        self.holdings.drop(turn, Holding.ALL, "shutdown", why)
        for group in self.groups:
            group.retire(turn)
        self.telling.tell(turn, info="shutdown")
