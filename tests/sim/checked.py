"""A world under the eyes of all checkers, for tests of these: what the cores would do to a host is
done to it directly, and a core that is made numb does nothing about it.
"""

from collections.abc import Callable
from typing import Final

from sidecar.core.events import Event
from sidecar.core.occurrences import Occurrence
from sidecar.core.terms import SECOND, StandbyMode
from tests.sim import checkers
from tests.sim.cluster import TwoNodes
from tests.sim.docker import Settings
from tests.sim.host import Host
from tests.sim.node import Node
from tests.sim.pair import Pair
from tests.sim.stage import chance_of
from tests.sim.witness import FaultMade, Life, LifeChanged, Occurred

ADDRESS: Final = Pair().addresses[0]
VIP: Final = ADDRESS.name
GROUP: Final = Pair().groups[0].name
LONG_S: Final = 10_000
SERVING: Final = Settings(standby=StandbyMode.RUN, restarts=0, failures=1)
"""The containers run on both hosts, so that nothing has to be started."""


class CheckedWorld:
    """Two hosts with a running nginx each."""

    def __init__(self, pair: Pair | None = None, settings: Settings = SERVING) -> None:
        self.two = TwoNodes(chance_of(1), pair or Pair(), settings=settings)
        self.world = self.two.world
        self.a: Host = self.two.node("a").host
        self.b: Host = self.two.node("b").host
        for host in (self.a, self.b):
            host.engine.repair()
        self.run(1)
        checkers.watch(self.two)

    def run(self, seconds: float) -> None:
        self.world.run_for(int(seconds * SECOND))

    def node(self, name: str) -> Node:
        return self.two.node(name)

    def start_both(self, seconds: float = 5) -> None:
        """Let cores run as well; they settle with the address on a."""
        for node in self.two:
            node.start()
        self.run(seconds)
        assert self.a.kernel.holds(VIP)

    def fault(self, act: Callable[[], object]) -> None:
        act()
        self.two.stage.witness(FaultMade("a fault"))

    def tell(self, node: str, occurrence: Occurrence) -> None:
        """Its core is said to report this."""
        self.two.stage.witness(Occurred(node, occurrence))

    def live(self, node: str, what: Life) -> None:
        """Its process is said to do this."""
        self.two.stage.witness(LifeChanged(node, what))

    def numb(self, *names: str) -> None:
        """These cores run, and hear of nothing any more; what they hold stays where it is."""
        for name in names:
            node = self.node(name)
            assert node.process is not None
            node.process.driver.feed = _nothing  # type: ignore[method-assign]
            for address in node.host.kernel.addresses:
                node.host.kernel.put(address, LONG_S)

    def cut_heartbeat(self) -> None:
        for node in self.two:
            for link in self.two.pair.links:
                self.two.network.cut(node.name, link.name)


def _nothing(event: Event) -> None:
    del event
