"""What a takeover costs: packets, and wishes to the adapters."""

from collections import Counter
from typing import Final

from sidecar.core.actions import SendPacket
from sidecar.core.terms import SECOND
from tests.core.harness import VIP
from tests.costs.steady import settled_pair

PACKETS_MAX: Final = 16
"""On each link, from the silence until all is settled, the beats among them."""


def test_a_takeover_says_little_and_wishes_each_thing_once():
    pair = settled_pair()
    pair.a.die()
    pair.world.run(3 * SECOND)
    assert pair.holders(VIP) == [pair.b.name]
    wished = Counter(type(action).__name__ for _, action in pair.b.actions)
    sent = [action.link for _, action in pair.b.wished(SendPacket)]
    beats = 5 * 3
    assert max(Counter(sent).values()) - beats <= PACKETS_MAX
    assert (wished["ClaimAddress"], wished["StartService"]) == (1, 1)
    assert wished["ReleaseAddress"] == wished["StopService"] == 0
