"""The simulated kernel's leases, against what was measured on the real one."""

from random import Random

import pytest

from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.kernel import Interface, Kernel
from tests.sim.witness import AddressMoved, CarrierMoved, Change
from tests.sim.world import World

VIP = "10.0.0.100"


class AHost:
    """A kernel, and what was told of it."""

    def __init__(self, seed: int = 1) -> None:
        self.world = World()
        self.told: list[Change] = []
        self.removed: list[tuple[str, str]] = []
        self.kernel = Kernel(self.world, Random(seed), "a", self.told.append)
        self.kernel.interfaces["eth0"] = Interface("eth0", "02:00:00:00:00:0a")
        self.kernel.removed = lambda address, why: self.removed.append((address, why))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("lease_s", [1, 2, 3])
def test_a_lease_ends_by_itself_between_its_length_and_four_tenths_more(seed, lease_s):
    host = AHost(seed)
    host.kernel.put(VIP, lease_s)
    host.world.run_until(lease_s * SECOND - 1)
    assert host.kernel.holds(VIP)
    host.world.run_until(lease_s * SECOND + 400 * MILLISECOND)
    assert not host.kernel.holds(VIP)
    assert host.removed == [(VIP, "its lease ran out")]


def test_a_renewed_lease_counts_from_its_last_renewal():
    host = AHost()
    host.kernel.put(VIP, 2)
    for _ in range(10):
        host.world.run_for(SECOND)
        host.kernel.put(VIP, 2)
    host.world.run_for(2 * SECOND - 1)
    assert host.kernel.holds(VIP)
    host.world.run_for(SECOND)
    assert not host.kernel.holds(VIP)


def test_renewing_what_has_gone_creates_it_anew():
    host = AHost()
    host.kernel.put(VIP, 1)
    host.world.run_for(5 * SECOND)
    host.kernel.put(VIP, 1)
    assert host.kernel.holds(VIP)
    assert [change.present for change in host.told if isinstance(change, AddressMoved)] == [
        True,
        False,
        True,
    ]


def test_a_lease_that_was_taken_away_and_claimed_again_has_its_own_end():
    host = AHost()
    host.kernel.put(VIP, 1)
    host.world.run_for(SECOND // 2)
    host.kernel.delete(VIP)
    host.kernel.put(VIP, 3)
    host.world.run_for(3 * SECOND - 1)
    assert host.kernel.holds(VIP)


def test_the_watch_sees_what_the_sidecar_itself_releases_once():
    """As the real one does, also when a renewal that came too late is taken back."""
    host = AHost()
    host.kernel.put(VIP, 1)
    assert host.kernel.delete(VIP)
    assert not host.kernel.delete(VIP)
    assert host.removed == [(VIP, "released")]


def test_a_strangers_deletion_is_a_loss():
    host = AHost()
    host.kernel.put(VIP, 1)
    host.kernel.delete_by_stranger(VIP)
    assert host.removed == [(VIP, "somebody removed it")]


def test_power_loss_takes_all_and_nobody_hears_of_it():
    host = AHost()
    host.kernel.put(VIP, 1)
    host.kernel.power_off()
    host.world.run_for(5 * SECOND)
    assert not host.kernel.holds(VIP)
    assert host.removed == []


def test_a_carrier_that_stays_as_it_is_is_no_news():
    host = AHost()
    host.kernel.set_carrier("eth0", up=True)
    host.kernel.set_carrier("eth0", up=False)
    host.kernel.set_carrier("eth0", up=False)
    assert host.told == [CarrierMoved("a", "eth0", up=False)]
