"""The windows: how long two may own an address, or one lead to nothing. Each at both its ends."""

from dataclasses import replace

import pytest

from sidecar.core.occurrences import NodeReturned
from sidecar.core.terms import MILLISECOND, NodeStatus
from tests.sim.checked import LONG_S, SERVING, VIP, CheckedWorld
from tests.sim.docker import EngineMode, Settings
from tests.sim.kernel import CLAIMED, RENEWED
from tests.sim.violation import Violation


def parted_for_a_second(world: CheckedWorld) -> None:
    world.fault(lambda: world.two.lan.part("a", "b"))
    world.run(1)
    world.fault(lambda: world.two.lan.rejoin("a", "b"))


def running(*, parted_s: float) -> CheckedWorld:
    """Node a holds; so long ago the service LAN has become whole again."""
    world = CheckedWorld()
    world.start_both(seconds=20)
    world.numb("a", "b")
    parted_for_a_second(world)
    world.run(parted_s)
    return world


# --- two owners ------------------------------------------------------------------------------


def test_who_asked_while_the_lan_was_parted_may_claim_a_moment_later() -> None:
    world = running(parted_s=0.19)
    world.b.kernel.put(VIP, LONG_S)
    world.run(5)


def test_a_moment_later_than_that_there_is_no_reason() -> None:
    world = running(parted_s=0.21)
    world.b.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match=r"two owners.*the second claim had no reason"):
        world.run(1)


def test_a_slow_kernel_may_carry_out_what_was_asked_while_it_was_parted() -> None:
    world = running(parted_s=1.9)
    world.b.kernel.slow_ns = 500 * MILLISECOND
    world.b.kernel.put(VIP, LONG_S)
    world.run(5)


def test_it_may_also_when_it_is_fast_again_by_then() -> None:
    """Seed 18287: what it was asked before that comes first, and late."""
    world = running(parted_s=1.4)
    world.b.kernel.slow_ns = 500 * MILLISECOND
    world.b.kernel.hold_up()
    world.b.kernel.repair()
    world.run(0.5)
    world.b.kernel.put(VIP, LONG_S)
    world.run(5)


def test_a_slow_kernel_is_no_reason_for_ever() -> None:
    world = running(parted_s=2.1)
    world.b.kernel.slow_ns = 500 * MILLISECOND
    world.b.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match=r"two owners.*the second claim had no reason"):
        world.run(1)


def removed_from_one_of_two(*, after_s: float) -> CheckedWorld:
    """Both claimed while the LAN was parted; of one a stranger takes the address after the heal."""
    world = running(parted_s=0.1)
    world.b.kernel.put(VIP, LONG_S)
    world.run(0.5)
    world.a.kernel.delete_by_stranger(VIP)
    world.run(after_s)
    world.a.kernel.put(VIP, LONG_S)
    return world


def test_what_is_put_back_at_once_is_had_by_both_for_the_same_reason_as_before() -> None:
    """Seed 19727: the older owner lost it before the other one had heard of that claim."""
    removed_from_one_of_two(after_s=0.04).run(1)


def test_what_is_put_back_later_needs_a_reason_of_its_own() -> None:
    world = removed_from_one_of_two(after_s=0.06)
    with pytest.raises(Violation, match=r"two owners.*the second claim had no reason"):
        world.run(1)


def test_two_that_claim_in_the_same_instant_both_found_nobody() -> None:
    world = CheckedWorld()
    world.start_both(seconds=20)
    world.numb("a", "b")
    world.a.kernel.delete(VIP)
    world.a.kernel.put(VIP, LONG_S)
    world.run(0.049)
    world.b.kernel.put(VIP, LONG_S)
    world.run(9.4)  # the dead time, two keepalives and a release
    with pytest.raises(Violation, match=r"two owners.*they hear each other again"):
        world.run(0.2)


def test_an_instant_later_the_first_one_would_have_answered() -> None:
    world = CheckedWorld()
    world.start_both(seconds=20)
    world.numb("a", "b")
    world.a.kernel.delete(VIP)
    world.a.kernel.put(VIP, LONG_S)
    world.run(0.051)
    world.b.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match=r"two owners.*the second claim had no reason"):
        world.run(1)


