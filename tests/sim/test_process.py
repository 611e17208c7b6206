"""The simulated process: in which order it hears what has happened."""

from tests.sim.checked import CheckedWorld
from tests.sim.pair import SERVICE_LAN


def test_the_kernels_words_come_in_the_order_in_which_things_happened() -> None:
    """Seed 10545: a carrier that was lost and regained within a millisecond stayed lost."""
    world = CheckedWorld()
    world.start_both()
    for _ in range(20):
        for up in (False, True):
            world.a.kernel.set_carrier(SERVICE_LAN, up=up)
        world.run(0.1)
        process = world.node("a").process
        assert process is not None
        assert process.cluster.takeover.groups.has_carrier(SERVICE_LAN)
