"""What is still tried with a container that does not serve, and when.

A failure is mended by a restart as long as the budget lasts (budget.py). Then the container counts
as failed, and is tried again at growing intervals; on the node that stands by, too, as a trial: it
is run to be seen serving, and put to rest again. A takeover is a new chance, and so is anything
that may have made it right. A trial restarts what was paused since.
"""

from typing import Final

from sidecar.core.budget import Budget
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Turn

RETRY_MIN_NS: Final = 500 * MILLISECOND
RETRY_MAX_NS: Final = 30 * SECOND
RETRY_MAX_ACTIVE_NS: Final = 3 * SECOND
BUDGET_BACK_AFTER_NS: Final = 60 * SECOND


class Mending:
    """The chances of one container. ``again`` repeats a step, ``mend`` tries it from the start."""

    def __init__(self, container: str, timers: Timers, *, again: Then, mend: Then) -> None:
        self.budget = Budget()
        self.failed = False
        """No restart has helped: a reason to hand over."""
        self.trial = False
        """It failed, and is run only to see whether it would serve."""
        self._timers = timers
        self._again = again
        self._mend = mend
        self._retrying = f"retry of {container}"
        self._mending = f"mend of {container}"
        self._restoring = f"budget of {container}"
        self._pause_ns = RETRY_MIN_NS

    @property
    def pauses(self) -> bool:
        """A step was refused, and is not to be repeated yet."""
        return self._timers.is_armed(self._retrying)

    @property
    def waits(self) -> bool:
        """The next try has its time."""
        return self._timers.is_armed(self._mending)

    def begin(self) -> None:
        """It is to serve: it is tried even where it failed before."""
        self._pause_ns = RETRY_MIN_NS
        self._timers.disarm(self._retrying)
        self._timers.disarm(self._mending)
        self.trial = self.failed = False
        self.budget.restore()

    def end(self, turn: Turn) -> None:
        """It need not serve any more; one that has failed is tried in peace."""
        self._pause_ns = RETRY_MIN_NS
        self.leave()
        if self.failed:
            self.mend_later(turn, active=False)

    def leave(self) -> None:
        """Nothing is tried any more."""
        for name in (self._retrying, self._mending, self._restoring):
            self._timers.disarm(name)

    def repeat_later(self, turn: Turn, *, active: bool) -> None:
        self._timers.arm(self._retrying, turn.ns + self._next_pause_ns(active=active), self._again)

    def mend_later(self, turn: Turn, *, active: bool) -> None:
        self._timers.arm(self._mending, turn.ns + self._next_pause_ns(active=active), self._mend)

    def _next_pause_ns(self, *, active: bool) -> int:
        pause_ns = self._pause_ns
        longest_ns = RETRY_MAX_ACTIVE_NS if active else RETRY_MAX_NS
        self._pause_ns = min(2 * pause_ns, longest_ns)
        return pause_ns

    def serves(self, turn: Turn) -> None:
        """It serves from now on: after a while of that it has its whole budget again."""
        self._pause_ns = RETRY_MIN_NS
        self._timers.arm(self._restoring, turn.ns + BUDGET_BACK_AFTER_NS, self._restore_budget)

    def fails(self) -> None:
        """It does not serve: the budget does not come back by itself now."""
        self._timers.disarm(self._restoring)

    def _restore_budget(self, turn: Turn) -> None:
        del turn
        self.budget.restore()

    def give_up(self) -> None:
        """No restart is left."""
        self.failed = True
        self.trial = False

    def end_trial(self) -> None:
        self.trial = False
        self._pause_ns = RETRY_MIN_NS

    def be_lenient(self) -> None:
        """What was wrong may be right now: a new chance, and a new budget."""
        self._timers.disarm(self._retrying)
        self._pause_ns = RETRY_MIN_NS
        self.forget()

    def forget(self) -> None:
        """It was seen serving, or deserves a new chance."""
        self.failed = False
        self.budget.restore()
        self._timers.disarm(self._mending)
