"""What maintenance keeps from being taken of a dead peer, until it may be taken.

Maintenance that ends, or a person who asks for it, lets it happen. Of a peer that is heard again,
or by a node that stops, nothing is to be taken any more. A node that starts takes up what prefers
it all the same, since nobody is known to have it, and what it held when it was killed, since that
moves nothing.
"""

from sidecar.core.groups import Groups
from sidecar.core.holdings import Holdings
from sidecar.core.occurrences import TakeoverWithheld
from sidecar.core.telling import Telling
from sidecar.core.terms import Holding
from sidecar.core.turn import Turn


class Withheld:
    """The takeover that is owed, with its reason and why."""

    def __init__(self, groups: Groups, holdings: Holdings, telling: Telling) -> None:
        self._groups = groups
        self._holdings = holdings
        self._telling = telling
        self._owed: tuple[Holding, str, str] | None = None

    def hold_back(
        self, turn: Turn, missing: Holding, reason: str, why: str, *, before: Holding
    ) -> Holding:
        """Take note of what is not taken now; what may be taken all the same.

        ``before``: what an earlier life of this node held, where this one decides for the first
        time.
        """
        own = missing & (before | Holding.LOCAL if reason == "start" else before)
        owed = missing & ~own
        was_owed, self._owed = self._owed, (owed, reason, why)
        groups = self._groups.of(owed)
        if groups and self._owed != was_owed:
            turn.tell(TakeoverWithheld(groups=tuple(g.name for g in groups), why=why))
        return own

    @property
    def sides(self) -> Holding:
        """The sides that are owed still, and not held here by now."""
        return self._owed[0] & ~self._holdings.mine if self._owed is not None else Holding.NONE

    def take(self, turn: Turn) -> None:
        """Maintenance is over, or a person asks for it: what is owed still is claimed."""
        if self._owed is None:
            return
        which, (_, reason, why) = self.sides, self._owed
        self._owed = None
        if which:
            self._holdings.claim(turn, which, reason=reason, why=why)
            self._telling.tell(turn, info="req_our_resources()")

    def forget(self) -> None:
        self._owed = None
