"""The story of a run for a person: one line for each change, fixed columns, and a digest of it.

Beats, packets, renewals and checks that pass are not shown: they are the same all the time.
"""

import zlib
from collections.abc import Callable
from typing import Final, assert_never

from sidecar.core.occurrences import Occurrence, Severity
from sidecar.core.terms import MILLISECOND, ContainerState
from tests.sim.witness import (
    AddressMoved,
    Answered,
    CarrierMoved,
    Change,
    ContainerMoved,
    FaultMade,
    LifeChanged,
    Occurred,
    Wished,
)
from tests.sim.world import World

LEGEND: Final = """\
# seconds  node  what            ! fault or request   : host or sidecar   = address   % container
#                                - report             * warning   ** error   > answer to operator"""

_MARKS: Final = {
    Severity.DEBUG: " ",
    Severity.INFO: "-",
    Severity.WARNING: "*",
    Severity.ERROR: "**",
}


class Trace:
    """Writes down what the world and the cores tell."""

    def __init__(self, world: World, width: int, show: Callable[[str], None] | None = None) -> None:
        self.lines: list[str] = []
        self.digest = 0
        self._world = world
        self._width = width
        self._show = show

    def note(self, node: str, mark: str, what: str) -> None:
        self.line(f"{seconds(self._world.now_ns)}  {node:<{self._width}}  {mark:<2} {what}")

    def line(self, line: str) -> None:
        self.lines.append(line)
        self.digest = zlib.crc32(line.encode(), self.digest)
        if self._show is not None:
            self._show(line)

    def __call__(self, change: Change) -> None:
        match change:
            case FaultMade():
                self.note("", "!", change.what)
            case LifeChanged():
                self.note(change.node, ":", change.what.value)
            case AddressMoved():
                where = "here" if change.present else "gone"
                self.note(change.node, "=", f"{change.address} is {where}: {change.why}")
            case CarrierMoved():
                what = "gains" if change.up else "loses"
                self.note(change.node, "=", f"{change.interface} {what} its carrier")
            case ContainerMoved():
                serves = change.serves or change.state is not ContainerState.RUNNING
                but = "" if serves else ", and does not serve"
                self.note(change.node, "%", f"{change.container} is {change.state}{but}")
            case Occurred():
                self._occurred(change.node, change.occurrence)
            case Answered():
                self.note(change.node, ">", f"{'done' if change.ok else 'refused'}: {change.text}")
            case Wished():
                return
            case _:
                assert_never(change)

    def _occurred(self, node: str, occurrence: Occurrence) -> None:
        if occurrence.severity is not Severity.DEBUG:
            self.note(node, _MARKS[occurrence.severity], occurrence.sentence())


def seconds(ns: int) -> str:
    """Virtual seconds with milliseconds, in a column."""
    whole, rest = divmod(ns // MILLISECOND, 1000)
    return f"{whole:>5}.{rest:03}"
