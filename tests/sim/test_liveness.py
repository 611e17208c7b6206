"""Liveness itself: what has settled, what has not, and what does not stay."""

from collections.abc import Callable

import pytest

from sidecar.core.events import ServiceChecked
from sidecar.core.occurrences import NodeLeft, TakeoverDone
from sidecar.core.terms import MILLISECOND, SECOND, StandbyMode
from tests.sim.checked import GROUP, LONG_S, SERVING, VIP, CheckedWorld
from tests.sim.docker import Settings
from tests.sim.liveness import Liveness
from tests.sim.network import Quality
from tests.sim.pair import SERVICE_LAN
from tests.sim.violation import Violation


class Judged(CheckedWorld):
    def __init__(self, settings: Settings = SERVING) -> None:
        super().__init__(settings=settings)
        self.liveness = Liveness(self.two)
        self.start_both()


@pytest.fixture
def world() -> Judged:
    return Judged()


def test_a_healthy_pair_settles_and_stays(world: Judged) -> None:
    world.liveness.must_settle()
    world.liveness.must_stay()


def test_what_is_put_back_has_moved(world: Judged) -> None:
    world.liveness.must_settle()
    world.world.call_later(1, lambda: world.a.kernel.delete_by_stranger(VIP))
    with pytest.raises(Violation, match="does not stay"):
        world.liveness.must_stay()
    assert world.a.kernel.holds(VIP), "all is as it was, and that is not enough"


def late_in_peace(world: Judged, what: Callable[[], None]) -> None:
    """Right before the last look."""
    world.liveness.must_settle()
    world.world.call_later(world.liveness.quiet_ns() - MILLISECOND, what)


def test_a_standby_that_prepares_for_a_moment_stays_as_it_is() -> None:
    """Seed 2166: with a warntime of two beats, one came a few milliseconds late."""
    world = Judged(Settings(standby=StandbyMode.STOP))
    late_in_peace(world, lambda: world.b.engine.start_by_stranger("nginx"))
    world.liveness.must_stay()


def test_what_does_not_rest_again_does_not_stay() -> None:
    world = Judged(Settings(standby=StandbyMode.STOP))

    def happen() -> None:
        world.numb("b")
        world.b.engine.start_by_stranger("nginx")

    late_in_peace(world, happen)
    with pytest.raises(Violation, match="running where it should stand by"):
        world.liveness.must_stay()


def test_nobody_holds_it(world: Judged) -> None:
    world.numb("a", "b")
    world.a.kernel.delete(VIP)
    assert f"{VIP}/24/eth0:0 is held by nobody" in world.liveness.trouble()
    with pytest.raises(Violation, match=r"does not settle.*held by nobody"):
        world.liveness.must_settle()


def test_both_hold_it(world: Judged) -> None:
    world.numb("a", "b")
    world.b.kernel.put(VIP, LONG_S)
    assert f"{VIP}/24/eth0:0 is held by a and b" in world.liveness.trouble()


def test_the_one_that_is_not_preferred_holds_it(world: Judged) -> None:
    world.numb("a", "b")
    world.a.kernel.delete(VIP)
    world.b.kernel.put(VIP, LONG_S)
    trouble = world.liveness.trouble()
    assert f"{VIP}/24/eth0:0 has not come back to a" in trouble
    assert f"a says held=True of {VIP}/24/eth0:0" in trouble
    assert f"the client looks for {VIP} in the wrong place" in trouble


def test_a_node_is_not_up(world: Judged) -> None:
    world.node("b").kill()
    assert "b is not up" in world.liveness.trouble()


def test_nothing_serves(world: Judged) -> None:
    world.numb("a", "b")
    world.a.engine.kill("nginx")
    assert "nginx of a does not serve" in world.liveness.trouble()


