"""Real `sidecar run` processes on hosts that are network namespaces, with an address and no engine.

Two hosts on the service network (eth0: 10.77.0.1 and .2), with an arbiter beside them (.3), and a
cable of their own between their eth1 (10.78.0.1 and .2).
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sidecar.commands.control_client import Unreachable, ask
from tests.media.cable import plug
from tests.netns import Host, hosts, segment
from tests.waiting import wait_for

VIP = "10.77.0.100"
ARBITER = "10.77.0.3"
NODES = ("alpha", "beta")
TIMERS = "keepalive 200ms\nwarntime 600ms\ndeadtime 2\ninitdead 10\n"
UCAST = "ucast eth1 10.78.0.1\nucast eth1 10.78.0.2\n"


class Sidecar:
    """One node."""

    def __init__(self, name: str, host: Host, folder: Path) -> None:
        self.name = name
        self.host = host
        self._folder = folder
        self._control = folder / "control.sock"
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, ha_cf: str, address: str = f"{VIP}/24/eth0") -> None:
        """``address``: as it is to be written in haresources."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "ha.cf").write_text(ha_cf)
        (self._folder / "haresources").write_text(f"alpha {address}\n")
        keys = self._folder / "authkeys"
        keys.write_text("auth 1\n1 sha1 a-key-of-the-tests\n")
        keys.chmod(0o600)
        command = (
            *("ip", "netns", "exec", self.host.name, sys.executable, "-m", "sidecar.cli", "run"),
            *("--config-dir", str(self._folder), "--state-dir", str(self._folder / "state")),
            *("--control", str(self._control), "--http", "127.0.0.1:9694"),
            *("--docker", "unix:///nowhere.sock", "--node", self.name, "--log-format", "json"),
        )
        with self._log.open("wb") as log:
            environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
            self._process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=environment
            )

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    @property
    def holds(self) -> bool:
        return self.host.has(VIP)

    def memory(self) -> int:
        """Bytes that the process has in memory."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def go_first(self) -> None:
        """Ahead of whatever else this machine computes, which stands for several machines."""
        assert self._process is not None
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            os.setpriority(os.PRIO_PROCESS, int(thread.name), -15)

    def cpu_s(self) -> float:
        """Seconds that the process has computed, its own and the kernel's for it."""
        assert self._process is not None
        stat = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def log(self) -> list[dict[str, Any]]:
        lines = self._log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def told(self, event: str) -> list[str]:
        """What the log says of this kind of event."""
        return [line["message"] for line in self.log() if line.get("event") == event]

    def status(self) -> dict[str, Any]:
        """As `sidecar status --json` has it; empty while it does not answer."""
        try:
            answer: dict[str, Any] = ask(str(self._control), {"command": "status"})["status"]
        except Unreachable:
            return {}
        return answer

    def moves(self) -> list[dict[str, Any]]:
        """As `sidecar history --json` has them, the newest first; none while it does not answer."""
        try:
            answer = ask(str(self._control), {"command": "history"})
        except Unreachable:
            return []
        moves: list[dict[str, Any]] = answer["history"]["takeovers"]
        return moves

    def links(self) -> dict[str, dict[str, Any]]:
        """Each link to the peer by its name."""
        return {link["name"]: link for node in self.status()["nodes"] for link in node["links"]}


class Pair:
    def __init__(self, alpha: Sidecar, beta: Sidecar, arbiter: Host) -> None:
        self.alpha = alpha
        self.beta = beta
        self.arbiter = arbiter

    @property
    def both(self) -> tuple[Sidecar, Sidecar]:
        return self.alpha, self.beta

    def start(
        self, media: str = UCAST, more: str = "", *, timers: str = TIMERS, **media_of: str
    ) -> None:
        """Start both with the same file, but for the media where they are given by node."""
        for node in self.both:
            lines = media_of.get(node.name, media)
            node.start(f"{timers}{lines}auto_failback on\nnode alpha beta\n{more}")
        wait_for(lambda: self.holders == ["alpha"] and self._stable(), seconds=20)

    @property
    def holders(self) -> list[str]:
        return [node.name for node in self.both if node.holds]

    def _stable(self) -> bool:
        return all(node.status().get("stable") for node in self.both)

    def stays(self, seconds: float) -> None:
        """Nothing moves for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.holders == ["alpha"]
            time.sleep(0.02)

    def until_holders(self, *names: str, seconds: float = 20) -> float:
        return wait_for(lambda: self.holders == list(names), seconds=seconds, pause=0.005)


@contextmanager
def pair_of_hosts(folder: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        a, b, arbiter = stack.enter_context(hosts("alpha", "beta", "arbiter"))
        stack.enter_context(segment(a, b, arbiter))
        plug(a, b)
        nodes = [
            Sidecar(name, host, folder / name) for name, host in zip(NODES, (a, b), strict=True)
        ]
        for node in nodes:
            stack.callback(node.stop)
        yield Pair(nodes[0], nodes[1], arbiter)


@contextmanager
def firewall(host: Host, rule: str) -> Iterator[None]:
    """An nft rule of the input chain, such as ``ip protocol icmp drop``."""
    host.run("nft", "add table inet t; add chain inet t in { type filter hook input priority 0; }")
    host.run("nft", f"add rule inet t in {rule}")
    try:
        yield
    finally:
        host.run("nft", "delete table inet t")
