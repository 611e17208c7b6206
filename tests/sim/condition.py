"""Something bad that is excused for a while, and judged when the while is over."""

from collections.abc import Callable
from typing import Final

from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.cluster import TwoNodes
from tests.sim.hindrance import FOREVER_NS
from tests.sim.world import Alarm

LOOK_AGAIN_NS: Final = SECOND
"""What excuses it for ever may end without a change of the world, as maintenance does."""


class Condition:
    """``holds`` says whether it is bad now; ``allowed_ns`` for how long it is excused, given its
    first instant, as far as that is known when it is asked.
    """

    def __init__(
        self,
        two: TwoNodes,
        *,
        holds: Callable[[], bool],
        allowed_ns: Callable[[int], int],
        judge: Callable[[int], None],
    ) -> None:
        self._two = two
        self._holds = holds
        self._allowed_ns = allowed_ns
        self._judge = judge
        self._since_ns: int | None = None
        self._alarm: Alarm | None = None
        self._due_ns = 0

    def look(self) -> None:
        """Something may have changed."""
        if not self._holds():
            self._since_ns = None
            return
        now_ns = self._two.world.now_ns
        if self._since_ns is None:
            self._since_ns = now_ns
        age_ns = now_ns - self._since_ns
        allowed_ns = self._allowed_ns(self._since_ns)
        if age_ns > allowed_ns:
            self._judge(age_ns)
        wait_ns = max(allowed_ns - age_ns, MILLISECOND) + 1
        self._look_again(now_ns + (wait_ns if allowed_ns < FOREVER_NS else LOOK_AGAIN_NS))

    def _look_again(self, due_ns: int) -> None:
        """At that instant at the latest: it may be excused for less time than it seemed."""
        if self._alarm is not None:
            if self._due_ns <= due_ns:
                return
            self._alarm.cancel()
        self._due_ns = due_ns
        self._alarm = self._two.world.call_at(due_ns, self._again)

    def _again(self) -> None:
        self._alarm = None
        self.look()
