"""Lays what our node sent beside what the real node sent, and says where they differ.

Each message becomes a line of words: its type and what its sender decides. Two messages are the
same when their words are and ours comes at most ``LATE_S`` after the real one; ``EARLY_S`` is there
only to keep apart repetitions of the same words. The order counts: of all ways to pair them off,
the one with the most pairs is taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sidecar.wire import fields
from tests.core.playback import Said

LATE_S: Final = 0.25
"""Our ``other`` waits until the container serves, which takes 0.2 s as in the recordings. All else
is there when the real node's was, or before: a real node takes 20 to 200 ms for each hop (12)."""
EARLY_S: Final = 1.2
_TELLING: Final = (
    *("dest", "nodelist", "delnodelist"),
    *("rsc_hold", "rtype", "isstable", "info"),
    *("node", "result", "ipaddr", "st"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message in words."""

    t: float
    words: str

    def is_like(self, real: "Line") -> bool:
        return self.words == real.words and -EARLY_S <= self.t - real.t <= LATE_S


def lines_of(messages: list[Said]) -> list[Line]:
    """Leave out what the recordings leave out: repeated status, acknowledgements.

    A new dt alone is left out too: real nodes add 2 s to it for the first 5 s (5.1), ours do not.
    """
    lines: list[Line] = []
    status = ""
    for said in messages:
        if said.kind == fields.NS_ACKMSG:
            continue
        if said.kind == fields.STATUS:
            if said.values["st"] == status and said.seq != 1:
                continue
            status = said.values["st"]
        lines.append(Line(t=said.t, words=_words(said)))
    return lines


def _words(said: Said) -> str:
    told = [said.values[name].strip() for name in _TELLING if name in said.values]
    return " ".join([said.kind, *filter(None, told)])


def differences(real: list[Line], ours: list[Line]) -> list[str]:
    """``- words`` for what only the real node said, ``+ words`` for what only ours did."""
    return [
        f"- {one.words}" if other is None else f"+ {one.words}"
        for one, other in _unpaired(real, ours)
    ]


def _unpaired(real: list[Line], ours: list[Line]) -> Iterator[tuple[Line, Line | None]]:
    best = _best(real, ours)
    i = j = 0
    while i < len(real) or j < len(ours):
        alike = i < len(real) and j < len(ours) and ours[j].is_like(real[i])
        if alike and best[i][j] == best[i + 1][j + 1] + 1:
            i, j = i + 1, j + 1
        elif j == len(ours) or (i < len(real) and best[i + 1][j] >= best[i][j + 1]):
            yield real[i], None
            i += 1
        else:
            yield ours[j], ours[j]
            j += 1


def _best(real: list[Line], ours: list[Line]) -> list[list[int]]:
    """How many pairs the rests of both lists can have, from each place on."""
    best = [[0] * (len(ours) + 1) for _ in range(len(real) + 1)]
    for i in reversed(range(len(real))):
        for j in reversed(range(len(ours))):
            pair = best[i + 1][j + 1] + 1 if ours[j].is_like(real[i]) else 0
            best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
    return best
