"""What a pair costs while nothing happens: CPU, memory and packets of both roles, and how exactly
its beats come. Nobody looks on meanwhile but the tap of the heartbeats.
"""

import json
import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from tests.bench.figures import percentile
from tests.bench.probes import MS
from tests.bench.scenarios import Part
from tests.bench.system import System
from tests.testbed.host import DockerHost
from tests.testbed.waiting import now_ns

MEASURED_S: Final = 60.0
CALMED_S: Final = 10.0
"""What comes after a start is over by then."""
_CPU_GROUPS: Final = Path("/sys/fs/cgroup/cpuacct")


def at_rest(system: System, measured_s: float = MEASURED_S) -> Iterator[Part]:
    """The master is active, the slave stands by, for a minute."""
    ground = system.ground
    time.sleep(CALMED_S)
    before = {node.name: _counted(system, node) for node in ground.nodes}
    since_ns = now_ns()
    time.sleep(measured_s)
    until_ns = now_ns()
    minutes = (until_ns - since_ns) / 60e9
    for node, part in ((ground.master, "active"), (ground.slave, "standby")):
        after = _counted(system, node)
        values = {name: after[name] - value for name, value in before[node.name].items()}
        beats = [f.at_ns for f in ground.beats[ground.other(node).name].since(since_ns, until_ns)]
        yield (
            part,
            {
                "cpu_s_per_min": values["cpu_s"] / minutes,
                **(
                    {"container_cpu_s_per_min": values["box_s"] / minutes}
                    if values["box_s"]
                    else {}
                ),
                "packets_per_s": values["packets"] / minutes / 60,
                "pss_mib": sum(_pss_kib(pid) for pid in system.daemons(node)) / 1024,
                **_lateness(beats, system.timers().interval_ms),
            },
        )


def _lateness(beats: list[int], interval_ms: float) -> dict[str, float]:
    """A beat is due one interval after the one before. A standby of VRRP says nothing."""
    late = [max(0.0, (b - a) / MS - interval_ms) for a, b in pairwise(beats)]
    if not late:
        return {}
    return {"beats": len(beats), "late_p99_ms": percentile(late, 99), "late_worst_ms": max(late)}


def _counted(system: System, node: DockerHost) -> dict[str, float]:
    return {
        "cpu_s": sum(_cpu_ns(pid) for pid in system.daemons(node)) / 1e9,
        "box_s": _box_ns(system, node) / 1e9,
        "packets": sum(_packets(node, interface) for interface in node.cables),
    }


def _cpu_ns(pid: int) -> int:
    """Of all its threads, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


def _box_ns(system: System, node: DockerHost) -> int:
    """Of the whole container, with the health checks that its engine starts; 0 without one."""
    if system.name != "sidecar":
        return 0
    number = node.docker("inspect", "--format", "{{.Id}}", "sidecar").strip()
    usage = _CPU_GROUPS / node.net.name / number / "cpuacct.usage"
    if usage.exists():
        return int(usage.read_text())
    stat = Path("/sys/fs/cgroup") / node.net.name / number / "cpu.stat"
    found = re.search(r"usage_usec (\d+)", stat.read_text())
    assert found is not None
    return int(found[1]) * 1000


def _pss_kib(pid: int) -> int:
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def _packets(node: DockerHost, interface: str) -> int:
    """Sent by the host."""
    (link,) = json.loads(node.net.ip("-j", "-s", "link", "show", "dev", interface))
    return int(link["stats64"]["tx"]["packets"])
