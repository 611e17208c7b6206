"""Healing ends what a fault still does."""

from sidecar.core.terms import SECOND
from tests.sim.chaos import Chaos
from tests.sim.checked import CheckedWorld
from tests.sim.swarm import options_of


def test_a_frozen_sidecar_goes_on_when_all_is_healed() -> None:
    """Seed 1183: it slept on, and was held for dead when the pair had to stay as it was."""
    world = CheckedWorld()
    world.start_both()
    world.node("a").freeze(60 * SECOND)
    process = world.node("a").process
    assert process is not None
    assert process.life.frozen
    Chaos(world.two, options_of(1)).heal()
    assert not process.life.frozen
    assert world.node("a").process is process
