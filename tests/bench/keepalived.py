"""keepalived: VRRP version 3 on the heartbeat's network, the address on the service's."""

import signal
from pathlib import Path

from tests.bench.ground import Ground, Spawned, end
from tests.bench.system import QUICK, System, Timers, family, held_by, send
from tests.testbed.host import DockerHost
from tests.testbed.pair import VIP
from tests.testbed.waiting import wait_for

MASTER_PRIORITY, SLAVE_PRIORITY, YIELDED = 254, 253, 100
_IN_A_PACKET = 1
"""The others are "excluded" from the packet, as keepalived wants it for many."""


class Keepalived(System):
    """Two keepalived, each with one instance."""

    name = "keepalived"

    def __init__(
        self,
        ground: Ground,
        *,
        interval_ms: int = QUICK,
        addresses: tuple[str, ...] = (f"{VIP}/24",),
    ) -> None:
        super().__init__(ground)
        self._interval_ms = interval_ms
        self._addresses = addresses
        self._running: dict[str, Spawned] = {}

    def timers(self) -> Timers:
        # RFC 5798, 6.1: three intervals, and a skew by the standby's own priority.
        skew = (256 - SLAVE_PRIORITY) / 256
        return Timers(interval_ms=self._interval_ms, dead_ms=self._interval_ms * (3 + skew))

    def start(self) -> None:
        for node in self.ground.nodes:
            self._configure(node, self._priority(node))
        # The standby last, or it would hold for a moment.
        self._spawn(self.ground.master)
        self._spawn(self.ground.slave)
        self.at_rest(self.ground.master)

    def stop(self) -> None:
        for node in self.ground.nodes:
            self._end(node)
            self.ground.boot_network(node)

    def unrest(self, holder: DockerHost) -> str:
        for node in self.ground.nodes:
            if len(self.processes(node)) != 2:
                return f"keepalived of {node.name} does not run"
        return held_by(self.ground, holder)

    def processes(self, node: DockerHost) -> list[int]:
        process = self._running.get(node.name)
        return family(process.pid) if process and process.poll() is None else []

    def prepare_move(self, holder: DockerHost) -> None:
        """A signal needs nothing."""

    def move(self, holder: DockerHost) -> None:
        """The master's priority is lowered below the standby's, or raised again."""
        master = self.ground.master
        self._configure(master, YIELDED if holder is master else MASTER_PRIORITY)
        send(self.processes(master)[:1], signal.SIGHUP)

    def prepare_stop(self, node: DockerHost) -> None:
        """A signal needs nothing."""

    def stop_cleanly(self, node: DockerHost) -> None:
        send(self.processes(node)[:1], signal.SIGTERM)

    def start_again(self, node: DockerHost) -> None:
        """The address that a killed one leaves behind stays until this one takes it up."""
        self._end(node, quietly=True)
        self._spawn(node)

    def power_off(self, node: DockerHost) -> None:
        self._end(node)
        for interface in node.cables:
            node.net.ip("addr", "flush", "dev", interface)

    def power_on(self, node: DockerHost) -> None:
        self.ground.boot_network(node)
        self._spawn(node)

    def _priority(self, node: DockerHost) -> int:
        return MASTER_PRIORITY if node is self.ground.master else SLAVE_PRIORITY

    def _folder(self, node: DockerHost) -> Path:
        folder = self.ground.folder / f"keepalived-{node.name}"
        folder.mkdir(exist_ok=True)
        return folder

    def _configure(self, node: DockerHost, priority: int) -> None:
        listed, excluded = self._addresses[:_IN_A_PACKET], self._addresses[_IN_A_PACKET:]
        lines = [
            "global_defs {",
            f"  router_id {node.name}",
            "  vrrp_version 3",
            "}",
            "vrrp_instance service {",
            "  state BACKUP",
            "  interface eth1",
            "  virtual_router_id 51",
            f"  priority {priority}",
            f"  advert_int {self._interval_ms / 1000:g}",
            "  virtual_ipaddress {",
            *(f"    {address} dev eth0" for address in listed),
            "  }",
            "  virtual_ipaddress_excluded {",
            *(f"    {address} dev eth0" for address in excluded),
            "  }",
            "}",
            "",
        ]
        (self._folder(node) / "keepalived.conf").write_text("\n".join(lines))

    def _spawn(self, node: DockerHost) -> None:
        folder = self._folder(node)
        self._running[node.name] = self.ground.spawn(
            node,
            *("keepalived", "--dont-fork", "--vrrp", "--log-console"),
            *("--use-file", str(folder / "keepalived.conf")),
            *("--pid", str(folder / "parent.pid"), "--vrrp_pid", str(folder / "vrrp.pid")),
            output=folder / "log",
        )
        wait_for(
            lambda: len(self.processes(node)) == 2,
            seconds=10,
            what=lambda: (folder / "log").read_text()[-2000:],
        )

    def _end(self, node: DockerHost, *, quietly: bool = False) -> None:
        """By SIGKILL, parent and child."""
        process = self._running.pop(node.name, None)
        if process is None:
            return
        if not quietly:
            send(family(process.pid), signal.SIGKILL)
        end(process)
        # What they name may still be there as a zombie, and a new life would not begin.
        for left in self._folder(node).glob("*.pid"):
            left.unlink()
