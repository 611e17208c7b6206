"""One move of a group as it is remembered: what began it, how it went, and when each step was.

The same document is an entry of ``/api/history`` and a line of the file that outlives a restart.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

from sidecar.core.record import milliseconds
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.web.document import Document

TAKEOVER: Final = "takeover"
GIVE_UP: Final = "giveup"
DETECTED: Final = "detected"
DECIDED: Final = "decided"
CONTAINER: Final = "container"
PROBED: Final = "probed"
ADDRESS: Final = "address"
ANNOUNCED: Final = "announced"
CHECKED: Final = "first good check"
PHASES: Final = (DETECTED, DECIDED, CONTAINER, PROBED, ADDRESS, ANNOUNCED, CHECKED)
"""What each is the end of stands in docs/operations.md. A move has those that occurred."""

_PHASES_MAX: Final = len(PHASES)
_LONGEST_S: Final = 10 * 365 * 24 * 3600
_MICROSECONDS: Final = 1_000_000


class BadMove(Exception):
    """What ``move_document`` cannot have written; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A takeover by this node, or a give-up."""

    at_ns: int
    """The wall clock at the first phase."""
    group: str
    kind: str
    reason: str
    """One of TAKEOVER_REASONS or GIVE_UP_REASONS."""
    why: str
    origin: str | None
    """The node that had it before, as far as is known; None when none had."""
    target: str | None
    total_ns: int | None
    """From the first phase until it was held, or all of it at rest; None when it never was."""
    phases: tuple[tuple[str, int], ...]
    """Name and nanoseconds since the first one, in the order of time."""


def move_document(move: Move) -> Document:
    return {
        "at": round(move.at_ns / SECOND, 6),
        "group": move.group,
        "kind": move.kind,
        "reason": move.reason,
        "why": move.why,
        "from": move.origin,
        "to": move.target,
        "total_ms": None if move.total_ns is None else milliseconds(move.total_ns),
        "phases": [{"name": name, "ms": milliseconds(at_ns)} for name, at_ns in move.phases],
    }


def read_move(kept: Any) -> Move:
    """The other way round. Raises BadMove."""
    if not isinstance(kept, dict):
        raise BadMove("it is not an object")
    total_ms, phases = kept.get("total_ms"), kept.get("phases")
    if not isinstance(phases, list) or len(phases) > _PHASES_MAX:
        raise BadMove(f"phases is {phases!r:.40}")
    return Move(
        at_ns=round(_number(kept, "at") * _MICROSECONDS) * 1000,
        group=_text(kept, "group"),
        kind=_one_of(kept, "kind", (TAKEOVER, GIVE_UP)),
        reason=_text(kept, "reason"),
        why=_text(kept, "why"),
        origin=None if kept.get("from") is None else _text(kept, "from"),
        target=None if kept.get("to") is None else _text(kept, "to"),
        total_ns=None if total_ms is None else _ns(kept, "total_ms"),
        phases=tuple(_phase(phase) for phase in phases),
    )


def _phase(kept: Any) -> tuple[str, int]:
    if not isinstance(kept, dict):
        raise BadMove("a phase is not an object")
    return _one_of(kept, "name", PHASES), _ns(kept, "ms")


def _text(kept: dict[str, Any], key: str) -> str:
    value = kept.get(key)
    if not isinstance(value, str):
        raise BadMove(f"{key} is {value!r:.40}")
    return value


def _one_of(kept: dict[str, Any], key: str, known: tuple[str, ...]) -> str:
    value = _text(kept, key)
    if value not in known:
        raise BadMove(f"{key} is {value!r:.40}")
    return value


def _number(kept: dict[str, Any], key: str) -> float:
    value = kept.get(key)
    # A truth value is a number to Python, and none to anybody else.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise BadMove(f"{key} is {value!r:.40}")
    return float(value)


def _ns(kept: dict[str, Any], key: str) -> int:
    value_ms = _number(kept, key)
    if value_ms > _LONGEST_S * 1000:
        raise BadMove(f"{key} is {value_ms!r:.40}")
    return round(value_ms * MILLISECOND)
