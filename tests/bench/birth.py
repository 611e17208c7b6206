"""From `docker start` of a sidecar to its first beat, and until it says that it is ready."""

from collections.abc import Iterator

from tests.bench.probes import MS
from tests.bench.scenarios import Part
from tests.bench.system import System
from tests.testbed.waiting import now_ns, wait_for


def birth(system: System) -> Iterator[Part]:
    """Of the standby's container, which was stopped before."""
    ground = system.ground
    node = ground.slave
    node.docker("stop", "sidecar")
    since_ns = now_ns()
    node.docker("start", "sidecar")

    def is_ready() -> bool:
        answer = node.get("/readyz")
        return answer is not None and answer.status == 200

    wait_for(is_ready, seconds=30, what="a ready sidecar", pause=0.005)
    ready_ms = (now_ns() - since_ns) / MS
    beats = ground.beats[ground.master.name].since(since_ns)
    system.at_rest(ground.master)
    yield "born", {"first_beat_ms": (beats[0].at_ns - since_ns) / MS, "ready_ms": ready_ms}
