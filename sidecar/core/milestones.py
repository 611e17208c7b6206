"""What is told of one group's coming and going: that it began and why, each phase, that it is over.

Times are measured from the decision. What comes about without a decision, such as an address that
is lost and found again, is told in other words, and not here.
"""

from typing import Final

from sidecar.core.occurrences import (
    GiveUpBegan,
    GiveUpDone,
    TakeoverBegan,
    TakeoverDone,
    TakeoverPhase,
)
from sidecar.core.turn import Turn

_NO_TIME: Final = -1


class Milestones:
    """The last coming or going of one group."""

    def __init__(self, group: str) -> None:
        self.why = ""
        """The sentence that was given when it last came or went."""
        self._group = group
        self._reason = ""
        self._since_ns = _NO_TIME
        self._phases: set[str] = set()

    @property
    def under_way(self) -> bool:
        return self._since_ns != _NO_TIME

    @property
    def reason(self) -> str:
        """Of what is under way; empty when nothing is."""
        return self._reason if self.under_way else ""

    def begin_takeover(self, turn: Turn, reason: str, why: str) -> None:
        self._begin(turn, reason, why)
        turn.tell(TakeoverBegan(groups=(self._group,), reason=reason, why=why))

    def begin_give_up(self, turn: Turn, reason: str, why: str) -> None:
        self._begin(turn, reason, why)
        turn.tell(GiveUpBegan(groups=(self._group,), reason=reason, why=why))

    def reach(self, turn: Turn, phase: str) -> None:
        """A phase is through, for the first time in this takeover."""
        if phase in self._phases or not self.under_way:
            return
        self._phases.add(phase)
        turn.tell(TakeoverPhase(group=self._group, phase=phase, took_ns=turn.ns - self._since_ns))

    def end_takeover(self, turn: Turn) -> None:
        took_ns = self._end(turn)
        turn.tell(TakeoverDone(groups=(self._group,), reason=self._reason, took_ns=took_ns))

    def end_give_up(self, turn: Turn) -> None:
        took_ns = self._end(turn)
        turn.tell(GiveUpDone(groups=(self._group,), took_ns=took_ns))

    def _begin(self, turn: Turn, reason: str, why: str) -> None:
        self.why = why
        self._reason = reason
        self._since_ns = turn.ns
        self._phases.clear()

    def _end(self, turn: Turn) -> int:
        took_ns = turn.ns - self._since_ns
        self._since_ns = _NO_TIME
        return took_ns
