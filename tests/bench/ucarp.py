"""ucarp: CARP on the heartbeat's network; its scripts set the address on the service's."""

import signal
from pathlib import Path

from tests.bench.ground import Ground, Spawned, end
from tests.bench.system import System, Timers, family, held_by, send
from tests.testbed.host import DockerHost
from tests.testbed.pair import VIP
from tests.testbed.waiting import wait_for

INTERVAL_S, RATIO = 1, 3
"""It counts whole seconds: this is its quickest."""
SLAVE_SKEW = 1
UP = f"""#!/bin/sh
ip addr add {VIP}/24 dev eth0
arping -q -c 1 -A -I eth0 {VIP}
"""
DOWN = f"""#!/bin/sh
ip addr del {VIP}/24 dev eth0
"""


class Ucarp(System):
    """Two ucarp."""

    name = "ucarp"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._running: dict[str, Spawned] = {}

    def timers(self) -> Timers:
        skew_ms = SLAVE_SKEW * 1000 / 256
        return Timers(interval_ms=INTERVAL_S * 1000, dead_ms=RATIO * (INTERVAL_S * 1000 + skew_ms))

    def start(self) -> None:
        self._spawn(self.ground.master)
        self._spawn(self.ground.slave)
        self.at_rest(self.ground.master)

    def stop(self) -> None:
        for node in self.ground.nodes:
            self._end(node)
            node.net.ip("addr", "flush", "dev", "eth0")
            self.ground.boot_network(node)

    def unrest(self, holder: DockerHost) -> str:
        for node in self.ground.nodes:
            if not self.processes(node):
                return f"ucarp of {node.name} does not run"
        return held_by(self.ground, holder)

    def processes(self, node: DockerHost) -> list[int]:
        process = self._running.get(node.name)
        return family(process.pid) if process and process.poll() is None else []

    def prepare_move(self, holder: DockerHost) -> None:
        """A signal needs nothing."""

    def move(self, holder: DockerHost) -> None:
        """USR2 makes a backup of the master."""
        send(self.processes(holder)[:1], signal.SIGUSR2)

    def prepare_stop(self, node: DockerHost) -> None:
        """A signal needs nothing."""

    def stop_cleanly(self, node: DockerHost) -> None:
        send(self.processes(node)[:1], signal.SIGTERM)

    def start_again(self, node: DockerHost) -> None:
        self._end(node)
        self._spawn(node)

    def power_off(self, node: DockerHost) -> None:
        self._end(node)
        for interface in node.cables:
            node.net.ip("addr", "flush", "dev", interface)

    def power_on(self, node: DockerHost) -> None:
        self.ground.boot_network(node)
        self._spawn(node)

    def _script(self, node: DockerHost, name: str, text: str) -> Path:
        script = self.ground.folder / f"ucarp-{node.name}-{name}"
        script.write_text(text)
        script.chmod(0o755)
        return script

    def _spawn(self, node: DockerHost) -> None:
        master = node is self.ground.master
        log = self.ground.folder / f"ucarp-{node.name}-log"
        self._running[node.name] = self.ground.spawn(
            node,
            *("ucarp", "--interface=eth1", f"--srcip={_address(node)}", f"--addr={VIP}"),
            *("--vhid=1", "--pass=of-both-nodes", f"--advbase={INTERVAL_S}"),
            *(f"--advskew={0 if master else SLAVE_SKEW}", f"--deadratio={RATIO}", "--shutdown"),
            *(("--preempt",) if master else ()),
            f"--upscript={self._script(node, 'up', UP)}",
            f"--downscript={self._script(node, 'down', DOWN)}",
            output=log,
        )
        wait_for(
            lambda: bool(self.processes(node)), seconds=10, what=lambda: log.read_text()[-2000:]
        )

    def _end(self, node: DockerHost) -> None:
        process = self._running.pop(node.name, None)
        if process is not None:
            send(family(process.pid), signal.SIGKILL)
            end(process)


def _address(node: DockerHost) -> str:
    return node.cables["eth1"].address.partition("/")[0]
