"""A node as its surroundings see it: a host that can lose power, and a sidecar that can die on it.

What each end leaves behind is the point: power loss leaves nothing, a killed or frozen sidecar
leaves its address to the kernel's lease and its containers as they are, a stopped one hands over
and leaves nothing to do.
"""

from typing import Final

from sidecar.core.events import (
    MaintenanceRequested,
    ShutdownRequested,
    StandbyRequested,
    TakeoverRequested,
)
from sidecar.core.terms import MILLISECOND, LinkName
from tests.sim.host import Host
from tests.sim.process import Process
from tests.sim.stage import Stage
from tests.sim.witness import Life, LifeChanged

_BRING_UP_NS: Final = 300 * MILLISECOND
"""From the start of the process to its first packet."""


class Node:
    """Starts, ends and asks the sidecar of one host."""

    def __init__(self, stage: Stage, host: Host) -> None:
        self.host = host
        self.name = host.name
        self.process: Process | None = None
        self.starting = False
        self._stage = stage
        self._world = stage.world
        self._pair = stage.pair
        self._network = stage.network
        self.arbiters = stage.arbiters
        self._witness = stage.witness
        self._requests = 0
        self._ended_turns = 0
        self._links_down: list[LinkName] = []
        self._network.plug_in(host.name, lambda: host.powered)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.life.runs

    @property
    def in_maintenance(self) -> bool:
        return self.process is not None and self.process.cluster.maintenance.on

    def is_flapping(self, group: str) -> bool:
        """Whether this node holds the group where it is, because it moved too often."""
        return self.process is not None and self.process.cluster.takeover.damping.is_flapping(group)

    @property
    def turns(self) -> int:
        """Of all lives so far."""
        running = self.process.driver.turns if self.process is not None else 0
        return self._ended_turns + running

    # --- lives -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the sidecar, and the host if it is off; nothing if it runs or is about to."""
        if self.process is not None or self.starting:
            return
        if not self.host.powered:
            self.host.power_on()
        self.starting = True
        self._tell(Life.STARTS)
        self._world.call_later(_BRING_UP_NS, self._begin)

    def _begin(self) -> None:
        if not self.starting:
            return
        self.starting = False
        self.host.generation += 1
        # What an earlier life left in the kernel stays there until its lease ends; the core knows.
        self.process = Process(self._stage, self.host, self._exited)
        self.process.begin(self._links_down)

    def crash(self) -> None:
        """Power loss."""
        if self.host.powered:
            self._end_process()
            self._tell(Life.LOSES_POWER)
            self.host.power_off()

    def kill(self) -> None:
        """SIGKILL to the sidecar; kernel and containers stay."""
        if self.process is not None or self.starting:
            self._end_process()
            self._tell(Life.KILLED)

    def stop(self) -> None:
        """SIGTERM: hand over, then exit."""
        self.starting = False
        if self.process is not None and not self.process.stopping:
            self.process.stopping = True
            self._tell(Life.TOLD_TO_STOP)
            self.process.life.loop(self._ask_to_stop)

    def _ask_to_stop(self) -> None:
        if self.process is not None:
            self.process.feed(ShutdownRequested())

    def _exited(self) -> None:
        if self.process is not None:
            self._end_process()
            self._tell(Life.ENDED)

    def freeze(self, for_ns: int) -> None:
        """SIGSTOP, and SIGCONT after that time."""
        process = self.process
        if process is None or process.life.frozen:
            return
        process.life.freeze()
        self._tell(Life.FROZEN)
        self._world.call_later(for_ns, lambda: self._thaw(process))

    def thaw(self) -> None:
        """SIGCONT before that time."""
        if self.process is not None:
            self._thaw(self.process)

    def _thaw(self, process: Process) -> None:
        if process.life.alive and process.life.frozen:
            self._tell(Life.THAWED)
            process.life.thaw()

    def _tell(self, what: Life) -> None:
        self._witness(LifeChanged(self.name, what))

    def _end_process(self) -> None:
        self.starting = False
        if self.process is not None:
            self._ended_turns += self.process.driver.turns
            self.process.end()
            self.process = None

    # --- requests and faults ---------------------------------------------------------------------

    def standby(self, which: str) -> bool:
        """``sidecar standby``; whether there was anybody to ask."""
        return self._request(StandbyRequested(request=self._next_request(), which=which))

    def takeover(self, which: str) -> bool:
        return self._request(TakeoverRequested(request=self._next_request(), which=which))

    def maintenance(self, seconds: int) -> bool:
        """``sidecar maintenance on``; with 0 seconds ``off``."""
        return self._request(MaintenanceRequested(request=self._next_request(), seconds=seconds))

    def _request(self, event: StandbyRequested | TakeoverRequested | MaintenanceRequested) -> bool:
        process = self.process
        if process is None or not process.life.runs:
            return False
        process.feed(event)
        return True

    def _next_request(self) -> int:
        self._requests += 1
        return self._requests

    def link_is_up(self, link: LinkName) -> bool:
        return link not in self._links_down

    def link_down(self, link: LinkName) -> None:
        """``ifdown`` on this host: nothing leaves, nothing arrives, and the sidecar is told."""
        self._links_down.append(link)
        self._network.cut(self.name, link)
        self._network.cut(self._pair.peer_of(self.name), link)
        if self.process is not None:
            self.process.link_failed(link, "the network is down")

    def all_links_up(self) -> None:
        """``ifup`` of all, after the network has been healed."""
        links, self._links_down = self._links_down, []
        if self.process is not None:
            for link in links:
                self.process.link_opened(link)

    def link_up(self, link: LinkName) -> None:
        self._links_down.remove(link)
        self._network.restore(self.name, link)
        self._network.restore(self._pair.peer_of(self.name), link)
        if self.process is not None:
            self.process.link_opened(link)
