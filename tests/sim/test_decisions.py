"""The checks of what cores decide: a history that breaks the rule, and one that just does not."""

from dataclasses import replace

import pytest

from sidecar.core.actions import ClaimAddress, ReleaseAddress
from sidecar.core.occurrences import AddressHeld, AddressTaken, GiveUpBegan, NodeDied, TakeoverBegan
from sidecar.core.terms import SECOND, AutoFailback
from tests.sim.checked import ADDRESS, GROUP, VIP, CheckedWorld
from tests.sim.docker import EngineMode
from tests.sim.pair import SERVICE_LAN, Pair, a_group
from tests.sim.violation import Violation
from tests.sim.witness import Life, Wished

HELD = AddressHeld(address=VIP, interface=SERVICE_LAN)


def gives_up(reason: str) -> GiveUpBegan:
    return GiveUpBegan(groups=(GROUP,), reason=reason, why="a test says so")


@pytest.fixture
def world() -> CheckedWorld:
    return CheckedWorld()


# --- older stays -----------------------------------------------------------------------------


def claim_in_turn(world: CheckedWorld, first: str, second: str, after_s: float = 3) -> None:
    """Both hold it; the second one has claimed it so much later."""
    world.tell(first, HELD)
    world.run(after_s)
    world.tell(second, HELD)


def test_the_one_that_has_held_longer_must_not_let_go(world: CheckedWorld) -> None:
    claim_in_turn(world, "a", "b")
    with pytest.raises(Violation, match=r"older stays: a lets .* 3\.000 s longer"):
        world.tell("a", gives_up("conflict"))


@pytest.mark.parametrize("again", [False, True])
def test_who_lost_a_group_of_the_same_side_has_a_younger_claim(*, again: bool) -> None:
    """Seed 5649: all that one node prefers is claimed as one. Seed 11785: also if it is back."""
    second = "10.0.0.101"
    groups = (a_group("a", VIP, "nginx"), a_group("a", second, "redis"))
    world = CheckedWorld(Pair(groups=groups))
    world.tell("a", AddressHeld(address=second, interface=SERVICE_LAN))
    claim_in_turn(world, "a", "b")
    world.tell("a", AddressTaken(address=second, reason="a test says so"))
    world.run(1)
    if again:
        world.tell("a", AddressHeld(address=second, interface=SERVICE_LAN))
    world.tell("a", gives_up("conflict"))


@pytest.mark.parametrize("by_itself", [True, False])
def test_what_came_true_late_is_as_old_as_its_decision(
    world: CheckedWorld, *, by_itself: bool
) -> None:
    """Seed 17930: the kernel of the one refused for so long that the other could lose it, too."""
    world.tell("a", HELD)
    world.run(1)
    takes_over(world, "b")
    world.run(1)
    if by_itself:  # as without a carrier
        world.two.stage.witness(Wished("a", ReleaseAddress(op=1, address=ADDRESS)))
        world.run(1)
        world.tell("a", HELD)
    else:
        loses_and_claims(world, "a", after_s=1)
    world.run(3)
    world.tell("b", HELD)
    world.tell("a", gives_up("conflict"))


def test_who_lost_it_before_the_other_decided_has_the_older_claim(world: CheckedWorld) -> None:
    world.tell("a", HELD)
    loses_and_claims(world, "a", after_s=1)
    world.run(1)
    takes_over(world, "b")
    world.run(2)
    world.tell("b", HELD)
    with pytest.raises(Violation, match="older stays"):
        world.tell("a", gives_up("conflict"))


def test_the_younger_one_may_let_go(world: CheckedWorld) -> None:
    claim_in_turn(world, "a", "b")
    world.tell("b", gives_up("conflict"))


def test_of_two_that_claimed_at_about_the_same_time_either_may_let_go(world: CheckedWorld) -> None:
    claim_in_turn(world, "a", "b", after_s=1.9)
    world.tell("a", gives_up("conflict"))


def test_who_slept_or_died_since_does_not_know_since_when_it_has_held(world: CheckedWorld) -> None:
    claim_in_turn(world, "a", "b")
    world.live("a", Life.KILLED)
    world.tell("a", gives_up("conflict"))


def test_who_has_asked_the_kernel_to_remove_it_holds_it_no_more(world: CheckedWorld) -> None:
    claim_in_turn(world, "a", "b")
    world.two.stage.witness(Wished("a", ReleaseAddress(op=1, address=ADDRESS)))
    world.tell("a", gives_up("conflict"))


def test_what_is_put_back_at_once_has_been_held_all_the_time(world: CheckedWorld) -> None:
    """Seed 840: a stranger removed it from the older owner just after a heal."""
    claim_in_turn(world, "b", "a")
    world.run(3)
    loses_and_claims(world, "b", after_s=0)
    world.tell("a", gives_up("conflict"))


def test_what_is_claimed_again_later_has_been_held_since_then(world: CheckedWorld) -> None:
    claim_in_turn(world, "b", "a")
    world.run(3)
    loses_and_claims(world, "b", after_s=1)
    with pytest.raises(Violation, match="older stays: a lets"):
        world.tell("a", gives_up("conflict"))


def takes_over(world: CheckedWorld, node: str) -> None:
    world.tell(node, TakeoverBegan(groups=(GROUP,), reason="peer_dead", why="a test says so"))


def loses_and_claims(world: CheckedWorld, node: str, *, after_s: float) -> None:
    world.tell(node, AddressTaken(address=VIP, reason="somebody removed it"))
    world.run(after_s)
    claim = ClaimAddress(op=1, address=ADDRESS, lease_s=5, not_after_ns=0)
    world.two.stage.witness(Wished(node, claim))
    world.tell(node, HELD)


