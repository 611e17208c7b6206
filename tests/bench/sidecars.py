"""The sidecar: its container beside nginx, by the project's own compose file, on a real engine."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from sidecar.commands.control_client import ask
from tests.bench.ground import Ground
from tests.bench.system import QUICK, System, Timers
from tests.e2e.scene import not_at_rest
from tests.testbed.host import DockerHost
from tests.testbed.pair import AUTHKEYS, MASTER, SLAVE, VIP
from tests.testbed.waiting import wait_for

SECONDS = 30
IN_A_LINE = 200
"""Addresses: a line of haresources has 5119 characters at most."""
REALTIME = ("realtime true", "rtprio 1")
BUDGET_US = 400_000
"""Of each second, for what runs in real time on one host, where the kernel divides it by groups."""


def ha_cf(interval_ms: int, warn_ms: int, dead_ms: int, *more: str) -> str:
    lines = (
        f"keepalive {interval_ms}ms",
        f"warntime {warn_ms}ms",
        f"deadtime {dead_ms}ms",
        "initdead 3",
        "udpport 694",
        "ucast eth1 192.168.17.50",
        "ucast eth1 192.168.17.51",
        "auto_failback on",
        f"node {MASTER} {SLAVE}",
        *more,
    )
    return "\n".join((*lines, ""))


class Sidecars(System):
    """Two sidecars."""

    name = "sidecar"
    restarts = True

    def __init__(
        self,
        ground: Ground,
        *,
        interval_ms: int = QUICK,
        warn_ms: int | None = None,
        dead_ms: int | None = None,
        addresses: tuple[str, ...] = (f"{VIP}/24/eth0:0",),
        realtime: bool = False,
    ) -> None:
        super().__init__(ground)
        self._interval_ms = interval_ms
        self._dead_ms = dead_ms or 3 * interval_ms
        self._warn_ms = warn_ms or 2 * interval_ms
        self._addresses = addresses
        self._realtime = realtime
        self._pids: dict[str, int] = {}
        """Of whom is asked next: to look it up takes longer than what is measured."""
        self._asking: list[threading.Thread] = []

    def timers(self) -> Timers:
        return Timers(interval_ms=self._interval_ms, dead_ms=self._dead_ms)

    def start(self) -> None:
        pair = self.ground.pair
        more = REALTIME if self._realtime else ()
        pair.configure(
            ha_cf(self._interval_ms, self._warn_ms, self._dead_ms, *more),
            haresources=_haresources(self._addresses),
            authkeys=AUTHKEYS,
        )
        for node in pair.nodes:
            node.variables["LOG_FORMAT"] = "json"
            # The rounds move the group more often than any flapping pair.
            node.variables["SIDECAR_MAX_MOVES"] = "0"
            node.override(f"services: {{{', '.join(self._overrides(node))}}}")
        pair.up()
        self.at_rest(self.ground.master)

    def stop(self) -> None:
        self._join()
        self.ground.pair.on_both(self._remove)

    def unrest(self, holder: DockerHost) -> str:
        for node in self.ground.nodes:
            status = node.status()
            if status is None:
                state = node.state("sidecar") if node.engine.running else "off"
                said = node.logs()[-400:] if node.engine.running else ""
                return f"{node.name} does not answer; its container is {state}; it said: {said}"
            if wrong := not_at_rest(status, held=node is holder):
                return f"{node.name}: {wrong}"
        return ""

    def processes(self, node: DockerHost) -> list[int]:
        return [pid_of(node)]

    def prepare_move(self, holder: DockerHost) -> None:
        self._join()
        self._pids[holder.name] = pid_of(holder)

    def move(self, holder: DockerHost) -> None:
        """Through the control socket: `docker exec` starts two programs before it asks."""
        control = f"/proc/{self._pids[holder.name]}/root/run/sidecar/control.sock"
        thread = threading.Thread(target=_standby, args=(control,), name="operator")
        self._asking.append(thread)
        thread.start()

    def prepare_stop(self, node: DockerHost) -> None:
        # Docker starts anew what ends without Docker's own command.
        node.docker("update", "--restart=no", "sidecar")
        self._pids[node.name] = pid_of(node)

    def stop_cleanly(self, node: DockerHost) -> None:
        """What `docker stop` sends."""
        os.kill(self._pids[node.name], signal.SIGTERM)

    def start_again(self, node: DockerHost) -> None:
        wait_for(lambda: node.state("sidecar") == "exited", seconds=SECONDS, what="its end")
        node.docker("update", "--restart=unless-stopped", "sidecar")
        node.docker("start", "sidecar")

    def power_off(self, node: DockerHost) -> None:
        node.power_off()

    def power_on(self, node: DockerHost) -> None:
        node.power_on()

    def _overrides(self, node: DockerHost) -> list[str]:
        # A failure of nginx is not mended here first: the other host serves sooner.
        overrides = ['nginx: {labels: {sidecar.restarts: "0"}}']
        if self._realtime:
            overrides.append(_realtime_override(node))
        return overrides

    def _join(self) -> None:
        for thread in self._asking:
            thread.join(SECONDS)
        self._asking.clear()

    def _remove(self, node: DockerHost) -> None:
        if not node.engine.running:
            node.power_on()
        node.docker("rm", "--force", "--volumes", "sidecar", check=False)
        if node.state("nginx") == "paused":
            node.docker("unpause", "nginx")
        node.override_nothing()
        node.up("nginx")
        self.ground.boot_network(node)


def _realtime_override(node: DockerHost) -> str:
    """What an administrator adds, so that the container may ask for real-time scheduling."""
    share = Path("/sys/fs/cgroup/cpu") / node.net.name / "cpu.rt_runtime_us"
    if not share.exists():
        return "sidecar: {cap_add: [SYS_NICE]}"
    share.write_text(str(BUDGET_US))
    return f"sidecar: {{cap_add: [SYS_NICE], cpu_rt_runtime: {BUDGET_US}}}"


def _haresources(addresses: tuple[str, ...]) -> str:
    """As many lines as a Heartbeat node can read; what stands with nginx waits for it."""
    lines = [
        [MASTER, *batch]
        for batch in (addresses[at : at + IN_A_LINE] for at in range(0, len(addresses), IN_A_LINE))
    ]
    lines[0].append("nginx")
    return "\n".join(" ".join(line) for line in (*lines, []))


def pid_of(node: DockerHost) -> int:
    return int(node.docker("inspect", "--format", "{{.State.Pid}}", "sidecar"))


def _standby(control: str) -> None:
    answer: dict[str, Any] = ask(
        control, {"command": "standby", "which": "all"}, patience_s=SECONDS
    )
    if not answer["ok"]:
        print(f"the standby was refused: {answer['text']}", file=sys.stderr)
