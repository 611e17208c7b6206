"""Questions to the other sidecar, by whose answers alone some of its words can be believed.

What it said while nobody heard it may arrive late, and what an earlier life of it said may have
been recorded. Nobody can have recorded the answer to a question that no earlier life of this node
has asked. So each question has a number, which begins with the life that asks.
"""

from typing import Final

from sidecar.core import dialect
from sidecar.wire.message import Message

_QUESTIONS_BITS: Final = 8
_QUESTIONS_END: Final = 1 << 32
"""A generation grows by one with each life and each second: its numbers come again after months."""


class Questions:
    """What was asked, and what is not answered yet."""

    def __init__(self, life: int) -> None:
        self._asked = (life << _QUESTIONS_BITS) % _QUESTIONS_END
        """The last question: its number is not one that an earlier life has asked."""
        self.proof = ""
        """The question by whose answer the peer proves that it speaks now; empty when it has."""
        self._awaited = ""
        """The number of the question whose answer alone tells what a returned peer holds now."""
        self.unanswered = False
        """The peer has returned, and has not told since what it holds."""
        self._confirming = ""
        """The number of the question by whose answer alone a forfeited claim is confirmed."""

    @property
    def awaits(self) -> bool:
        """An answer is waited for: without it nothing is believed, or no claim is confirmed."""
        return bool(self._awaited or self._confirming)

    def next(self) -> str:
        """The number of another question. Its answer is good for all that was asked before, too,
        and an older one for none of it.
        """
        number = self._next()
        self.proof = self.proof and number
        self._awaited = self._awaited and number
        self._confirming = self._confirming and number
        return number

    def again(self) -> str:
        """The number of what is asked once more: that of the answer which is waited for, so that
        one which takes longer than a keepalive still counts when it comes.
        """
        return self.proof or self._awaited or self._confirming or self._next()

    def demand_proof(self) -> None:
        """The peer is met, or it is a new life: of when its words are, is not known."""
        self.proof = self._next()

    def wait_for(self, number: str) -> None:
        """Nothing is believed until this is answered."""
        self._awaited = number
        self.unanswered = True

    def confirm_by(self, number: str) -> None:
        """A claim that was forfeited has come true: all that was said before may be over.

        A peer that cannot be heard counts as alive for a deadtime, and may claim the same just now.
        """
        self._confirming = number

    def wait_no_more(self) -> None:
        """The peer is gone, or is to be asked anew for all that it holds."""
        self._awaited = self._confirming = ""

    def take_proof(self, message: Message) -> bool:
        """Whether the other proves by this, and only now, that it speaks now."""
        if not self.proof or message.get(dialect.ANSWER) != self.proof:
            return False
        self.proof = ""
        return True

    def may_believe(self, message: Message) -> bool:
        """Whether what it tells is of now, as far as that is asked for; an answer is taken."""
        answer = message.get(dialect.ANSWER)
        if self._awaited and answer != self._awaited:
            return False
        self._awaited = ""
        self.unanswered = False
        if answer == self._confirming:
            self._confirming = ""
        return True

    def _next(self) -> str:
        self._asked = (self._asked + 1) % _QUESTIONS_END
        return f"{self._asked:x}"
