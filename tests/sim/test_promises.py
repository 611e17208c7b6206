"""The checks of promises with a bound: a history that breaks one, and one that just does not."""

from dataclasses import replace

import pytest

from sidecar.core.occurrences import HeartbeatLate, NodeQuiet, TakeoverBegan
from sidecar.core.params import PingTarget
from sidecar.core.terms import SECOND, StandbyMode
from tests.sim.checked import GROUP, LONG_S, SERVING, VIP, CheckedWorld
from tests.sim.pair import SERVICE_LAN, Pair
from tests.sim.violation import Violation
from tests.sim.witness import Life

QUIET = NodeQuiet(node="a", silence_ns=3 * SECOND)
TAKES_OVER = TakeoverBegan(groups=(GROUP,), reason="peer_dead", why="a test says so")
PINGING = replace(Pair(), ping=(PingTarget(name="router", hosts=("10.0.0.1",)),))
PAUSING = replace(SERVING, standby=StandbyMode.PAUSE)


# --- cut off ---------------------------------------------------------------------------------


def cut_off(world: CheckedWorld) -> None:
    world.numb("a", "b")
    world.cut_heartbeat()
    world.two.arbiters.cut("a")
    world.fault(lambda: world.two.lan.cut("a"))


def test_a_node_that_hears_nobody_must_let_go() -> None:
    """The dead time, a keepalive, one more for what comes late, and the time of a release."""
    world = CheckedWorld(PINGING)
    world.start_both()
    cut_off(world)
    world.run(9.4)
    with pytest.raises(Violation, match="cut off: a hears neither peer nor ping node"):
        world.run(0.2)


def test_a_node_that_meets_its_peer_on_the_service_network_may_keep() -> None:
    world = CheckedWorld(PINGING)
    world.start_both()
    cut_off(world)
    world.fault(world.two.lan.heal)
    world.run(100)


def test_a_node_that_reaches_a_ping_node_is_not_cut_off() -> None:
    world = CheckedWorld(PINGING)
    world.start_both()
    cut_off(world)
    world.fault(world.two.arbiters.heal)
    world.run(100)


def test_in_maintenance_a_node_that_is_cut_off_may_keep() -> None:
    world = CheckedWorld(PINGING)
    world.start_both()
    assert world.node("a").maintenance(1000)
    cut_off(world)
    world.run(100)


# --- taken over ------------------------------------------------------------------------------


def test_what_a_dead_node_held_must_be_taken() -> None:
    """The dead time, a keepalive, and six seconds to ask and to bring up."""
    world = CheckedWorld()
    world.start_both(seconds=100)
    world.numb("b")
    world.node("a").crash()
    world.run(11.9)
    with pytest.raises(Violation, match="not taken over: a is not heard, b is well"):
        world.run(0.2)


def test_where_something_was_wrong_lately_an_operation_may_hang() -> None:
    """Another 25 s for the engine's patience and a first check."""
    world = CheckedWorld()
    world.start_both(seconds=50)
    world.numb("b")
    world.node("a").crash()
    world.run(36.9)
    with pytest.raises(Violation, match="not taken over"):
        world.run(0.2)


def test_a_node_that_could_not_serve_need_not_take_over() -> None:
    world = CheckedWorld()
    world.start_both(seconds=100)
    world.numb("b")
    world.fault(lambda: world.b.kernel.set_carrier(SERVICE_LAN, up=False))
    world.node("a").crash()
    world.run(200)


def test_what_a_stranger_uses_need_not_be_taken() -> None:
    world = CheckedWorld()
    world.start_both(seconds=100)
    world.numb("b")
    world.two.stranger.take(VIP)
    world.node("a").crash()
    world.run(200)


# --- not warm --------------------------------------------------------------------------------


def quiet_for(world: CheckedWorld, seconds: float) -> None:
    """b, whose nginx rests, has been preparing for so long."""
    world.start_both(seconds=10)
    world.numb("a", "b")
    world.tell("b", QUIET)
    world.run(seconds)


def test_a_container_that_had_time_to_start_must_serve() -> None:
    world = CheckedWorld(settings=PAUSING)
    quiet_for(world, 4.1)
    with pytest.raises(Violation, match=r"not warm: b takes over, and nginx is cold after 4\.1"):
        world.tell("b", TAKES_OVER)