def test_what_is_still_being_mended_has_not_settled(world: Judged) -> None:
    """Seed 89: a check that had begun before the heal failed after it, and so did the restart."""
    process = world.node("a").process
    assert process is not None
    process.feed(ServiceChecked(container="nginx", passed=False, detail="503"))
    assert "a does not see nginx serve" in world.liveness.trouble()


def test_a_node_says_that_it_is_not_ready(world: Judged) -> None:
    world.b.kernel.set_carrier(SERVICE_LAN, up=False)
    world.run(1)
    (trouble,) = (line for line in world.liveness.trouble() if "not ready" in line)
    assert trouble.startswith("b is not ready: interface eth0 has no carrier")


def test_where_an_operator_put_it_it_stays_until_that_node_has_lost_the_other(
    world: Judged,
) -> None:
    back = f"{VIP}/24/eth0:0 has not come back to a"
    world.node("a").standby("all")
    world.run(5)
    assert world.b.kernel.holds(VIP)
    assert back not in world.liveness.trouble()
    world.cut_heartbeat()
    world.run(10)
    world.two.network.heal(Quality())
    assert back in world.liveness.trouble()
    world.liveness.must_settle()
    assert world.a.kernel.holds(VIP)


def test_a_takeover_of_the_other_in_vain_does_not_change_where_an_operator_put_it(
    world: Judged,
) -> None:
    back = f"{VIP}/24/eth0:0 has not come back to a"
    world.node("a").standby("all")
    world.run(5)
    for node, reason in (("b", "standby"), ("a", "node_dead")):
        world.tell(node, TakeoverDone(groups=(GROUP,), reason=reason, took_ns=1))
    assert back not in world.liveness.trouble()
    world.tell("b", TakeoverDone(groups=(GROUP,), reason="node_dead", took_ns=1))
    assert back in world.liveness.trouble()


def test_it_goes_back_also_when_the_other_has_left_and_returned(world: Judged) -> None:
    """Seed 698: what an operator puts somewhere is no wish for the time after a clean stop."""
    back = f"{VIP}/24/eth0:0 has not come back to a"
    world.node("a").standby("all")
    world.run(5)
    assert back not in world.liveness.trouble()
    world.tell("b", NodeLeft(node="a"))
    assert back in world.liveness.trouble()


def test_it_goes_back_also_when_the_kernel_had_just_lost_it(world: Judged) -> None:
    """Seed 7169: the address had gone from the kernel, and then the other node died."""
    back = f"{VIP}/24/eth0:0 has not come back to a"
    world.node("a").standby("all")
    world.run(5)
    world.b.kernel.slow_ns = 200 * MILLISECOND
    world.b.kernel.delete_by_stranger(VIP)
    world.run(0.1)
    assert not world.b.kernel.holds(VIP)
    world.tell("b", NodeLeft(node="a"))
    world.run(1)
    assert back in world.liveness.trouble()


def test_what_a_slow_engine_has_not_done_yet_may_still_stop_something(world: Judged) -> None:
    """Seed 6541: asked before the heal, it stopped a container five seconds after it."""
    world.a.engine.later(4 * SECOND, lambda: None)
    said = "the engine of a still works on what it was asked before"
    assert said in world.liveness.trouble()
    world.run(4.1)
    assert said not in world.liveness.trouble()


def test_the_bound_counts_from_the_end_of_what_a_slow_engine_was_asked_before(
    world: Judged,
) -> None:
    """Seed 8306: 55 times as slow for a moment, it restarted a container two minutes later."""
    world.a.engine.later(world.liveness.bound_ns() + 4 * SECOND, lambda: None)
    world.liveness.must_settle()


def test_what_a_slow_kernel_has_not_done_yet_may_still_move_something(world: Judged) -> None:
    """Seed 970: asked before the heal, it renewed an address only when its lease was over."""
    world.a.kernel.slow_ns = 4 * SECOND
    world.run(3)
    world.a.kernel.repair()
    said = "the kernel of a still works on what it was asked before"
    assert said in world.liveness.trouble()
    world.run(4)
    assert said not in world.liveness.trouble()
