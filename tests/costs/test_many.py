"""What many addresses cost: a takeover as many times as much as one, a turn at rest no more."""

from typing import Final

import pytest

from sidecar.core.terms import MILLISECOND, SECOND
from tests.core.harness import Wired
from tests.costs.many import names, pair_with
from tests.costs.steady import Calls, calls_by_kind

FEW: Final = 20
MANY: Final = 200
DEAD_NS: Final = 1100 * MILLISECOND
"""The deadtime, and the time to claim."""
SENT: Final = "Woke -> SendPacket"
HEARD: Final = "PacketReceived on eth1 -> nothing"
RENEWED: Final = "Together -> nothing"


def calls_of_a_takeover(pair: Wired, count: int) -> int:
    """Of the node that takes over, and of its adapters."""
    pair.a.die()
    calls = Calls()
    with calls.counting():
        pair.world.run(DEAD_NS)
    assert pair.b.hands.addresses == set(names(count))
    return calls.count


@pytest.fixture(scope="module")
def few() -> Wired:
    return pair_with(FEW)


@pytest.fixture(scope="module")
def many() -> Wired:
    return pair_with(MANY)


@pytest.mark.parametrize("kind", [SENT, HEARD])
def test_a_beat_costs_no_more_with_many_addresses(few: Wired, many: Wired, kind: str):
    one, other = (min(calls_by_kind(pair, 3 * SECOND)[kind]) for pair in (few, many))
    assert other <= 1.1 * one


def test_renewals_cost_in_proportion_to_the_addresses(few: Wired, many: Wired):
    one, other = (min(calls_by_kind(pair, 3 * SECOND)[RENEWED]) for pair in (few, many))
    assert other <= MANY / FEW * one


def test_a_takeover_costs_in_proportion_to_the_addresses(few: Wired, many: Wired):
    one, other = calls_of_a_takeover(few, FEW), calls_of_a_takeover(many, MANY)
    assert other <= MANY / FEW * one
