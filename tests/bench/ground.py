"""Where all systems take their turns: two hosts, two networks, nginx on both, and who looks on.

Service network eth0, heartbeat network eth1, as in the reference. The instruments are there for
every system alike: a client with datagrams and new HTTP connections, a bystander that asks by ARP
who answers, and taps at the hosts' heartbeat interfaces.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.probes import Probes, probes
from tests.bench.tap import ARP, IPV4, Tap, is_advert, is_announcement, is_heartbeat, tap
from tests.netns import Host
from tests.testbed.client import Client, client
from tests.testbed.compose import ROOT
from tests.testbed.fixtures import in_memory
from tests.testbed.host import DockerHost
from tests.testbed.owners import Owners
from tests.testbed.pair import VIP, Pair, pair

ECHO_PORT: Final = 7777
REQUEST_EVERY_S: Final = 0.005
"""200 new connections a second."""
REQUEST_PATIENCE_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What looks on while something happens."""

    probes: Probes
    requests: Client
    answers: Owners
    announcements: Tap

    def forget(self) -> None:
        self.probes.forget()
        self.announcements.forget()


class Ground:
    """The pair of hosts. The hosts' numbers are those of the echo."""

    def __init__(self, made: Pair, folder: Path, beats: dict[str, Tap]) -> None:
        self.pair = made
        self.folder = folder
        self.beats = beats
        """By the name of the host that hears them."""

    @property
    def master(self) -> DockerHost:
        return self.pair.master

    @property
    def slave(self) -> DockerHost:
        return self.pair.slave

    @property
    def nodes(self) -> tuple[DockerHost, DockerHost]:
        return self.pair.nodes

    def other(self, node: DockerHost) -> DockerHost:
        return self.slave if node is self.master else self.master

    def number(self, node: DockerHost) -> int:
        return self.nodes.index(node) + 1

    def boot_network(self, node: DockerHost) -> None:
        """The host is back on both networks, and frames pass: daemons start after the network."""
        node.boot_network()
        for interface, cable in node.cables.items():
            node.net.await_carrier(interface)
            cable.switch.await_carrier(cable.port)

    def spawn(self, node: DockerHost, *command: str, output: Path | None = None) -> "Spawned":
        return spawn(node.net, *command, output=output)

    @contextmanager
    def watched(self, address: str = VIP) -> Iterator[Instruments]:
        """The instruments are at work until the block ends."""
        net = self.pair.client_net
        requesting = client(net, address, every=REQUEST_EVERY_S, timeout=REQUEST_PATIENCE_S)
        with (
            probes(net, address, ECHO_PORT) as sent,
            requesting as requests,
            self.pair.answers(address) as answers,
            tap(net, "eth0", ARP, is_announcement) as announcements,
        ):
            yield Instruments(
                probes=sent, requests=requests, answers=answers, announcements=announcements
            )


Spawned = subprocess.Popen[bytes]


def spawn(host: Host, *command: str, output: Path | None = None) -> Spawned:
    """Run a process on the host, in its own process group; its number is the command's own."""
    with (output or Path("/dev/null")).open("ab") as sink:
        return subprocess.Popen(
            ("nsenter", f"--net=/var/run/netns/{host.name}", *command),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=ROOT,
            start_new_session=True,
        )


def end(process: Spawned) -> None:
    if process.poll() is None:
        process.kill()
    process.wait(10)


@contextmanager
def ground() -> Iterator[Ground]:
    """Two hosts with engines, nginx running on both; everything goes with the block."""
    with ExitStack() as stack:
        # A short path: a unix socket's may have 107 bytes.
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="hosts-", ignore_cleanup_errors=True)
        )
        stack.enter_context(in_memory(folder))
        made = stack.enter_context(pair(Path(folder)))
        for number, node in enumerate(made.nodes, start=1):
            command = (sys.executable, "-S", "-m", "tests.bench.echo", str(number), str(ECHO_PORT))
            stack.callback(end, spawn(node.net, *command))
        beats = {
            node.name: stack.enter_context(tap(node.net, "eth1", IPV4, _is_beat))
            for node in made.nodes
        }
        yield Ground(made, Path(folder), beats)


def _is_beat(frame: bytes) -> bool:
    return is_heartbeat(frame) or is_advert(frame)