def claimed_without_reason() -> CheckedWorld:
    world = CheckedWorld()
    world.start_both(seconds=20)
    world.numb("a", "b")
    world.b.kernel.put(VIP, LONG_S)
    return world


def test_what_came_too_late_may_be_taken_back_within_a_millisecond() -> None:
    world = claimed_without_reason()
    world.run(0.00099)
    world.fault(lambda: None)  # so that it is looked at, at this very instant
    world.b.kernel.delete(VIP)
    world.run(5)


def test_what_stays_for_longer_than_a_millisecond_was_not_taken_back() -> None:
    world = claimed_without_reason()
    with pytest.raises(Violation, match=r"two owners.*the second claim had no reason"):
        world.run(0.00101)


def claimed_blindly() -> CheckedWorld:
    """All is cut, b holds a for dead and has claimed; then the service LAN alone is mended."""
    world = CheckedWorld()
    world.start_both(seconds=20)
    world.numb("a")
    world.fault(world.cut_heartbeat)
    world.fault(lambda: world.two.lan.part("a", "b"))
    world.run(30)
    assert world.b.kernel.holds(VIP)
    world.numb("b")
    world.fault(lambda: world.two.lan.rejoin("a", "b"))
    return world


def test_who_claimed_without_a_word_of_the_other_must_let_go_once_it_can_be_seen() -> None:
    """It asks every half second, and has a release's time (2.5 s) after one second."""
    world = claimed_blindly()
    world.run(3.4)
    with pytest.raises(Violation, match=r"two owners.*sees it"):
        world.run(0.2)


def held_up_and_crossed(*, after_s: float, why: str = CLAIMED) -> CheckedWorld:
    """Node b hears nobody, finds nobody, and claims; what a asked for before that comes late."""
    world = CheckedWorld()
    world.start_both(seconds=20)
    world.numb("a")
    world.fault(world.cut_heartbeat)
    world.run(30)
    assert not world.b.kernel.holds(VIP), "its question is answered"
    world.a.kernel.delete(VIP)
    world.run(0.3)
    assert world.b.kernel.holds(VIP)
    world.numb("b")
    world.run(after_s)
    world.a.kernel.slow_ns = MILLISECOND
    world.a.kernel.hold_up()
    world.a.kernel.put(VIP, LONG_S, why=why)
    return world


def test_a_renewal_must_not_cross_it() -> None:
    """It asked nobody: what comes so late is to be taken back."""
    world = held_up_and_crossed(after_s=1, why=RENEWED)
    with pytest.raises(Violation, match=r"two owners.*the second claim had no reason"):
        world.run(1)


def test_a_claim_that_was_held_up_may_cross_that_of_a_node_that_hears_nothing() -> None:
    """As any claim without a word of the other: until it is seen, and released."""
    world = held_up_and_crossed(after_s=1)
    world.run(3.4)
    with pytest.raises(Violation, match=r"two owners.*sees it"):
        world.run(0.2)


def test_a_claim_that_was_held_up_may_cross_that_of_a_node_that_has_not_met_the_other() -> None:
    """Seed 9770: both began cut off, and claimed at the end of initdead."""
    world = CheckedWorld()
    world.fault(world.cut_heartbeat)
    world.start_both(seconds=20)
    world.numb("a", "b")
    for host in (world.a, world.b):
        host.kernel.delete(VIP)
    world.b.kernel.put(VIP, LONG_S)
    world.run(1)
    world.a.kernel.slow_ns = MILLISECOND
    world.a.kernel.hold_up()
    world.a.kernel.put(VIP, LONG_S)
    world.run(1)


def test_a_claim_is_not_held_up_for_longer_than_it_is_worth() -> None:
    world = held_up_and_crossed(after_s=2)
    with pytest.raises(Violation, match=r"two owners.*the second claim had no reason"):
        world.run(1)


