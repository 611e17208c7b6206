"""Real faults of a real pair, each from its beginning to its mend."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.testbed.host import DockerHost
from tests.testbed.network import Cable
from tests.testbed.pair import VIP, Pair

LATE_S = 1.2
"""Longer than warntime, shorter than deadtime."""
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
"""Of Debian's package libfaketime: a library that shows a process another wall clock."""


@contextmanager
def dropped(node: DockerHost, rule: str) -> Iterator[None]:
    """Packets that come in are lost by a rule of the host's firewall."""
    chain = "{ type filter hook input priority 0; }"
    node.net.run("nft", f"add table inet t; add chain inet t in {chain}")
    node.net.run("nft", f"add rule inet t in {rule} drop")
    try:
        yield
    finally:
        node.net.run("nft", "delete table inet t")


@contextmanager
def unseen(node: DockerHost) -> Iterator[None]:
    """The switch loses what would show the node the floating address, and nothing else."""
    cable = node.cables["eth0"]
    chain = f"{{ type filter hook egress device {cable.port} priority 0; }}"
    rule = f"arp saddr ip {VIP} drop"
    table = "netdev unseen"
    cable.switch.run(
        "nft", f"add table {table}; add chain {table} out {chain}; add rule {table} out {rule}"
    )
    try:
        yield
    finally:
        cable.switch.run("nft", f"delete table {table}")


@contextmanager
def configured(node: DockerHost, ha_cf: str) -> Iterator[None]:
    """The node reads another ha.cf, and then its own again."""
    path = node.config / "ha.cf"
    before = path.read_text()
    try:
        path.write_text(ha_cf)
        node.sidecar("reload", check=False)
        yield
    finally:
        path.write_text(before)
        node.sidecar("reload", check=False)


@contextmanager
def unplugged(pair: Pair) -> Iterator[None]:
    """The ping node is gone, and the slave's heartbeat cable is pulled."""
    cables = (pair.cable(pair.arbiter, "eth1"), pair.slave.cables["eth1"])
    try:
        for cable in cables:
            cable.cut()
        yield
    finally:
        for cable in cables:
            cable.restore()


@contextmanager
def silent_engine(node: DockerHost) -> Iterator[None]:
    pid = int((node.engine.folder / "dockerd.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def killed(*nodes: DockerHost) -> Iterator[None]:
    """Their sidecars are killed; the first one is started again before the others."""
    try:
        for node in nodes:
            node.docker("kill", "sidecar")
        yield
    finally:
        for node in nodes:
            node.docker("start", "sidecar")


def garbage(pair: Pair) -> None:
    with pair.observer.entered():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        for _ in range(20):
            sock.sendto(b"###\nno heartbeat\n%%%\n", ("192.168.171.50", 694))


def another_user(pair: Pair) -> None:
    """A third machine says that the address is its own."""
    pair.neighbour.run("ip", "addr", "add", f"{VIP}/24", "dev", "eth0")
    try:
        pair.neighbour.run("arping", "-q", "-A", "-c", "2", "-w", "2", "-I", "eth0", VIP)
    finally:
        pair.neighbour.run("ip", "addr", "del", f"{VIP}/24", "dev", "eth0")


def hiccup(node: DockerHost) -> None:
    """The node does not run for longer than warntime and shorter than deadtime."""
    pid = _pid(node)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(LATE_S)
    os.kill(pid, signal.SIGCONT)


@contextmanager
def cut(cable: Cable) -> Iterator[None]:
    cable.cut()
    try:
        yield
    finally:
        cable.restore()


@contextmanager
def parted(pair: Pair) -> Iterator[None]:
    """The switches lose all that goes from one node to the other, and nothing else."""
    with ExitStack() as stack:
        for interface in ("eth0", "eth1"):
            for node, other in (pair.nodes, pair.nodes[::-1]):
                stack.enter_context(_deaf(node, interface, to=other.net.mac(interface)))
        yield


@contextmanager
def _deaf(node: DockerHost, interface: str, *, to: str) -> Iterator[None]:
    cable = node.cables[interface]
    table = f"netdev deaf-{cable.port}"
    chain = f"{{ type filter hook egress device {cable.port} priority 0; }}"
    rule = f"ether saddr {to} drop"
    cable.switch.run(
        "nft", f"add table {table}; add chain {table} out {chain}; add rule {table} out {rule}"
    )
    try:
        yield
    finally:
        cable.switch.run("nft", f"delete table {table}")


@contextmanager
def another_clock(node: DockerHost, *, seconds: int) -> Iterator[None]:
    """The sidecar is started with a wall clock that is so far ahead; other clocks are right."""
    library = "/usr/lib/libfaketime.so.1"
    environment = f"{{LD_PRELOAD: {library}, FAKETIME: '+{seconds}', DONT_FAKE_MONOTONIC: '1'}}"
    volumes = f"['{FAKETIME}:{library}:ro']"
    try:
        node.override(f"services: {{sidecar: {{environment: {environment}, volumes: {volumes}}}}}")
        _made_anew(node)
        yield
    finally:
        node.override_nothing()
        _made_anew(node)


def _made_anew(node: DockerHost) -> None:
    node.compose("stop")
    node.up()


def starved(node: DockerHost, *, seconds: float) -> None:
    """The node gets to run for half of each second, as on a host with too much to do."""
    pid = _pid(node)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.5)


def _pid(node: DockerHost) -> int:
    return int(node.docker("inspect", "--format", "{{.State.Pid}}", "sidecar"))