def test_who_was_late_is_quiet_no_more() -> None:
    """Seed 166: heard again in the very turn that missed it, and killed 23 s later."""
    world = CheckedWorld(settings=PAUSING)
    quiet_for(world, 2)
    world.tell("b", HeartbeatLate(node="a", gap_ns=3 * SECOND, warntime_ns=2 * SECOND))
    world.run(23)
    world.tell("b", TAKES_OVER)


def test_a_container_may_take_a_few_seconds_to_start() -> None:
    world = CheckedWorld(settings=PAUSING)
    quiet_for(world, 3.9)
    world.tell("b", TAKES_OVER)


def test_a_container_that_died_meanwhile_is_another_matter() -> None:
    world = CheckedWorld(settings=SERVING)
    quiet_for(world, 4.1)
    world.fault(lambda: world.b.engine.kill("nginx"))
    world.tell("b", TAKES_OVER)


# --- not found -------------------------------------------------------------------------------


def misled(world: CheckedWorld) -> None:
    """The client believes that b has what a holds."""
    world.start_both(seconds=60)
    world.numb("a", "b")
    world.fault(lambda: world.two.lan.client_cache.update({VIP: world.b.mac}))


def test_a_client_that_looks_in_the_wrong_place_must_be_told() -> None:
    """A burst of announcements, a release before it, and two dead times."""
    world = CheckedWorld()
    misled(world)
    world.run(18.4)
    with pytest.raises(Violation, match="not found: a has"):
        world.run(0.2)


def test_a_client_that_is_not_reached_cannot_be_told() -> None:
    world = CheckedWorld()
    misled(world)
    world.fault(lambda: world.two.lan.cut("client"))
    world.run(200)


def test_a_client_that_was_out_of_reach_hears_the_slow_repetition() -> None:
    world = CheckedWorld()
    misled(world)
    world.fault(lambda: world.two.lan.cut("client"))
    world.run(10)
    world.fault(world.two.lan.heal)
    world.run(35.9)
    with pytest.raises(Violation, match="not found: a has"):
        world.run(0.2)


# --- exit, pace ------------------------------------------------------------------------------


def test_a_stop_must_come_to_its_end() -> None:
    world = CheckedWorld()
    world.start_both()
    world.numb("a", "b")
    world.node("a").stop()
    world.run(89.9)
    with pytest.raises(Violation, match="exit: a does not come to an end"):
        world.run(0.2)


def test_a_node_must_not_turn_without_end() -> None:
    world = CheckedWorld()
    world.start_both(seconds=5.1)
    process = world.node("a").process
    assert process is not None
    process.driver.turns += 3001
    with pytest.raises(Violation, match="pace: a made"):
        world.run(1)


def test_a_killed_sidecar_leaves_its_address_to_the_lease_and_that_is_no_exit() -> None:
    world = CheckedWorld()
    world.a.kernel.put(VIP, LONG_S)
    world.live("a", Life.KILLED)


# --- nobody is heard -------------------------------------------------------------------------


def unheard(world: CheckedWorld) -> None:
    """Both live, neither hears the other, and nobody has the address."""
    world.numb("a", "b")
    world.cut_heartbeat()
    world.fault(lambda: world.a.kernel.delete(VIP))


def test_of_two_that_do_not_hear_each_other_one_must_serve() -> None:
    world = CheckedWorld(PINGING)
    world.start_both(seconds=100)
    unheard(world)
    world.run(11.9)
    with pytest.raises(Violation, match="not taken over"):
        world.run(0.2)


def test_a_double_fault_leaves_nobody_and_is_excused_while_both_are_cut_off() -> None:
    """The heartbeat and the ping nodes of both: docs/safety.md, "What two nodes cannot know"."""
    world = CheckedWorld(PINGING)
    world.start_both(seconds=100)
    world.two.arbiters.cut("a")
    world.two.arbiters.cut("b")
    unheard(world)
    world.run(300)
    world.fault(lambda: world.two.arbiters.restore("b"))
    world.run(11.9)
    with pytest.raises(Violation, match="not taken over: a is not heard, b is well"):
        world.run(0.2)
