"""What a system under test can be asked to do, and what can be done to it.

Each system makes two nodes on the same ground: the master is preferred, the slave stands by.
"""

import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.bench.ground import Ground
from tests.testbed.host import DockerHost
from tests.testbed.pair import VIP
from tests.testbed.waiting import wait_for

SystemName = Literal["sidecar", "keepalived", "heartbeat", "ucarp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """How often a node is heard, and after how long a silence it is dead."""

    interval_ms: int
    dead_ms: float
    """By the system's own rule, for the standby."""


MOMENT_S = 0.3
QUICK = 100
"""Milliseconds between two heartbeats: the pace of the comparison."""


class System(ABC):
    """One system on the ground. All methods return when what they ask for has been begun or done,
    as they say.
    """

    name: SystemName
    restarts = False
    """Whether something starts a killed daemon again, as it is used."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    # --- its life ------------------------------------------------------------------------------

    @abstractmethod
    def timers(self) -> Timers: ...

    @abstractmethod
    def start(self) -> None:
        """Both nodes from nothing; the master will hold."""

    @abstractmethod
    def stop(self) -> None:
        """Nothing of it is left on the hosts, whatever state it was in. nginx runs on both."""

    @abstractmethod
    def unrest(self, holder: DockerHost) -> str:
        """Why the pair is not at rest with this holder; empty when it is."""

    def at_rest(self, holder: DockerHost, *, seconds: float = 60) -> None:
        """Until it is at rest, and still is a moment later: one node may know before the other."""
        limit = time.monotonic() + seconds
        while True:
            wait_for(
                lambda: not self.unrest(holder),
                seconds=max(1.0, limit - time.monotonic()),
                what=lambda: f"{self.name} at rest at {holder.name}: {self.unrest(holder)}",
                pause=0.05,
            )
            time.sleep(MOMENT_S)
            unrest = self.unrest(holder)
            if not unrest:
                return
            assert time.monotonic() < limit, f"{self.name} at rest at {holder.name}: {unrest}"

    @abstractmethod
    def processes(self, node: DockerHost) -> list[int]:
        """Those of its daemon, the first one first."""

    def daemons(self, node: DockerHost) -> list[int]:
        """Those whose costs are the system's own."""
        return self.processes(node)

    # --- what is asked of it -------------------------------------------------------------------

    @abstractmethod
    def prepare_move(self, holder: DockerHost) -> None:
        """What has to be got ready, so that ``move`` takes no time of its own."""

    @abstractmethod
    def move(self, holder: DockerHost) -> None:
        """The operator's command for a planned move away from the holder; it may take its time."""

    @abstractmethod
    def prepare_stop(self, node: DockerHost) -> None:
        """The same for ``stop_cleanly``."""

    @abstractmethod
    def stop_cleanly(self, node: DockerHost) -> None:
        """The daemon is told to end."""

    @abstractmethod
    def start_again(self, node: DockerHost) -> None:
        """After a clean stop, or after it was killed, if nobody else starts it."""

    # --- what is done to it --------------------------------------------------------------------

    @abstractmethod
    def power_off(self, node: DockerHost) -> None:
        """All of the host that is the system's ends; no address stays. It is cut off already."""

    @abstractmethod
    def power_on(self, node: DockerHost) -> None:
        """The host boots: network first."""


def send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def family(pid: int) -> list[int]:
    """A process and all that come of it."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found.extend(family(int(child)))
    return found


def holders(ground: Ground) -> list[DockerHost]:
    """Whose kernel has the address."""
    return [node for node in ground.nodes if node.has(VIP)]


def held_by(ground: Ground, holder: DockerHost) -> str:
    """Why not this one alone has the address; empty when it does."""
    found = holders(ground)
    return "" if found == [holder] else f"held by {[node.name for node in found]}"
