"""Something bad that is excused for a while, and judged when the while is over."""

from collections.abc import Callable

from sidecar.core.terms import MILLISECOND
from tests.sim.cluster import TwoNodes
from tests.sim.world import Alarm


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
        if self._alarm is None:
            wait_ns = max(allowed_ns - age_ns, MILLISECOND) + 1
            self._alarm = self._two.world.call_later(wait_ns, self._again)

    def _again(self) -> None:
        self._alarm = None
        self.look()
