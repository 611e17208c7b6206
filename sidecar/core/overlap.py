"""Two sidecars that claim the same groups: which of them lets go.

While they cannot hear each other, both may claim everything. When they can again:

    wanted here, but was not free to take   it is the other's, if that has it: dropped at once
    claimed by both                         the older claim stays (safety rule 5, claims.py)

Whoever lets go is not stable until its addresses are gone: for so long there may be two owners.
A real Heartbeat node compares no claims: see reunion.py.
"""

from sidecar.core.claims import SIDES
from sidecar.core.groups import Groups
from sidecar.core.holdings import Holdings
from sidecar.core.peer import Peer
from sidecar.core.splitbrain import SplitBrain
from sidecar.core.standby import Standby
from sidecar.core.telling import Telling
from sidecar.core.terms import Holding
from sidecar.core.turn import Turn


class Overlap:
    """Lets go of what is the other sidecar's."""

    def __init__(
        self,
        groups: Groups,
        peer: Peer,
        *,
        holdings: Holdings,
        telling: Telling,
        standby: Standby,
        split_brain: SplitBrain,
    ) -> None:
        self.releasing = False
        """Something was let go of here, and its addresses are not gone yet."""
        self.keeps_warm = False
        """A wish was dropped, and may be one again: its containers go on starting until then."""
        self._groups = groups
        self._peer = peer
        self._holdings = holdings
        self._telling = telling
        self._standby = standby
        self._split_brain = split_brain

    def drop_wishes(self, turn: Turn) -> None:
        """What is wanted here and was not free to take is the returned peer's, if it has it."""
        why = f"{self._peer.name} is back and may hold it"
        for side in SIDES:
            if side in self._holdings.mine and self._groups.are_only_wished(side):
                # Or a slow one begins anew with each life of a peer that starts over and over.
                self.keeps_warm = True
                for group in self._groups.of(side):
                    group.set_warm(turn, warm=True)
                self._let_go(turn, side, "peer_returned", why)

    def resolve(self, turn: Turn) -> None:
        """The other has told all that it holds: of what both claim, the older claim stays."""
        holdings = self._holdings
        if not self._peer.is_sidecar:
            return
        if holdings.other_stable:
            self._standby.other_told(turn)
        if not self._standby.idle:
            return
        overlap = holdings.mine & holdings.other.swapped
        suspicious = bool(holdings.contested) and not self._split_brain.suspected
        if suspicious:
            self._split_brain.suspect(turn)
        # What is only wished for is claimed when it comes true, and may be the other's until then.
        confirmed = holdings.confirm(self._groups.held & holdings.mine & ~overlap)
        lost = [s for s in SIDES if s in overlap and not holdings.claims.keeps(s)]
        for side in lost:
            self._let_go(turn, side, "conflict", f"{self._peer.name} has the older claim")
        # Also by who keeps it: the other may not have resolved what it was told in a hand-over.
        if lost or confirmed or suspicious:
            self._telling.tell(turn)

    def _let_go(self, turn: Turn, side: Holding, reason: str, why: str) -> None:
        self._holdings.drop(turn, side, reason, why)
        self.releasing = True

    def advance(self, turn: Turn) -> None:
        """After every step: is what was let go of gone, and are there two owners no more?"""
        if self.releasing and all(g.released for g in self._groups if not g.wanted):
            self.releasing = False
            self._telling.tell(turn)
        if self.keeps_warm and self._is_known_whose():
            self.keeps_warm = False
            for group in self._groups:
                group.set_warm(turn, warm=False)
        if self._split_brain.suspected and self._peer.is_sidecar and self._is_over():
            why = f"{self._peer.name} holds {self._holdings.other.word} now"
            self._split_brain.end(turn, why)

    def _is_known_whose(self) -> bool:
        """Each side has its node, and no takeover or hand-over is prepared."""
        known = self._holdings.other_stable and not self._holdings.orphaned
        return known and self._standby.idle and not self._peer.doubtful

    def _is_over(self) -> bool:
        """Neither node is on its way to let go, either: nor when the other one spoke last, which
        may have been while a hand-over was under way here.
        """
        settled = self._holdings.other_stable and self._standby.idle and not self.releasing
        return settled and not self._holdings.contested
