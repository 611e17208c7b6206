"""What a beat costs: calls of functions, and the memory that it leaves behind.

The bounds are the figures of Python 3.11, which newer ones stay below, and a tenth. Who exceeds one
for a good reason raises it, and says the reason in the commit.
"""

import gc
import sys
from itertools import pairwise
from statistics import median
from typing import Final

import pytest

from sidecar.core.repeats import Repeats
from sidecar.core.terms import SECOND
from tests.costs.steady import calls_by_kind, settled_pair

SENT: Final = "Woke -> SendPacket"
FIRST_COPY: Final = "PacketReceived on eth1 -> nothing"
SECOND_COPY: Final = "PacketReceived on eth2 -> nothing"
RENEWAL: Final = "Woke -> RenewLease"
RENEWED: Final = "LeaseRenewed -> nothing"

CALLS_MAX: Final = {SENT: 750, FIRST_COPY: 620, SECOND_COPY: 85, RENEWAL: 250, RENEWED: 290}
"""Of functions, in one turn of the holder. Two links, one group of an address and a container."""

FULL_NS: Final = 120 * SECOND
"""By then the history of 500 messages is full, as it will be for ever after."""


@pytest.fixture(scope="module")
def calls() -> dict[str, list[int]]:
    return calls_by_kind(settled_pair(), 10 * SECOND)


@pytest.mark.parametrize("kind", CALLS_MAX)
def test_a_turn_calls_no_more_functions_than_agreed(calls: dict[str, list[int]], kind: str):
    assert len(calls[kind]) >= 40
    assert median(calls[kind]) <= CALLS_MAX[kind]


def test_beats_leave_no_memory_behind():
    pair = settled_pair()

    def pass_time(duration_ns: int) -> int:
        """The blocks of memory in use after it."""
        for _ in range(duration_ns // SECOND):
            pair.world.run(1 * SECOND)
            for node in pair.nodes:
                node.forget()
                for link in node.cluster.links:
                    link.repeats = Repeats()  # its 2048 hashes would take minutes to fill
        gc.collect()
        return sys.getallocatedblocks()

    blocks = [pass_time(FULL_NS), *(pass_time(20 * SECOND) for _ in range(3))]
    beats = 2 * 100  # of each node, five a second
    # What beats leave they leave each time; a thread of another test may add its own once.
    assert min(after - before for before, after in pairwise(blocks)) < beats // 2
