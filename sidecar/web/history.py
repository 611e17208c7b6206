"""The last moves of the groups, put together from the occurrences that tell of them.

An observer beside the counters: it is told each occurrence within the turn, so it does little, and
nothing that may wait. Times are of the observer's clock when it is told, which is the instant at
which the step was known here.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from sidecar.core.occurrences import (
    HAND_OVER_REASONS,
    AddressAnnounced,
    AddressGivenUp,
    AddressHeld,
    BeatHeard,
    CheckPassed,
    ConfigurationReloaded,
    GiveUpBegan,
    GiveUpDone,
    Occurrence,
    TakeoverBegan,
    TakeoverDone,
    TakeoverPhase,
)
from sidecar.core.view import AddressView, ClusterView, GroupView
from sidecar.web.document import Document
from sidecar.web.move import (
    ADDRESS,
    ANNOUNCED,
    CHECKED,
    CONTAINER,
    DECIDED,
    DETECTED,
    GIVE_UP,
    PHASES,
    PROBED,
    TAKEOVER,
    Move,
    move_document,
)
from sidecar.web.signs import Signs

KEPT: Final = 100
_FROM_THE_PEER: Final = (*HAND_OVER_REASONS, "peer_dead", "peer_left")
_TO_THE_PEER: Final = (*HAND_OVER_REASONS, "conflict", "peer_returned")


@dataclass(slots=True, kw_only=True)
class _Course:
    """A move that is, or was, under way in this life."""

    group: str
    kind: str
    reason: str
    why: str
    origin: str | None
    target: str | None
    addresses: frozenset[str]
    containers: frozenset[str]
    at_ns: int
    times: dict[str, int]
    unannounced: set[str] = field(default_factory=set)
    done_ns: int | None = None

    def move(self) -> Move:
        begun_ns = min(self.times.values())
        order = sorted(self.times.items(), key=lambda one: (one[1], PHASES.index(one[0])))
        return Move(
            at_ns=self.at_ns,
            group=self.group,
            kind=self.kind,
            reason=self.reason,
            why=self.why,
            origin=self.origin,
            target=self.target,
            total_ns=None if self.done_ns is None else self.done_ns - begun_ns,
            phases=tuple((name, at_ns - begun_ns) for name, at_ns in order),
        )


class History:
    """The driver calls ``report`` with each occurrence; ``moves`` gives the newest first."""

    def __init__(
        self,
        view: Callable[[], ClusterView],
        *,
        clock_ns: Callable[[], int],
        wall_ns: Callable[[], int],
        kept: Iterable[Move] = (),
    ) -> None:
        """``kept``: from earlier lives, the oldest first."""
        self._view = view
        self._clock_ns = clock_ns
        self._wall_ns = wall_ns
        self._changed: Callable[[], None] = lambda: None
        self._moves: deque[Move | _Course] = deque(kept, maxlen=KEPT)
        self._under_way: dict[str, _Course] = {}
        self._signs = Signs(clock_ns)
        self._groups: dict[str, GroupView] = {}
        now = view()
        self._node, self._peer = now.node, now.peer
        self._learn_groups(now)

    def watch(self, changed: Callable[[], None]) -> None:
        """``changed`` is called when ``moves`` has news; it must not wait."""
        self._changed = changed

    def moves(self) -> tuple[Move, ...]:
        newest_first = reversed(self._moves)
        return tuple(one if isinstance(one, Move) else one.move() for one in newest_first)

    def report(self, occurrence: Occurrence) -> None:  # noqa: C901 - a table
        self._signs.note(occurrence)
        match occurrence:
            case BeatHeard():
                pass  # first, as it is by far the most frequent
            case TakeoverBegan() | GiveUpBegan():
                for group in occurrence.groups:
                    self._begin(occurrence, group)
            case TakeoverDone() | GiveUpDone():
                for group in occurrence.groups:
                    self._finish(group)
            case TakeoverPhase(phase="container" | "probed"):
                self._note_group(occurrence.group, occurrence.phase)
            case AddressHeld() | AddressGivenUp():
                self._address_moved(occurrence)
            case AddressAnnounced():
                self._announced(occurrence.address)
            case CheckPassed():
                self._checked(occurrence.container)
            case ConfigurationReloaded():
                self._learn_groups(self._view())
            case _:
                pass

    # --- what moves ----------------------------------------------------------------------------

    def _begin(self, began: TakeoverBegan | GiveUpBegan, name: str) -> None:
        takes, now_ns = isinstance(began, TakeoverBegan), self._clock_ns()
        group = self._groups.get(name)
        if group is None:  # a reload that brought it is told after what it leads to
            self._learn_groups(self._view())
            group = self._groups.get(name)
        resources = group.resources if group is not None else ()
        addresses = frozenset(one.name for one in resources if isinstance(one, AddressView))
        course = _Course(
            group=name,
            kind=TAKEOVER if takes else GIVE_UP,
            reason=began.reason,
            why=began.why,
            origin=self._origin(began.reason) if takes else self._node,
            target=self._node if takes else self._target(began.reason),
            addresses=addresses,
            containers=frozenset(one.name for one in resources) - addresses,
            at_ns=self._wall_ns(),
            times={DECIDED: now_ns},
            unannounced=set(addresses),
        )
        # What leads to a hand-over is seen by the node that gives.
        elsewhere = takes and began.reason in HAND_OVER_REASONS
        seen_ns = None if elsewhere else self._signs.of(began.reason, now_ns)
        if seen_ns is not None:
            course.times[DETECTED] = seen_ns
            course.at_ns -= now_ns - seen_ns
        self._under_way[name] = course
        self._moves.append(course)
        self._changed()

    def _finish(self, name: str) -> None:
        course = self._under_way.get(name)
        if course is None or course.done_ns is not None:
            return
        course.done_ns = self._clock_ns()
        if course.kind == GIVE_UP and course.containers:
            course.times[CONTAINER] = course.done_ns
        self._changed()

    def _note(self, course: _Course, phase: str) -> None:
        course.times[phase] = self._clock_ns()
        self._changed()

    def _note_group(self, name: str, phase: str) -> None:
        course = self._under_way.get(name)
        if course is not None and (phase != CONTAINER or course.containers):
            self._note(course, PROBED if phase == PROBED else CONTAINER)

    def _address_moved(self, told: AddressHeld | AddressGivenUp) -> None:
        """The last of several counts."""
        kind = TAKEOVER if isinstance(told, AddressHeld) else GIVE_UP
        for course in self._under_way.values():
            if course.kind == kind and told.address in course.addresses and course.done_ns is None:
                self._note(course, ADDRESS)

    def _announced(self, address: str) -> None:
        """The first burst of the last address counts; they are repeated ever after."""
        for course in self._under_way.values():
            if course.kind == TAKEOVER and address in course.unannounced:
                course.unannounced.discard(address)
                if not course.unannounced:
                    self._note(course, ANNOUNCED)

    def _checked(self, container: str) -> None:
        for course in self._under_way.values():
            held = course.kind == TAKEOVER and course.done_ns is not None
            if held and container in course.containers:
                self._note(course, CHECKED)

    # --- where from and where to ---------------------------------------------------------------

    def _origin(self, reason: str) -> str | None:
        return self._peer if reason in _FROM_THE_PEER else None

    def _target(self, reason: str) -> str | None:
        return self._peer if self._signs.peer_here and reason in _TO_THE_PEER else None

    def _learn_groups(self, view: ClusterView) -> None:
        """Once, and not in a takeover, which would have to wait for it."""
        self._groups = {group.name: group for group in view.groups}


def history_document(node: str, moves: Iterable[Move]) -> Document:
    """``/api/history``: the newest move first."""
    return {"node": node, "takeovers": [move_document(move) for move in moves]}
