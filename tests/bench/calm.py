"""The shortest timers for a long while: does anybody take a late node for a dead one?"""

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from tests.bench.jitter import DIED
from tests.bench.probes import MS
from tests.bench.scenarios import Part
from tests.bench.system import System
from tests.e2e.round import records
from tests.testbed.waiting import now_ns

INTERVAL_MS, WARN_MS, DEAD_MS = 20, 40, 100
_LOOK_S: Final = 5.0
"""The beats are counted as they come: a long while is more than should be kept."""


def calm(system: System, minutes: float) -> Iterator[Part]:
    """Nothing happens to the pair; how often was a node declared dead, and the longest gap."""
    ground = system.ground
    before = {node.name: len(_deaths_of(system, node.name)) for node in ground.nodes}
    until_ns = now_ns() + int(minutes * 60e9)
    longest_ns = 0
    while now_ns() < until_ns:
        since_ns = now_ns()
        time.sleep(_LOOK_S)
        for heard in ground.beats.values():
            moments = [frame.at_ns for frame in heard.since(since_ns)]
            longest_ns = max([longest_ns, *(b - a for a, b in pairwise(moments))])
            heard.forget()
    after = {node.name: len(_deaths_of(system, node.name)) for node in ground.nodes}
    yield (
        "calm",
        {
            "minutes": minutes,
            "false_deaths": float(sum(after[name] - count for name, count in before.items())),
            "longest_gap_ms": longest_ns / MS,
        },
    )


def _deaths_of(system: System, name: str) -> list[object]:
    (node,) = (node for node in system.ground.nodes if node.name == name)
    return [record for record in records(node) if record["event"] == DIED]
