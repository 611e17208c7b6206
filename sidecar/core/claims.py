"""Who claimed first. A claim carries a term, one higher than any that was known when it was made.

After a partition both nodes compare the terms of what both hold: the lower term is the older claim
and stays; of equal ones the preferred node's stays. Both compute the same, without any clock
(safety rule 5: the owner that has held longest keeps the address).
"""

from typing import Final

from sidecar.core import dialect
from sidecar.core.terms import Holding
from sidecar.wire.message import Message

SIDES: Final = (Holding.LOCAL, Holding.FOREIGN)


FORFEITED: Final = 0xFFFF_FFFF  # the youngest claim there can be


class Claims:
    """The terms of this node's and the other's claims, both keyed by this node's sides."""

    def __init__(self) -> None:
        self._ours = dict.fromkeys(SIDES, 0)
        self._theirs = dict.fromkeys(SIDES, 0)

    def renew(self, side: Holding, *, blind: bool = False) -> None:
        """This node claims the side now; ``blind``: it has not heard the other in this life.

        Who claims blindly knows no terms, and must not pass for the oldest for that.
        """
        if blind:
            self._ours[side] = FORFEITED
            return
        known = [t for t in (self._ours[side], self._theirs[side]) if t != FORFEITED]
        self._ours[side] = max(known, default=0) + 1

    def forfeit(self, *sides: Holding) -> None:
        """This node slept, or lost what it held: whoever claims it now has the older claim."""
        self._ours |= dict.fromkeys(sides, FORFEITED)

    def is_forfeited(self, side: Holding) -> bool:
        return self._ours[side] == FORFEITED

    def confirm(self, side: Holding) -> bool:
        """The other does not hold it: the claim is as good as any. True if it has got a term."""
        forfeited = self.is_forfeited(side)
        if forfeited:
            self.renew(side)
        return forfeited

    def learn(self, message: Message) -> None:
        terms = dialect.decode_terms(message.get(dialect.TERMS))
        if terms is not None:
            self._theirs = {Holding.FOREIGN: terms[0], Holding.LOCAL: terms[1]}

    def keeps(self, side: Holding) -> bool:
        """Whether this node keeps a side that both claim."""
        ours, theirs = self._ours[side], self._theirs[side]
        return ours < theirs or (ours == theirs and side is Holding.LOCAL)

    def encode(self) -> str:
        return f"{self._ours[Holding.LOCAL]:x},{self._ours[Holding.FOREIGN]:x}"
