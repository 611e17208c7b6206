"""How exactly a silence is judged: the moment at which the other node is dead, beyond deadtime.

The heartbeat is cut for a moment, so that both nodes judge. Nothing moves: the standby sees that
the owner still answers.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from tests.bench.probes import MS
from tests.bench.scenarios import Part
from tests.bench.system import System
from tests.e2e.round import records
from tests.testbed.host import DockerHost
from tests.testbed.waiting import now_ns, wait_for, wall_to_monotonic_ns

DIED: Final = "node_died"


def judged(system: System) -> Iterator[Part]:
    """One cut; two nodes."""
    ground = system.ground
    told = {node.name: len(_deaths(node)) for node in ground.nodes}
    cable = ground.pair.cable(ground.master, "eth1")
    cable.drop()
    cut_ns = now_ns()
    try:
        wait_for(
            lambda: all(len(_deaths(node)) > told[node.name] for node in ground.nodes),
            seconds=10,
            what="that each node holds the other one for dead",
            pause=0.1,
        )
    finally:
        cable.restore()
    for node, part in ((ground.master, "active"), (ground.slave, "standby")):
        death = _deaths(node)[told[node.name]]
        last_ns = ground.beats[node.name].last_before(cut_ns)
        assert last_ns is not None, "no heartbeat was ever heard"
        yield (
            part,
            {
                "jitter_ms": death["silence_ms"] - death["deadtime_ms"],
                # By the log's time, in whole milliseconds, and the tap's.
                "seen_ms": (_moment_ns(death) - last_ns) / MS - death["deadtime_ms"],
            },
        )
    system.at_rest(ground.master)


def _deaths(node: DockerHost) -> list[dict[str, Any]]:
    return [record for record in records(node) if record["event"] == DIED]


def _moment_ns(record: dict[str, Any]) -> int:
    wall = datetime.fromisoformat(record["time"])
    return wall_to_monotonic_ns(int(wall.timestamp() * 1000) * MS)


@contextmanager
def every_core_busy() -> Iterator[None]:
    """A process for each core that never rests."""
    spinning = [
        subprocess.Popen((sys.executable, "-c", "while True: pass"))
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait(10)
