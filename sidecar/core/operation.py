"""One wish that awaits its answer: its number, and how long it is waited for.

The kernel or the engine answers with the number of the wish. An answer to an older wish, or one
that comes after its time, is no answer. Never decides what follows: who began it knows that.
"""

from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Operations, Turn


class Operation:
    """The place of one operation at a time; who begins another forgets the one before."""

    def __init__(self, name: str, operations: Operations, timers: Timers) -> None:
        self._name = name
        self._operations = operations
        self._timers = timers
        self._op: int | None = None

    @property
    def under_way(self) -> bool:
        return self._op is not None

    def is_answered_by(self, op: int) -> bool:
        return op == self._op

    def begin(self, turn: Turn, *, at_most_ns: int, hangs: Then) -> int:
        """The number of a new wish. Without an answer in time it is over, and ``hangs`` is told."""

        def give_up(turn: Turn) -> None:
            self._op = None
            hangs(turn)

        self._op = self._operations.next()
        self._timers.arm(self._name, turn.ns + at_most_ns, give_up)
        return self._op

    def end(self) -> None:
        """It was answered, or the answer matters no more."""
        self._op = None
        self._timers.disarm(self._name)
