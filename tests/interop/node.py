"""What a node of either kind is to a scenario: a host with a service that is started, stopped
cleanly, killed, or loses its power.
"""

import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from tests.interop.line import Line
from tests.interop.plan import VIP, NodeName
from tests.netns import Host
from tests.testbed.compose import ROOT
from tests.testbed.network import Cable


class Node(ABC):
    """One node. The processes that keep its pages are no part of what is tested."""

    def __init__(self, name: NodeName, net: Host, folder: Path) -> None:
        self.name = name
        self.net = net
        self.folder = folder
        self.cables: dict[str, Cable] = {}
        self.line: Line | None = None
        """The serial line, where there is one."""
        self._page = self.spawn(sys.executable, "-S", "-m", "tests.interop.page", name)

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None:
        """A clean stop, to its end."""

    @abstractmethod
    def freeze(self) -> None:
        """From now on it reacts to nothing; what it has asked of the kernel goes on."""

    @abstractmethod
    def kill(self) -> None:
        """Every process of the node's Heartbeat at once; the host stays as it is."""

    @abstractmethod
    def standby(self, which: str) -> None: ...

    @abstractmethod
    def takeover(self, which: str) -> None: ...

    def lose_ping(self) -> None:
        """No echo comes back to this host; all else does."""
        hook = "type filter hook input priority 0; policy accept;"
        rule = "icmp type echo-reply drop"
        self.net.run("nft", f"table inet deaf {{ chain input {{ {hook} {rule}; }}; }}")

    def restore_ping(self) -> None:
        self.net.run("nft", "delete table inet deaf")

    def power_off(self) -> None:
        """The host goes: off the network first, then its processes, and nothing stays."""
        # Nothing may see the network go: what it said then would wait in the kernel for the boot.
        self.freeze()
        # The heartbeat first: the loss of the service link alone would lead to a hand-over.
        if self.line is not None:
            self.line.drop()
        for cable in reversed(self.cables.values()):
            cable.cut()
        self.kill()
        if self.net.has(VIP):
            self.net.ip("addr", "del", f"{VIP}/24", "dev", "eth0")

    def power_on(self) -> None:
        """Boot: network, then Heartbeat."""
        for cable in self.cables.values():
            cable.restore()
        if self.line is not None:
            self.line.restore()
        self.start()

    def spawn(
        self, *command: str, output: Path | None = None, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Run a process on the host."""
        with (output or Path("/dev/null")).open("ab") as sink:
            return subprocess.Popen(
                ("nsenter", f"--net=/var/run/netns/{self.net.name}", *command),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=ROOT,
                env=environment,
            )

    def close(self) -> None:
        self.kill()
        end(self._page)


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait(10)


def run(command: Sequence[str], *, seconds: float = 60) -> str:
    """What the command printed; an AssertionError with its complaint when it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stdout.strip()} {done.stderr.strip()}")
    return done.stdout
