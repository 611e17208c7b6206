"""State machines as tables: which change of state is possible, and what brings it about.

A change that the table does not know is a mistake of ours, and must stop the node (its lease takes
the address away). The diagrams in the README are drawn from these tables.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

S = TypeVar("S", bound=Enum)

Transitions = Mapping[tuple[S, S], str]


def move(table: Transitions[S], was: S, now: S) -> S:
    """The new state; asserts that it can follow the old one."""
    assert (was, now) in table, f"{was} cannot become {now}"
    return now


def mermaid(table: Transitions[S]) -> str:
    """The table as a Mermaid state diagram, in its own order; it begins in its first state."""
    begin = next(was for was, _now in table)
    lines = [f"    [*] --> {begin.name}"]
    # A semicolon ends a statement in Mermaid: the words behind it would be drawn as states.
    lines += [
        f"    {was.name} --> {now.name}: {why.replace(';', ',')}"
        for (was, now), why in table.items()
    ]
    return "\n".join(["stateDiagram-v2", *lines])
