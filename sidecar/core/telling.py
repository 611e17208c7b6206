"""How a node tells what it holds, and asks the other for the same (protocol section 6.7).

Each ``resource`` message says all of it, from this node's own point of view, and whether this node
is through with moving things (``isstable``). To another sidecar it carries more: the age of the
claims (claims.py), a question, and the answer to one (questions.py).
Where the old protocol is spoken, nothing is told (legacy.py).
"""

from collections.abc import Callable

from sidecar.core import dialect
from sidecar.core.holdings import Holdings
from sidecar.core.legacy import Legacy
from sidecar.core.outbox import Outbox
from sidecar.core.questions import Questions
from sidecar.core.terms import Holding
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.message import Message


class Telling:
    """Says what is held here."""

    def __init__(
        self,
        holdings: Holdings,
        *,
        outbox: Outbox,
        legacy: Legacy,
        questions: Questions,
        settled: Callable[[], bool],
    ) -> None:
        """``settled``: whether this node is through with moving things, apart from hand-overs."""
        self._holdings = holdings
        self._outbox = outbox
        self._legacy = legacy
        self._questions = questions
        self._settled = settled

    def start(self, turn: Turn) -> None:
        """This node is up: a real Heartbeat answers with what it holds, and so does a sidecar."""
        self._outbox.send(turn, fields.STARTING)

    def tell(self, turn: Turn, *, stable: bool = True, info: str = "") -> None:
        """Say what is held; ``stable``: False when a hand-over is under way."""
        self._say(turn, stable=stable, info=info)

    def tell_taken_over(self, turn: Turn) -> None:
        """A real Heartbeat expects to hear that foreign groups run here now (R7)."""
        if not self._legacy.spoken:
            hold = (fields.RSC_HOLD, Holding.FOREIGN.word)
            self._outbox.send(turn, fields.RESOURCE, hold, (fields.INFO, "mach_down"))

    def answer(self, turn: Turn, message: Message) -> None:
        """Say what is held if the other sidecar asks for it."""
        number = dialect.decode_number(message.get(dialect.ASK))
        if number:
            self._say(turn, answer=number)

    def ask(self, turn: Turn) -> str:
        """Say what is held, and ask the other sidecar to do the same; the question's number."""
        number = self._questions.next()
        self._say(turn, ask=number)
        return number

    def ask_again(self, turn: Turn) -> None:
        """The other is not known to be through with moving things: perhaps it was not heard."""
        self._say(turn, ask=self._questions.again())

    def _say(
        self,
        turn: Turn,
        *,
        stable: bool = True,
        info: str = "",
        ask: str = "",
        answer: str = "",
    ) -> None:
        if self._legacy.spoken:
            return
        pairs = [
            (fields.RSC_HOLD, self._holdings.mine.word),
            (fields.RTYPE, "full"),
            (fields.ISSTABLE, "1" if stable and self._settled() else "0"),
        ]
        if info:
            pairs.append((fields.INFO, info))
        if ask := ask or self._questions.proof:
            pairs.append((dialect.ASK, ask))
        if answer:
            pairs.append((dialect.ANSWER, answer))
        terms = (dialect.TERMS, self._holdings.claims.encode())
        self._outbox.send(turn, fields.RESOURCE, *pairs, terms)
