"""A sidecar that is killed and started again while its lease still runs, or has just ended.

At these timers the lease is longer than the dead time, so that the next life, the peer's questions
and the end of the lease meet. No window is allowed here: the address is never on both hosts.
"""

from dataclasses import replace

import pytest

from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.cluster import TwoNodes
from tests.sim.docker import Settings
from tests.sim.pair import Pair, timing_of
from tests.sim.stage import chance_of
from tests.sim.witness import AddressMoved, Change

TIGHT = timing_of(keepalive_ns=100 * MILLISECOND, deadtime_ns=300 * MILLISECOND)
PAIR = Pair(timing=replace(TIGHT, warntime_ns=200 * MILLISECOND), max_moves=0)
VIP = PAIR.addresses[0].name


class Holders:
    """Who has the address, and whether two ever had."""

    def __init__(self, two: TwoNodes) -> None:
        self.now: set[str] = set()
        self.both_at_ns: list[int] = []
        self._two = two

    def __call__(self, change: Change) -> None:
        if not isinstance(change, AddressMoved):
            return
        if change.present:
            self.now.add(change.node)
        else:
            self.now.discard(change.node)
        if len(self.now) > 1:
            self.both_at_ns.append(self._two.world.now_ns)


# The lease ends 0.8 to 1.4 s after the kill, and a sidecar takes 0.3 s to start.
@pytest.mark.parametrize("delay_ms", range(0, 1400, 100))
def test_the_next_life_and_the_peer_never_both_hold_the_address(delay_ms: int) -> None:
    two = TwoNodes(chance_of(delay_ms), PAIR, settings=Settings())
    holders = Holders(two)
    two.stage.witness.add(holders)
    for node in two:
        node.start()
    two.world.run_for(2 * SECOND)
    assert holders.now == {"a"}
    node = two.node("a")
    node.kill()
    two.world.run_for(delay_ms * MILLISECOND)
    node.start()
    two.world.run_for(3 * SECOND)
    assert holders.both_at_ns == []
    assert holders.now == {"a"}
