"""What happens to a pair in a round, and what of it is measured. Afterwards the master holds again.

A scenario yields one or more parts, each with its values; "lost" and "returned" are two parts of
one story.
"""

import os
import signal
from collections.abc import Callable, Iterator
from typing import Final

from tests.bench.ground import Instruments
from tests.bench.probes import MS
from tests.bench.system import System, send
from tests.bench.window import Values, Window
from tests.testbed.host import DockerHost
from tests.testbed.waiting import now_ns, wait_for

Part = tuple[str, Values]
WatchedPlay = Callable[[System, Instruments], Iterator[Part]]
BEYOND_S: Final = 1.7
"""A freeze or a cut lasts for so long beyond the time after which a node is dead, and so long is
looked at what a killed daemon leaves behind.
"""
STUCK_S: Final = 10.0
"""A client that is served by nobody for so long is stuck: it is waited for no longer."""


def fault_s(system: System) -> float:
    return system.timers().dead_ms / 1000 + BEYOND_S


def host_lost(system: System, instruments: Instruments) -> Iterator[Part]:
    """Both cables go in one moment. What runs on the host is ended when the other one serves, so
    that its end takes no core from what is measured; then it boots.
    """
    ground = system.ground
    window = Window(ground, instruments)
    ground.master.unplug()
    gone_ns = now_ns()
    window.wait_for(ground.slave, seconds=30)
    values = window.values()
    last_ns = ground.beats[ground.slave.name].last_before(gone_ns)
    assert last_ns is not None, "no heartbeat was ever heard"
    served_ms = window.answered_after_ms(ground.slave, last_ns)
    yield "lost", {**values, "overhead_ms": served_ms - system.timers().dead_ms}
    system.power_off(ground.master)
    window = Window(ground, instruments)
    system.power_on(ground.master)
    system.at_rest(ground.master)
    window.wait_for(ground.master, seconds=STUCK_S)
    yield "returned", window.values()


def planned(system: System, instruments: Instruments) -> Iterator[Part]:
    """A command moves the address away, another one back."""
    ground = system.ground
    for holder, part in ((ground.master, "away"), (ground.slave, "back")):
        system.prepare_move(holder)
        window = Window(ground, instruments)
        system.move(holder)
        other = ground.other(holder)
        window.wait_for(other, seconds=30)
        values = window.values()
        done_ms = window.answered_after_ms(other, window.since_ns)
        system.at_rest(other)
        yield part, {**values, "done_ms": done_ms}


def clean_stop(system: System, instruments: Instruments) -> Iterator[Part]:
    """The active daemon is told to end, as a shutdown of its host does."""
    ground = system.ground
    system.prepare_stop(ground.master)
    window = Window(ground, instruments)
    system.stop_cleanly(ground.master)
    window.wait_for(ground.slave, seconds=30)
    values = window.values()
    yield "stopped", {**values, "done_ms": window.answered_after_ms(ground.slave, window.since_ns)}
    system.start_again(ground.master)
    system.at_rest(ground.master)


def killed(system: System, instruments: Instruments) -> Iterator[Part]:
    """The active daemon gets SIGKILL. Who is started anew by nobody is started after a while."""
    ground = system.ground
    pids = system.processes(ground.master)
    window = Window(ground, instruments)
    send(pids, signal.SIGKILL)
    window.until(fault_s(system))
    yield "killed", window.values()
    if not system.restarts:
        system.start_again(ground.master)
    system.at_rest(ground.master)


def frozen(system: System, instruments: Instruments) -> Iterator[Part]:
    """The active daemon gets SIGSTOP, and SIGCONT after a while."""
    ground = system.ground
    pids = system.processes(ground.master)
    window = Window(ground, instruments)
    send(pids, signal.SIGSTOP)
    window.until(fault_s(system))
    send(pids, signal.SIGCONT)
    window.until(2 * fault_s(system))
    yield "frozen", window.values()
    system.at_rest(ground.master)


def link_cut(system: System, instruments: Instruments) -> Iterator[Part]:
    """The switch of the heartbeat loses all frames of the active host, who keeps its carrier."""
    ground = system.ground
    cable = ground.pair.cable(ground.master, "eth1")
    window = Window(ground, instruments)
    cable.drop()
    window.until(fault_s(system))
    yield "cut", window.values(settled_s=0)
    window = Window(ground, instruments)
    cable.restore()
    window.until(fault_s(system))
    system.at_rest(ground.master)
    _wait_until_served(instruments, ground.nodes)
    yield "healed", window.values()


def service_dies(system: System, instruments: Instruments) -> Iterator[Part]:
    """The active host's nginx gets SIGKILL. Docker restarts it, if nobody else does."""
    ground = system.ground
    pid = int(ground.master.docker("inspect", "--format", "{{.State.Pid}}", "nginx"))
    window = Window(ground, instruments)
    os.kill(pid, signal.SIGKILL)
    window.until(BEYOND_S)
    good_ms = window.requests_good_after_ms()
    yield "died", {**window.values(), "done_ms": good_ms}
    system.at_rest(ground.master)


def _wait_until_served(instruments: Instruments, nodes: tuple[DockerHost, ...]) -> None:
    """Until the client has an answer of anybody; no longer than STUCK_S."""
    since_ns = now_ns()

    def served() -> bool:
        recent = instruments.probes.since(now_ns() - 300 * MS, now_ns() - 150 * MS)
        return all(probe.good for probe in recent) or now_ns() - since_ns > STUCK_S * 1e9

    wait_for(served, seconds=2 * STUCK_S, what=f"an answer of one of {len(nodes)} hosts")


SCENARIOS: Final[dict[str, WatchedPlay]] = {
    "host": host_lost,
    "planned": planned,
    "stop": clean_stop,
    "kill": killed,
    "freeze": frozen,
    "link": link_cut,
    "service": service_dies,
}
