"""What each of the two nodes holds, as this one knows it, and how what is held here changes.

To hold a side is a decision, and the bits change before anything runs, as with Heartbeat (R6); what
it takes to serve it is the groups' business. A claim and a drop are counted as moves (damping.py),
and each claim has an age (claims.py).
Never decides what is to be held, and never tells it: see takeover.py and telling.py.
"""

from typing import Final

from sidecar.core.claims import SIDES, Claims
from sidecar.core.damping import ASKED, Damping
from sidecar.core.groups import Groups
from sidecar.core.peer import Peer
from sidecar.core.questions import Questions
from sidecar.core.terms import Holding
from sidecar.core.turn import Turn

NO_MOVE: Final = ("peer_returned", "conflict")
"""Why a node drops what it only wished for: the other one has had it all the time."""


class Holdings:
    """The bits of both nodes, each in its own words: what is LOCAL here is FOREIGN there."""

    def __init__(
        self, groups: Groups, peer: Peer, *, damping: Damping, questions: Questions
    ) -> None:
        self.mine = Holding.NONE
        self.other = Holding.NONE
        self.other_stable = False
        """Whether the other is through with moving things."""
        self.told_seq = 0
        """The number of the last message in which it told what it holds."""
        self.claims = Claims()
        self.failback_armed = False
        """What is taken now goes back when its preferred node can serve again."""
        self._groups = groups
        self._peer = peer
        self._damping = damping
        self._questions = questions

    # --- the other's ---------------------------------------------------------------------------

    def learn(self, told: Holding, *, full: bool, seq: int) -> None:
        """The other holds this; ``full``: and nothing else."""
        self.told_seq = seq
        self.other = told if full or not told else self.other | told

    def forget_other(self) -> None:
        """What the other holds now is not known: it will tell."""
        self.other = Holding.NONE
        self.other_stable = False

    # --- ours ----------------------------------------------------------------------------------

    def claim(
        self, turn: Turn, which: Holding, *, reason: str, why: str, vouched_until_ns: int = 0
    ) -> None:
        """Decide to hold these. ``vouched_until_ns``: the other says that it has let go of them,
        and its word is good until then.

        A goodbye or a hand-over vouches only for a peer that has proved that it speaks now: what an
        earlier life said may have been recorded, and a node that starts knows no generation yet.
        Otherwise the address is asked for.
        """
        if self._unproved:
            vouched_until_ns = 0
        self.mine |= which
        for side in SIDES:
            if side in which:
                self.claims.renew(side, blind=not self._knows_terms)
        # A real node names no reason when it hands over: nobody knows whether it was asked to.
        known = reason != ASKED or self._peer.is_sidecar
        for group in self._groups.of(which):
            if known and not group.wanted:
                self._damping.moved(turn, group.name, reason)
            group.want(turn, vouched_until_ns=vouched_until_ns, reason=reason, why=why)

    def drop(self, turn: Turn, which: Holding, reason: str, why: str) -> None:
        """Decide to hold these no more, one side after the other."""
        for side in SIDES:
            if side in which:
                self._drop_side(turn, side, reason, why)

    def _drop_side(self, turn: Turn, side: Holding, reason: str, why: str) -> None:
        self.mine &= ~side
        for group in self._groups.of(side):
            if reason in NO_MOVE and group.awaited_for:
                self._damping.came_to_nothing(turn, group.name, group.awaited_for)
            elif group.wanted:
                self._damping.moved(turn, group.name, reason)
            group.give_up(turn, reason=reason, why=why)

    def confirm(self, which: Holding) -> bool:
        """The other is heard and does not hold these: the claims are as good as any.

        True if one has got a term, which the other has to know before it claims anything itself.
        """
        if not self._knows_terms or self._questions.awaits:
            return False
        confirmed = [side for side in SIDES if side in which and self.claims.confirm(side)]
        return bool(confirmed)

    @property
    def _knows_terms(self) -> bool:
        """What is known of the other's claims is of now."""
        return self._peer.met and not self._unproved

    @property
    def _unproved(self) -> bool:
        """What the other said may have been recorded, or it has claimed something since."""
        open_ones = self._questions.proof or self._questions.unanswered
        return self._peer.is_sidecar and bool(open_ones)

    # --- both ----------------------------------------------------------------------------------

    @property
    def contested(self) -> Holding:
        """The sides with groups that both nodes claim."""
        return self._with_groups(self.mine & self.other.swapped)

    @property
    def orphaned(self) -> Holding:
        """The sides with groups that neither node claims."""
        other = self.other.swapped
        if self.mine is other.rest:  # as it should be, and nearly always is
            return Holding.NONE
        return self._with_groups(Holding.ALL & ~(self.mine | other))

    def _with_groups(self, which: Holding) -> Holding:
        for side in SIDES:
            if not self._groups.of(side):
                which &= ~side
        return which
