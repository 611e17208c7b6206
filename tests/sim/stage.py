"""What all parts of one simulated world share."""

from dataclasses import dataclass
from random import Random

from tests.sim.arbiter import Arbiters
from tests.sim.lan import Lan
from tests.sim.network import Network, Quality
from tests.sim.pair import Pair
from tests.sim.witness import Witnesses
from tests.sim.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One world before anybody lives in it."""

    seed: str
    world: World
    pair: Pair
    network: Network
    lan: Lan
    arbiters: Arbiters
    witness: Witnesses

    def rng(self, part: str) -> Random:
        """A stream of chance of that part's own, so that no part disturbs another's."""
        return Random(f"{self.seed}/{part}")


def set_stage(seed: str, pair: Pair, quality: Quality) -> Stage:
    world = World()
    return Stage(
        seed=seed,
        world=world,
        pair=pair,
        network=Network(world, Random(f"{seed}/network"), pair.nodes, pair.links, quality),
        lan=Lan(world, Random(f"{seed}/lan")),
        arbiters=Arbiters(world, Random(f"{seed}/arbiters")),
        witness=Witnesses(),
    )
