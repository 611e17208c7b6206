"""In which order it is measured: stints, each of which is one running pair with some rounds."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.catalogue import Entry
from tests.bench.rows import Key, Rows
from tests.bench.system import SystemName

STINT: Final = 2
"""Rounds before the next system's turn: each start of a pair takes seconds, too."""
_START_S: Final = {"sidecar": 8.0, "keepalived": 3.0, "heartbeat": 18.0, "ucarp": 6.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One round of one entry."""

    entry: Entry
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """What one system does before it is stopped."""

    system: SystemName
    items: tuple[Item, ...]


def choose(
    entries: Sequence[Entry], names: Collection[str], systems: Collection[str]
) -> list[tuple[Entry, tuple[SystemName, ...]]]:
    """The named ones, by name or group (all but those on request when none is named), with the
    chosen of their systems.
    """
    chosen = [
        entry
        for entry in entries
        if {entry.name, entry.group} & set(names) or not (names or entry.on_request)
    ]
    return [(entry, tuple(s for s in entry.systems if s in systems)) for entry in chosen]


def stints(
    chosen: Sequence[tuple[Entry, tuple[SystemName, ...]]], done: Collection[Key]
) -> list[Stint]:
    """Those that take turns first, a few rounds of all of them at a time; then one by one."""
    found: list[Stint] = []
    turning = [(entry, those) for entry, those in chosen if entry.taking_turns]
    rounds = max((entry.rounds for entry, _ in turning), default=0)
    for turn in range(math.ceil(rounds / STINT)):
        span = range(turn * STINT, (turn + 1) * STINT)
        for system in dict.fromkeys(s for _, those in turning for s in those):
            items = [
                Item(entry=entry, round=number)
                for number in span
                for entry, those in turning
                if system in those and number < entry.rounds
            ]
            found.append(Stint(system=system, items=tuple(items)))
    for entry, those in chosen:
        if not entry.taking_turns:
            every = tuple(Item(entry=entry, round=number) for number in range(entry.rounds))
            found += [Stint(system=system, items=every) for system in those]
    return [left for stint in found if (left := _left(stint, done)).items]


def seconds(left: Sequence[Stint], rows: Rows) -> float:
    """How long this will take, by what it took before."""
    return sum(
        _START_S[stint.system]
        + sum(
            rows.took_s(stint.system, item.entry.name) or item.entry.seconds for item in stint.items
        )
        for stint in left
    )


def _left(stint: Stint, done: Collection[Key]) -> Stint:
    items = (i for i in stint.items if (stint.system, i.entry.name, i.round) not in done)
    return Stint(system=stint.system, items=tuple(items))
