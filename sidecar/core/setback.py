"""The kernel would not do with an address as it was told, or did not answer: told once for each
reason, tried again half a second later, and forgiven half a minute after nobody wants it here.

While it is not forgiven, this node does not count as fit for the address.
"""

from collections.abc import Callable
from typing import Final

from sidecar.core.changes import Changes
from sidecar.core.occurrences import AddressFailed
from sidecar.core.params import Address
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Turn

FORGIVE_AFTER_NS: Final = 30 * SECOND
RETRY_NS: Final = 500 * MILLISECOND


class Setback:
    """What went wrong last with one address, if it was not made good."""

    def __init__(
        self,
        address: Address,
        timers: Timers,
        *,
        wanted: Callable[[], bool],
        retry: Then,
        troubles: Changes,
    ) -> None:
        """``troubles``: noted whenever the reason becomes another one."""
        self.reason = ""
        self._troubles = troubles
        self._address = address
        self._timers = timers
        self._wanted = wanted
        self._retry = retry
        self._retrying = f"retry {address.name}"
        self._forgiving = f"forgive {address.name}"

    @property
    def waits(self) -> bool:
        """The next try has its time."""
        return self._timers.is_armed(self._retrying)

    def happen(self, turn: Turn, reason: str) -> None:
        if self.reason != reason:
            turn.tell(AddressFailed(address=self._address.name, reason=reason))
        self._become(reason)
        self._timers.arm(self._retrying, turn.ns + RETRY_NS, self._retry)
        self.forgive_later(turn)

    def make_good(self) -> None:
        """The kernel has done it after all."""
        self._become("")

    def wait_no_more(self) -> None:
        """Something else is wanted now: the next try need not wait."""
        self._timers.disarm(self._retrying)

    def forgive_later(self, turn: Turn) -> None:
        if self.reason and not self._wanted() and not self._timers.is_armed(self._forgiving):
            self._timers.arm(self._forgiving, turn.ns + FORGIVE_AFTER_NS, self._forgive)

    def end(self) -> None:
        """The address is not ours any more: who keeps it next has troubles of its own."""
        self._timers.disarm(self._retrying)
        self._timers.disarm(self._forgiving)

    def _forgive(self, turn: Turn) -> None:
        """What was refused a while ago may be possible now: the node counts as fit again."""
        del turn
        if not self._wanted():
            self._become("")

    def _become(self, reason: str) -> None:
        if self.reason != reason:
            self.reason = reason
            self._troubles.note()
