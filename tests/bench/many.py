"""A host with many addresses is lost, and comes back: when has the other one announced the last?"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from tests.bench.ground import Ground
from tests.bench.heartbeat import Heartbeat
from tests.bench.keepalived import Keepalived
from tests.bench.probes import MS
from tests.bench.scenarios import Part
from tests.bench.sidecars import Sidecars
from tests.bench.system import System
from tests.bench.tap import ARP, Tap, is_announcement, tap
from tests.testbed.host import DockerHost
from tests.testbed.pair import VIP
from tests.testbed.waiting import now_ns, wait_for

COUNTS: Final = (1, 10, 100, 1000)
LONGEST_S: Final = 90.0


def names(count: int) -> tuple[str, ...]:
    """The floating address, and others beside the service network."""
    more = (f"10.90.{number // 250}.{number % 250 + 1}" for number in range(count - 1))
    return (VIP, *more)


def _sidecars(ground: Ground, count: int) -> System:
    return Sidecars(ground, addresses=tuple(f"{n}/{_bits(n)}/eth0" for n in names(count)))


def _keepalived(ground: Ground, count: int) -> System:
    return Keepalived(ground, addresses=tuple(f"{n}/{_bits(n)}" for n in names(count)))


def _heartbeat(ground: Ground, count: int) -> System:
    return Heartbeat(ground, addresses=tuple(f"{n}/{_bits(n)}/eth0" for n in names(count)))


def _bits(name: str) -> int:
    return 24 if name == VIP else 32


MAKERS: Final[dict[str, Callable[[Ground, int], System]]] = {
    "sidecar": _sidecars,
    "keepalived": _keepalived,
    "heartbeat": _heartbeat,
}
MOST: Final = {"sidecar": 1000, "keepalived": 1000, "heartbeat": 100}
"""Heartbeat starts a script for each address: a thousand take minutes. ucarp has one."""


def takeover(system: System, count: int) -> Iterator[Part]:
    """All cables of the host are cut; then it boots, and gets its addresses back."""
    ground = system.ground
    wanted = set(names(count))
    wait_for(lambda: _has_all(ground.master, count), seconds=LONGEST_S, what="all addresses")
    with tap(ground.pair.client_net, "eth0", ARP, is_announcement) as heard:
        since_ns = now_ns()
        ground.master.unplug()
        gone_ns = now_ns()  # to cut takes long enough for one more beat to come through
        first = _wait(heard, ground.slave, wanted, since_ns)
        last_ns = ground.beats[ground.slave.name].last_before(gone_ns)
        assert last_ns is not None, "no heartbeat was ever heard"
        dead_ns = last_ns + int(system.timers().dead_ms * MS)
        yield "lost", {"all_ms": (max(first.values()) - dead_ns) / MS}
        system.power_off(ground.master)
        system.power_on(ground.master)
        since_ns = now_ns()
        _wait(heard, ground.master, wanted, since_ns)
        system.at_rest(ground.master, seconds=LONGEST_S)
        wait_for(lambda: not _extra(ground.slave), seconds=LONGEST_S, what="no address twice")
    yield "returned", {"beat_gap_ms": _longest_gap_ms(ground, since_ns)}


def _wait(heard: Tap, node: DockerHost, wanted: set[str], since_ns: int) -> dict[str, int]:
    """Until this host has announced all of them; when it first did, by address."""
    mac = bytes.fromhex(node.net.mac("eth0").replace(":", ""))

    def all_announced() -> dict[str, int]:
        found: dict[str, int] = {}
        for frame in heard.since(since_ns):
            if frame.source_mac == mac:
                found.setdefault(".".join(map(str, frame.data[28:32])), frame.at_ns)
        return found if wanted <= found.keys() else {}

    # The look is as long as there are frames; meanwhile the tap goes on by the kernel's time.
    return wait_for(all_announced, seconds=LONGEST_S, what="all announcements", pause=0.3)


def _has_all(node: DockerHost, count: int) -> bool:
    return len(node.net.ip("-4", "-o", "addr", "show", "dev", "eth0").splitlines()) > count


def _extra(node: DockerHost) -> bool:
    return _has_all(node, 1)


def _longest_gap_ms(ground: Ground, since_ns: int) -> float:
    """Between two beats of a host that both have."""
    gaps = [0.0]
    for node in ground.nodes:
        moments = [frame.at_ns for frame in ground.beats[node.name].since(since_ns)]
        gaps += [(later - earlier) / MS for earlier, later in pairwise(moments)]
    return max(gaps)
