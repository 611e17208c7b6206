"""The checkers themselves: each rule broken once by hand, and each window once made use of.

The cores are left out. What they would do to a host is done to it directly.
"""

import pytest

from sidecar.core.actions import Announce, PauseService
from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.checked import ADDRESS, LONG_S, VIP, CheckedWorld
from tests.sim.pair import SERVICE_LAN
from tests.sim.violation import Violation
from tests.sim.witness import Life, LifeChanged, Wished


@pytest.fixture
def world() -> CheckedWorld:
    return CheckedWorld()


def test_two_owners_who_see_each_other_are_a_violation(world):
    world.a.kernel.put(VIP, LONG_S)
    world.world.run_for(SECOND)
    world.b.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match="two owners"):
        world.world.run_for(SECOND)


def test_a_second_owner_who_lets_go_at_once_is_excused(world):
    world.a.kernel.put(VIP, LONG_S)
    world.world.run_for(SECOND)
    world.b.kernel.put(VIP, LONG_S)
    world.world.run_for(MILLISECOND // 2)
    world.b.kernel.delete(VIP)
    world.world.run_for(10 * SECOND)


def test_a_second_owner_who_lets_go_once_it_sees_the_first_one_is_a_violation(world):
    """So long it takes to announce, to hear the owner's answer, and to release."""
    world.a.kernel.put(VIP, LONG_S)
    world.world.run_for(SECOND)
    world.b.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match="two owners"):
        world.world.run_for(2 * MILLISECOND)


def test_two_owners_on_a_parted_lan_are_undecidable(world):
    world.a.kernel.put(VIP, LONG_S)
    world.fault(lambda: world.two.lan.cut("a"))
    world.world.run_for(SECOND)
    world.b.kernel.put(VIP, LONG_S)
    world.world.run_for(100 * SECOND)


def test_two_owners_after_a_heal_must_settle_within_a_deadtime_and_a_bit(world):
    world.start_both()
    world.fault(lambda: world.two.lan.cut("a"))
    world.world.run_for(SECOND)
    world.b.kernel.put(VIP, LONG_S)  # behind the back of b's core, which will not let go
    world.world.run_for(20 * SECOND)
    world.fault(world.two.lan.heal)
    world.world.run_for(5 * SECOND)
    with pytest.raises(Violation, match=r"two owners.*hear each other again"):
        world.world.run_for(10 * SECOND)


def test_two_owners_of_whom_one_has_no_carrier_are_one_owner(world):
    world.a.kernel.put(VIP, LONG_S)
    world.a.kernel.set_carrier(SERVICE_LAN, up=False)
    world.b.kernel.put(VIP, LONG_S)
    world.world.run_for(100 * SECOND)


def test_an_address_before_its_container_is_a_violation(world):
    world.a.engine.pause_by_stranger("nginx")
    world.world.run_for(SECOND)
    with pytest.raises(Violation, match=r"order: a claimed .* while nginx is paused"):
        world.a.kernel.put(VIP, LONG_S)


def claimed_late(world: CheckedWorld, *, paused_before_s: float) -> None:
    world.a.engine.pause_by_stranger("nginx")
    world.world.run_for(int(paused_before_s * SECOND))
    world.a.kernel.slow_ns = MILLISECOND
    world.a.kernel.hold_up()
    world.a.kernel.put(VIP, LONG_S)
    world.world.run_for(20 * MILLISECOND)


def test_a_claim_that_was_held_up_may_be_older_than_its_containers_end(world):
    claimed_late(world, paused_before_s=1.9)


def test_a_claim_is_held_up_for_two_seconds_at_most(world):
    with pytest.raises(Violation, match=r"order: a claimed .* while nginx is paused"):
        claimed_late(world, paused_before_s=2)


def test_a_pause_before_the_address_has_gone_is_a_violation(world):
    world.a.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match="order: a: PauseService nginx"):
        world.two.stage.witness(Wished("a", PauseService(op=1, container="nginx")))


def test_a_pause_on_the_other_host_is_nobody_s_business(world):
    world.a.kernel.put(VIP, LONG_S)
    world.two.stage.witness(Wished("b", PauseService(op=1, container="nginx")))


def test_announcing_what_is_not_held_is_a_violation(world):
    with pytest.raises(Violation, match="honest"):
        world.two.stage.witness(Wished("a", Announce(address=ADDRESS)))


def test_announcing_what_went_just_now_is_excused(world):
    world.a.kernel.put(VIP, LONG_S)
    world.a.kernel.delete_by_stranger(VIP)
    world.world.run_for(MILLISECOND)
    world.two.stage.witness(Wished("a", Announce(address=ADDRESS)))


def test_announcing_without_end_is_a_violation(world):
    world.a.kernel.put(VIP, LONG_S)
    for _ in range(100):
        world.two.stage.witness(Wished("a", Announce(address=ADDRESS)))
    with pytest.raises(Violation, match="pace: a announced 100 times"):
        world.world.run_for(SECOND)


def test_an_address_that_leads_to_nothing_is_a_violation_once_it_could_have_moved(world):
    world.start_both()
    world.numb("a")
    world.a.engine.kill("nginx")
    world.world.run_for(20 * SECOND)
    with pytest.raises(Violation, match="not served: a holds"):
        world.world.run_for(60 * SECOND)


def test_a_sidecar_that_ends_and_leaves_its_address_is_a_violation(world):
    world.a.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match="exit: a ended and holds"):
        world.two.stage.witness(LifeChanged("a", Life.ENDED))


def test_a_healthy_pair_breaks_no_rule(world):
    world.start_both()
    world.world.run_for(600 * SECOND)
    assert [node.name for node in world.two.holders(VIP)] == ["a"]
