"""The active host's sidecar is killed, frozen, removed or starved, and nobody serves twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.safety.row import Safety
from tests.safety.timers import DEADTIME_MS, TAKEOVER_MS, TIGHT
from tests.testbed.host import DockerHost
from tests.testbed.waiting import now_ns, wait_for

pytestmark = [pytest.mark.safety, pytest.mark.e2e]
RESTARTED_WITHIN_S = 90
"""The engine waits ever longer, up to a minute, before it starts a container that keeps dying."""
STATE = {"generation", "uuid"}
MAY_BE_KEPT = {*STATE, "history"}
"""A history where the group has moved."""


def pid_of(node: DockerHost, container: str = "sidecar") -> int:
    """0 while it does not run."""
    said = node.docker("inspect", "--format", "{{.State.Pid}}", container, check=False)
    return int(said) if said.strip().isdigit() else 0


def send(node: DockerHost, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if pid := pid_of(node):
            os.kill(pid, number)


@pytest.mark.costly  # tests/e2e/test_killed.py is the same for CI
def test_a_killed_sidecar_is_started_anew(safety: Safety) -> None:
    with safety.fault("SIGKILL of the active sidecar", outage_ms=TAKEOVER_MS) as fault:
        before = pid_of(safety.master)
        send(safety.master, signal.SIGKILL)
        wait_for(lambda: pid_of(safety.master) not in (0, before), seconds=30, what="its next life")
        fault.told(safety.slave, "masternginx restarted")
        safety.scene.at_rest(safety.master)


@pytest.mark.costly  # tests/e2e/test_killed.py is the same for CI
def test_a_killed_sidecar_that_is_not_started_anew_is_replaced(safety: Safety) -> None:
    with safety.fault("the active sidecar killed for good", outage_ms=TAKEOVER_MS) as fault:
        safety.master.docker("kill", "sidecar")
        fault.wait_for_page(safety.slave.page)
        fault.told(safety.slave, "masternginx is dead: silent for")
        safety.master.docker("start", "sidecar")
        safety.scene.at_rest(safety.master)


def test_a_sidecar_that_hangs_for_three_deadtimes_comes_back_in_peace(safety: Safety) -> None:
    what = "SIGSTOP of the active sidecar for 3 deadtimes, SIGCONT"
    with safety.fault(what, outage_ms=TAKEOVER_MS) as fault:
        send(safety.master, signal.SIGSTOP)
        stopped_ns = now_ns()
        fault.told(safety.slave, "masternginx is dead: silent for")
        wait_for(
            lambda: now_ns() - stopped_ns >= 3 * DEADTIME_MS * 1_000_000, seconds=10, what="time"
        )
        send(safety.master, signal.SIGCONT)
        fault.told(safety.master, "this node did not run for")
        safety.scene.at_rest(safety.master)


@pytest.mark.costly
def test_a_removed_sidecar_is_replaced(safety: Safety) -> None:
    with safety.fault("docker rm -f of the active sidecar", outage_ms=TAKEOVER_MS) as fault:
        safety.master.docker("rm", "--force", "sidecar")
        fault.wait_for_page(safety.slave.page)
        fault.told(safety.slave, "masternginx is dead: silent for")
        safety.master.up()
        safety.scene.at_rest(safety.master)


def test_a_sidecar_that_starts_on_the_standby_puts_to_rest_what_runs_there(safety: Safety) -> None:
    what = "the standby's sidecar killed, its nginx left running"
    with safety.fault(what, outage_ms=0) as fault:
        safety.slave.docker("kill", "sidecar")
        safety.slave.docker("unpause", "nginx")
        safety.slave.docker("start", "sidecar")
        fault.told(safety.slave, "container nginx is paused, was running")
        safety.scene.at_rest(safety.master)
    assert fault.pages == ("master",)


@pytest.mark.costly
@pytest.mark.timeout(300)
def test_killing_it_every_second_leaves_nothing_behind(safety: Safety) -> None:
    what = "SIGKILL of the active sidecar every second for 30 s"
    with safety.fault(what, outage_ms=TAKEOVER_MS) as fault:
        for _ in range(30):
            send(safety.master, signal.SIGKILL)
            time.sleep(1)  # the fault itself
        fault.told(safety.slave, "masternginx restarted", seconds=RESTARTED_WITHIN_S)
        safety.scene.at_rest(safety.master, seconds=RESTARTED_WITHIN_S)
    kept = safety.master.docker(
        "exec", "sidecar", "python3", "-c", "import os; print(*os.listdir('/var/lib/sidecar'))"
    )
    assert STATE <= set(kept.split()) <= MAY_BE_KEPT
    assert len(safety.master.docker("ps", "--all", "--quiet").split()) == 2


@pytest.mark.costly
def test_a_host_whose_cores_are_all_busy_is_not_taken_for_dead(
    safety_by_own_files: Safety,
) -> None:
    """At tight timers. Both nodes share the cores here, so that both are starved."""
    safety = safety_by_own_files
    safety.begin(TIGHT)
    cores = os.cpu_count() or 1
    with safety.fault(f"all {cores} cores busy for 10 s, deadtime 500 ms", outage_ms=0) as fault:
        with busy(2 * cores):
            time.sleep(10)  # the fault itself
        safety.scene.at_rest(safety.master)
        for node in safety.scene.pair.nodes:
            fault.shows(node, "heartbeat_stable", 1)
            for reason in ("peer_dead", "peer_left"):
                assert fault.measured(node, "heartbeat_takeovers_total", reason=reason) == 0


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that want a core each, all the time."""
    spinning = [
        subprocess.Popen((sys.executable, "-c", "while True: pass")) for _ in range(processes)
    ]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait(10)
