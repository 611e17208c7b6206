"""Flap damping: how often a group has moved of late without anybody's asking for it.

A group that wanders to and fro serves nobody well, and each of its moves ends the connections of
its clients. So the moves within a window are counted on both nodes, each counting what it takes and
what it gives. At the bound the group is held where it is (Moves asks here before it begins one):

    failback, ping nodes lost        not until enough of the moves have left the window
    it cannot be served here         goes on, but once a minute at most
    takeover of a dead peer          never held up, since nobody else serves; only counted

A move that a person asked for ends it: the count begins anew. Never begins a move.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from sidecar.core.group import Group
from sidecar.core.occurrences import FlappingBegan, FlappingEnded, moves_text, wait_text
from sidecar.core.params import Params
from sidecar.core.terms import SECOND
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn

COUNTED: Final = (
    *("peer_dead", "orphan", "failback"),
    *("service_failed", "carrier_lost", "address_failed", "ping_lost"),
)
"""The reasons of moves that nobody asked for."""
ASKED: Final = "standby"
REMEMBERED_MAX: Final = 100
"""Moves of one group; a bound above this cannot be set."""
NEXT_RESCUE_NS: Final = 60 * SECOND


class Damping:
    """The moves of each group within the window. Keeps one timer for each group that moved."""

    def __init__(self, params: Params, timers: Timers) -> None:
        self._timers = timers
        self._moves: dict[str, deque[int]] = {}
        self._told: set[str] = set()
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        self._max = min(params.max_moves, REMEMBERED_MAX)
        self._window_ns = params.moves_window_ns
        named = {group.name for group in params.groups}
        self._told &= named
        for name in [name for name in self._moves if name not in named]:
            self._drop(name)

    def look_anew(self, turn: Turn) -> None:
        """The bound or the window may be another one now."""
        for name in tuple(self._moves):
            self._look(turn, name)

    # --- counting ------------------------------------------------------------------------------

    def moved(self, turn: Turn, group: str, reason: str) -> None:
        """A group was taken or given up here, for one of the stable reasons."""
        if reason == ASKED:
            self.forget(turn, group)
        elif reason in COUNTED:
            self._moves.setdefault(group, deque(maxlen=REMEMBERED_MAX)).append(turn.ns)
            self._look(turn, group)

    def came_to_nothing(self, turn: Turn, group: str, reason: str) -> None:
        """What was counted last, for this reason, was only wished for: it has not moved."""
        moves = self._moves.get(group)
        if moves and reason in COUNTED:
            moves.pop()
            self._look(turn, group)

    def forget(self, turn: Turn, group: str) -> None:
        """A person has decided where it is to be."""
        self._drop(group)
        self._look(turn, group)

    def _drop(self, group: str) -> None:
        self._moves.pop(group, None)
        self._timers.disarm(_timer(group))

    def _look(self, turn: Turn, group: str) -> None:
        """Let go of what has left the window, and tell when the bound is passed either way."""
        moves = self._moves.get(group, deque())
        while moves and moves[0] + self._window_ns <= turn.ns:
            moves.popleft()
        if moves:
            at_ns = moves[0] + self._window_ns
            self._timers.arm(_timer(group), at_ns, lambda turn: self._look(turn, group))
        else:
            self._drop(group)
        if self.is_flapping(group) and group not in self._told:
            self._told.add(group)
            turn.tell(FlappingBegan(group=group, moves=len(moves), window_ns=self._window_ns))
        elif not self.is_flapping(group) and group in self._told:
            self._told.discard(group)
            turn.tell(FlappingEnded(group=group, moves=len(moves)))

    # --- what follows from it ------------------------------------------------------------------

    def moves(self, group: str) -> int:
        """How many moves of it lie within the window."""
        return len(self._moves.get(group, ()))

    def is_flapping(self, group: str) -> bool:
        """Whether it is at the bound; never where there is none."""
        return 0 < self._max <= self.moves(group)

    def holds(self, groups: Iterable[Group]) -> bool:
        """Whether one of them is to stay where it is served. Sides move as a whole."""
        return any(self.is_flapping(group.name) for group in groups)

    def rescue_at_ns(self, groups: Iterable[Group]) -> int:
        """The instant from which they may be handed over because they cannot be served here."""
        flapping = [group.name for group in groups if self.is_flapping(group.name)]
        return max((self._moves[name][-1] + NEXT_RESCUE_NS for name in flapping), default=0)

    def explain(self, now_ns: int, group: str) -> str:
        """What holds it and how that ends, for a person; empty when nothing does."""
        if not self.is_flapping(group):
            return ""
        moves = self._moves[group]
        ends_ns = moves[len(moves) - self._max] + self._window_ns
        return (
            f"{group} flaps: {moves_text(len(moves))} within {wait_text(self._window_ns)} that "
            "nobody asked for; it stays where it is served for "
            f"{wait_text(ends_ns - now_ns)} more; `sidecar takeover` and `sidecar standby` move "
            "it, and the count begins anew"
        )


def _timer(group: str) -> str:
    return f"moves of {group}"
