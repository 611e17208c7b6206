"""What people are shown and no view carries: the timers, the peer's word, what went wrong of late.

The daemon fills it in; the status document and the list of what needs a person read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sidecar.core.occurrences import (
    AddressConflict,
    ConfigurationReloaded,
    Occurrence,
    ReloadFailed,
)
from sidecar.core.terms import SECOND
from sidecar.web.distribution import NOTHING, Summary

CONFLICT_SHOWN_NS: Final = 300 * SECOND
"""As long as the alert on conflicts looks back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkGaps:
    """The latest silences between two beats of the peer by one link, the oldest first."""

    link: str
    gaps_ns: tuple[int, ...]
    silence_ns: int | None
    """Since the last beat; None when none came yet."""
    since_start: Summary = NOTHING
    """Of all of them, those that are not in the list any more too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """As it is now."""

    keepalive_ns: int = 0
    warntime_ns: int = 0
    peer_holds: tuple[str, ...] = ()
    """The groups that the peer says it holds; what a dead one said last counts for nothing."""
    conflicts: tuple[AddressConflict, ...] = ()
    """Those seen of late, the last one of each address."""
    refused: ReloadFailed | None = None
    """Why the files were refused when they were last read; None when they were taken."""


class Incidents:
    """Remembers what a person should still see some minutes later. One entry for each address."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self.refused: ReloadFailed | None = None
        self._conflicts: dict[str, tuple[int, AddressConflict]] = {}

    def report(self, occurrence: Occurrence) -> None:
        match occurrence:
            case AddressConflict():
                self._conflicts[occurrence.address] = (self._now_ns(), occurrence)
            case ReloadFailed():
                self.refused = occurrence
            case ConfigurationReloaded():
                self.refused = None
            case _:
                pass

    def conflicts(self) -> tuple[AddressConflict, ...]:
        now_ns = self._now_ns()
        return tuple(
            conflict
            for at_ns, conflict in self._conflicts.values()
            if now_ns - at_ns < CONFLICT_SHOWN_NS
        )
