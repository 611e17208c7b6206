"""What all parts of one simulated world share."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.sim.arbiter import Arbiters
from tests.sim.lan import Lan
from tests.sim.network import Network, Quality
from tests.sim.pair import Pair
from tests.sim.witness import Witnesses
from tests.sim.world import World

Chance = Callable[[str], Random]
"""Gives each part of the world its own stream, by the part's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One world before anybody lives in it."""

    chance: Chance
    world: World
    pair: Pair
    network: Network
    lan: Lan
    arbiters: Arbiters
    witness: Witnesses

    def rng(self, part: str) -> Random:
        """A stream of chance of that part's own, so that no part disturbs another's."""
        return self.chance(part)


def chance_of(seed: int) -> Chance:
    """The streams of one seed."""
    return lambda part: Random(f"{seed}/{part}")


def set_stage(chance: Chance, pair: Pair, quality: Quality) -> Stage:
    world = World()
    return Stage(
        chance=chance,
        world=world,
        pair=pair,
        network=Network(world, chance("network"), pair.nodes, pair.links, quality),
        lan=Lan(world, chance("lan")),
        arbiters=Arbiters(world, chance("arbiters")),
        witness=Witnesses(),
    )
