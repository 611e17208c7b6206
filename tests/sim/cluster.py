"""Two nodes on one stage: what scenarios and seeds build and drive."""

from collections.abc import Iterator

from sidecar.core.terms import NodeName
from tests.sim.docker import Settings
from tests.sim.host import Host
from tests.sim.network import Quality
from tests.sim.node import Node
from tests.sim.pair import Pair
from tests.sim.stage import Chance, Stage, set_stage
from tests.sim.stranger import Stranger


class TwoNodes:
    """A stage and the two nodes on it, none of them started."""

    def __init__(
        self,
        chance: Chance,
        pair: Pair,
        *,
        quality: Quality | None = None,
        settings: Settings | None = None,
        drift_ppm: tuple[int, int] = (0, 0),
    ) -> None:
        self.pair = pair
        self.stage: Stage = set_stage(chance, pair, quality or Quality())
        self.world = self.stage.world
        self.network = self.stage.network
        self.lan = self.stage.lan
        self.arbiters = self.stage.arbiters
        self.stranger = Stranger(self.lan)
        self.nodes: dict[NodeName, Node] = {}
        for name, drift in zip(pair.nodes, drift_ppm, strict=True):
            host = Host(self.stage, name)
            host.drift_ppm = drift
            host.power_on()
            host.create_containers(pair.containers, settings or Settings())
            self.nodes[name] = Node(self.stage, host)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def node(self, name: str) -> Node:
        return self.nodes[NodeName(name)]

    def peer_of(self, node: Node) -> Node:
        return self.nodes[self.pair.peer_of(node.name)]

    def holders(self, address: str) -> list[Node]:
        """The nodes whose kernel has this address now."""
        return [node for node in self if node.host.kernel.holds(address)]
