"""The first sign of what later is a reason to move a group: so that a move's length begins there.

A takeover from a dead node is decided at deadtime, but begins with the silence; a hand-over of a
failed service begins with the first of the checks that failed.
"""

from collections.abc import Callable
from typing import Final

from sidecar.core.occurrences import (
    AddressFailed,
    BeatHeard,
    CarrierReported,
    CheckFailed,
    NodeDied,
    NodeLeft,
    NodeQuiet,
    NodeReturned,
    NodeStatusChanged,
    Occurrence,
    PingChanged,
    ServiceFailed,
    ShutdownBegan,
    SplitBrainSuspected,
)
from sidecar.core.terms import SECOND, NodeStatus

LASTS_NS: Final = 120 * SECOND
"""A sign that is older than this has not led to the move that is decided now."""
_REASONS: Final[dict[type[Occurrence], str]] = {
    SplitBrainSuspected: "conflict",
    AddressFailed: "address_failed",
    ShutdownBegan: "shutdown",
}


class Signs:
    """Fed with each occurrence. Whether the peer is there is a sign, too."""

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        self.peer_here = False
        self._clock_ns = clock_ns
        self._seen_ns: dict[str, int] = {}
        """By the reason of the move that it may lead to."""
        self._rows_ns: dict[str, int] = {}
        """When the first of a container's checks failed, of those that fail in a row."""
        self._failing: str | None = None
        """The container whose row has just become long enough for a failure."""

    def of(self, reason: str, now_ns: int) -> int | None:
        """When the first sign of it was seen; None when there was none of late."""
        seen_ns = self._seen_ns.get("peer_dead" if reason == "start" else reason)
        return seen_ns if seen_ns is not None and now_ns - seen_ns <= LASTS_NS else None

    def note(self, told: Occurrence) -> None:  # noqa: C901 - a table
        match told:
            case BeatHeard():
                self._seen_ns.pop("peer_dead", None)
            case NodeQuiet():
                self._see("peer_dead")
            case NodeDied():
                self.peer_here = False
                self._seen_ns.setdefault("peer_dead", self._clock_ns())
            case NodeLeft():
                self.peer_here = False
                self._see("peer_left")
            case NodeStatusChanged():
                self.peer_here = told.status != NodeStatus.DEAD.value
            case NodeReturned():
                self._seen_ns.pop("peer_dead", None)
                self._see("peer_returned")
            case CarrierReported(up=False):
                self._see("carrier_lost")
            case PingChanged(up=False):
                self._see("ping_lost")
            case SplitBrainSuspected() | AddressFailed() | ShutdownBegan():
                self._see(_REASONS[type(told)])
            case CheckFailed() | ServiceFailed():
                self._note_failure(told)
            case _:
                pass

    def _see(self, reason: str) -> None:
        self._seen_ns[reason] = self._clock_ns()

    def _note_failure(self, told: CheckFailed | ServiceFailed) -> None:
        """A service that failed by its checks has failed since the first of them in the row."""
        now_ns, failing, self._failing = self._clock_ns(), self._failing, None
        if isinstance(told, ServiceFailed):
            by_checks = failing == told.container
            since_ns = self._rows_ns.get(told.container, now_ns) if by_checks else now_ns
            self._seen_ns["service_failed"] = since_ns
            return
        if told.in_a_row == 1:
            self._rows_ns[told.container] = now_ns
        if told.in_a_row >= told.limit:
            self._failing = told.container