def claimed_after_its_return(*, after_s: float) -> CheckedWorld:
    """Node b had held a for dead; what a asked for before that comes late, and crosses."""
    world = CheckedWorld()
    world.start_both(seconds=20)
    world.numb("a")
    world.fault(world.cut_heartbeat)
    world.run(30)
    world.numb("b")
    world.a.kernel.delete(VIP)
    process = world.node("b").process
    assert process is not None
    process.cluster.peer.status = NodeStatus.ACTIVE
    world.tell("b", NodeReturned(node="a", restarted=False))
    world.run(after_s)
    world.b.kernel.put(VIP, LONG_S)
    world.run(1)
    world.a.kernel.slow_ns = MILLISECOND
    world.a.kernel.hold_up()
    world.a.kernel.put(VIP, LONG_S)
    return world


def test_who_held_the_other_for_dead_when_it_asked_has_claimed_alone() -> None:
    """The other one may return before the kernel has carried the claim out."""
    claimed_after_its_return(after_s=0.005).run(1)


def test_who_had_heard_it_before_it_asked_has_not() -> None:
    world = claimed_after_its_return(after_s=0.015)
    with pytest.raises(Violation, match=r"two owners.*the second claim had no reason"):
        world.run(1)


def test_on_a_lan_that_stays_parted_nobody_can_know() -> None:
    world = claimed_blindly()
    world.run(3)
    world.fault(lambda: world.two.lan.part("a", "b"))
    world.run(300)


def test_while_one_of_them_does_not_run_it_cannot_let_go() -> None:
    world = claimed_blindly()
    world.run(3)
    world.node("b").freeze(300_000 * MILLISECOND)
    world.run(290)


# --- not served ------------------------------------------------------------------------------


def unserved(settings: Settings = SERVING) -> CheckedWorld:
    """Node a holds the address, and its nginx has died; nobody does anything about it."""
    world = CheckedWorld(settings=settings)
    world.start_both(seconds=20)
    world.numb("a", "b")
    world.fault(lambda: world.a.engine.kill("nginx"))
    return world


def test_an_address_must_not_lead_to_nothing_for_long() -> None:
    """A check of 2 s, 10 s for the hand-over, the dead time, and the lease with its grain."""
    world = unserved()
    lease_s = world.two.pair.timing.lease_s
    bound_s = 2 + 10 + 5 + lease_s + 0.4
    world.run(bound_s - 0.1)
    with pytest.raises(Violation, match="not served: a holds"):
        world.run(0.2)


def test_each_restart_has_its_time() -> None:
    world = unserved(replace(SERVING, restarts=1))
    world.run(2 + 25 + 10 + 5 + world.two.pair.timing.lease_s + 0.3)
    with pytest.raises(Violation, match="not served: a holds"):
        world.run(0.2)


def test_where_the_other_could_not_serve_either_it_hurts_as_little_as_none() -> None:
    world = unserved()
    world.fault(lambda: world.b.engine.kill("nginx"))
    world.fault(lambda: world.b.engine.set_mode(EngineMode.DOWN))
    world.run(300)


def test_a_holder_that_hears_nobody_must_let_go_whatever_the_other_could() -> None:
    world = unserved()
    world.fault(lambda: world.b.engine.set_mode(EngineMode.DOWN))
    world.fault(world.cut_heartbeat)
    with pytest.raises(Violation, match="not served: a holds"):
        world.run(60)


def test_a_sidecar_that_does_not_run_cannot_let_go() -> None:
    world = unserved()
    world.node("a").freeze(400_000 * MILLISECOND)
    world.run(300)


def test_during_maintenance_what_is_here_stays_here() -> None:
    world = CheckedWorld()
    world.start_both(seconds=20)
    assert world.node("a").maintenance(1000)
    world.numb("a", "b")
    world.fault(lambda: world.a.engine.kill("nginx"))
    world.run(300)


def test_without_a_check_an_engine_that_is_silent_hides_everything() -> None:
    world = unserved(replace(SERVING, checked=False))
    world.fault(lambda: world.a.engine.set_mode(EngineMode.HUNG))
    world.run(300)


def test_with_a_check_a_silent_engine_hides_nothing() -> None:
    world = unserved()
    world.fault(lambda: world.a.engine.set_mode(EngineMode.HUNG))
    with pytest.raises(Violation, match="not served: a holds"):
        world.run(60)
