"""The checks of one container as they come in: whether they run, and what they have said.

Somebody else carries them out, and goes on until told to end. The first one has to pass within ten
seconds, as a service takes its time to start; after that so many in a row have to fail as the
container's labels say. What follows from it is decided in container.py.
"""

from typing import Final

from sidecar.core.actions import BeginChecks, EndChecks
from sidecar.core.occurrences import CheckPassed
from sidecar.core.terms import SECOND
from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Turn

FIRST_CHECK_MAX_NS: Final = 10 * SECOND


class Checks:
    """What is known by them; ``late`` is told when the first one does not pass in time."""

    def __init__(self, container: str, timers: Timers, *, late: Then) -> None:
        self.running = False
        self.passed = False
        """The last one that counted did."""
        self.fails_in_a_row = 0
        self._container = container
        self._timers = timers
        self._late = late
        self._name = f"first check of {container}"
        self._tells_next = False

    def begin(self, turn: Turn) -> None:
        if self.running:
            return
        self.running = True
        self.fails_in_a_row = 0
        turn.do(BeginChecks(container=self._container))
        self._timers.arm(self._name, turn.ns + FIRST_CHECK_MAX_NS, self._late)

    def end(self, turn: Turn) -> None:
        self.passed = False
        if not self.running:
            return
        self.running = False
        self._timers.disarm(self._name)
        turn.do(EndChecks(container=self._container))

    def tell_next(self, *, good: bool) -> None:
        """Whether the next good one is worth telling."""
        self._tells_next = good

    def on_pass(self, turn: Turn) -> None:
        self.passed = True
        self.fails_in_a_row = 0
        self._timers.disarm(self._name)
        if self._tells_next:
            self._tells_next = False
            turn.tell(CheckPassed(container=self._container))