# --- no worse --------------------------------------------------------------------------------


def test_nothing_is_handed_to_a_node_that_has_long_lost_its_carrier(world: CheckedWorld) -> None:
    world.fault(lambda: world.b.kernel.set_carrier(SERVICE_LAN, up=False))
    world.run(12.1)  # two seconds, and twice the dead time of five
    with pytest.raises(Violation, match="no worse: b is handed"):
        world.tell("a", gives_up("standby"))


def test_a_carrier_that_was_lost_a_moment_ago_may_not_be_known_yet(world: CheckedWorld) -> None:
    world.fault(lambda: world.b.kernel.set_carrier(SERVICE_LAN, up=False))
    world.run(11.9)
    world.tell("a", gives_up("standby"))


def test_an_engine_that_hangs_has_to_be_known_after_a_while(world: CheckedWorld) -> None:
    world.fault(lambda: world.b.engine.set_mode(EngineMode.HUNG))
    world.run(19.9)
    world.tell("a", gives_up("failback"))
    world.run(0.2)
    with pytest.raises(Violation, match="no worse: b is handed"):
        world.tell("a", gives_up("failback"))


def test_who_stops_hands_over_to_whom_there_is(world: CheckedWorld) -> None:
    world.fault(lambda: world.b.kernel.set_carrier(SERVICE_LAN, up=False))
    world.run(60)
    world.tell("a", gives_up("shutdown"))


# --- too early -------------------------------------------------------------------------------


def test_a_failback_waits_until_the_other_has_lived_for_its_delay(world: CheckedWorld) -> None:
    world.live("a", Life.STARTS)
    world.run(4.9)
    with pytest.raises(Violation, match=r"too early: a .* after 4\.900 s of life"):
        world.tell("b", gives_up("failback"))


@pytest.mark.parametrize("reason", ["failback", "standby"])
def test_after_the_delay_or_where_somebody_asked_it_is_in_time(
    world: CheckedWorld, reason: str
) -> None:
    world.live("a", Life.STARTS)
    world.run(5 if reason == "failback" else 1)
    world.tell("b", gives_up(reason))


def test_ipfail_does_not_wait() -> None:
    world = CheckedWorld(replace(Pair(), ipfail=True))
    world.live("a", Life.STARTS)
    world.tell("b", gives_up("failback"))


# --- no need ---------------------------------------------------------------------------------


def test_what_has_long_been_served_is_not_given_up_for_a_failure(world: CheckedWorld) -> None:
    world.start_both(seconds=36)
    with pytest.raises(Violation, match="no need: a gives"):
        world.tell("a", gives_up("service_failed"))


def test_a_failure_that_was_mended_a_while_ago_may_still_be_acted_upon(
    world: CheckedWorld,
) -> None:
    world.start_both(seconds=36)
    world.numb("a", "b")
    world.fault(lambda: world.a.engine.pause_by_stranger("nginx"))
    world.run(1)
    world.fault(lambda: world.a.engine.start_by_stranger("nginx"))
    world.run(28)
    world.tell("a", gives_up("service_failed"))


def test_auto_failback_off_is_obeyed() -> None:
    world = CheckedWorld(replace(Pair(), auto_failback=AutoFailback.OFF))
    world.run(60)
    world.tell("b", gives_up("standby"))
    with pytest.raises(Violation, match="no need: b hands back"):
        world.tell("b", gives_up("failback"))


# --- deaf itself -----------------------------------------------------------------------------


def died(silence_s: float) -> NodeDied:
    ns = int(silence_s * SECOND)
    return NodeDied(node="b", silence_ns=ns, deadtime_ns=5 * SECOND, heard=True)


def sleeps(world: CheckedWorld, seconds: float) -> None:
    world.live("a", Life.FROZEN)
    world.run(seconds)
    world.live("a", Life.THAWED)


def test_who_slept_must_listen_before_it_holds_the_other_for_dead(world: CheckedWorld) -> None:
    sleeps(world, 10)
    world.run(4.9)
    with pytest.raises(Violation, match=r"deaf itself: a slept for 10\.000 s"):
        world.tell("a", died(14.9))


def test_a_dead_time_after_it_woke_it_has_listened_long_enough(world: CheckedWorld) -> None:
    sleeps(world, 10)
    world.run(5)
    world.tell("a", died(15))


def test_a_short_sleep_is_no_excuse_that_is_asked_for(world: CheckedWorld) -> None:
    """Less than two dead times: it may have been awake for the first part of the silence."""
    sleeps(world, 9.9)
    world.tell("a", died(9.9))


# --- by sight --------------------------------------------------------------------------------


def test_a_holder_without_carrier_hands_over(world: CheckedWorld) -> None:
    world.start_both()
    world.numb("a", "b")
    world.fault(lambda: world.a.kernel.set_carrier(SERVICE_LAN, up=False))
    world.run(2.4)
    with pytest.raises(Violation, match="by sight: a has no carrier"):
        world.run(0.2)


def test_a_holder_without_carrier_keeps_what_nobody_else_could_serve(world: CheckedWorld) -> None:
    world.start_both()
    world.numb("a", "b")
    world.fault(lambda: world.b.engine.set_mode(EngineMode.DOWN))
    world.fault(lambda: world.a.kernel.set_carrier(SERVICE_LAN, up=False))
    world.run(100)


def test_a_holder_without_carrier_that_hears_nobody_waits_for_its_lease(
    world: CheckedWorld,
) -> None:
    world.start_both()
    world.numb("a", "b")
    world.fault(world.cut_heartbeat)
    world.fault(lambda: world.a.kernel.set_carrier(SERVICE_LAN, up=False))
    world.run(100)
