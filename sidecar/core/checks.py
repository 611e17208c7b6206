"""The checks of one container as they come in: whether they run, and what they have said.

Somebody else carries them out, and goes on until told to end. The first one has to pass within ten
seconds, as a service takes its time to start, or later where the engine's own check takes longer to
say a first word; after that so many in a row have to fail as the container's labels say. What
follows from it is decided in container.py.
"""

from sidecar.core.actions import BeginChecks, EndChecks
from sidecar.core.occurrences import CheckPassed
from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Turn


class Checks:
    """What is known by them; ``late`` is told when the first one does not pass in time."""

    def __init__(self, container: str, timers: Timers, *, late: Then) -> None:
        self.running = False
        self.passed = False
        """The last one that counted did."""
        self.fails_in_a_row = 0
        self.complaint = ""
        """What the last one said that failed."""
        self._container = container
        self._timers = timers
        self._late = late
        self._name = f"first check of {container}"
        self._tells_next = False

    @property
    def awaits_first(self) -> bool:
        """None has passed since they began, and the time for that is not over."""
        return self._timers.is_armed(self._name)

    def begin(self, turn: Turn, *, first_within_ns: int) -> None:
        if self.running:
            return
        self.running = True
        self.fails_in_a_row = 0
        self.complaint = ""
        turn.do(BeginChecks(container=self._container))
        self._timers.arm(self._name, turn.ns + first_within_ns, self._late)

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

    def on_fail(self, detail: str) -> None:
        self.fails_in_a_row += 1
        self.complaint = detail

    def on_pass(self, turn: Turn) -> None:
        self.passed = True
        self.fails_in_a_row = 0
        self._timers.disarm(self._name)
        if self._tells_next:
            self._tells_next = False
            turn.tell(CheckPassed(container=self._container))
