"""Virtual time, and the nodes' clocks over it."""

from functools import partial

import pytest

from sidecar.core.terms import SECOND
from tests.sim.world import NodeClock, World


def test_callbacks_fire_in_the_order_of_their_instants():
    world, fired = World(), []
    world.call_at(30, lambda: fired.append("late"))
    world.call_at(10, lambda: fired.append("early"))
    world.run_until(100)
    assert fired == ["early", "late"]
    assert world.now_ns == 100


def test_callbacks_of_one_instant_fire_in_the_order_in_which_they_were_asked_for():
    world, fired = World(), list[int]()
    for number in range(5):
        world.call_at(10, partial(fired.append, number))
    world.run_until(10)
    assert fired == [0, 1, 2, 3, 4]


def test_a_cancelled_callback_does_not_fire():
    world, fired = World(), []
    world.call_at(10, lambda: fired.append("cancelled")).cancel()
    world.run_until(20)
    assert fired == []


def test_a_callback_sees_its_own_instant_and_may_ask_for_another():
    world, seen = World(), []

    def again() -> None:
        seen.append(world.now_ns)
        if len(seen) < 3:
            world.call_later(10, again)

    world.call_at(10, again)
    world.run_until(100)
    assert seen == [10, 20, 30]


def test_what_is_asked_for_in_the_past_fires_now_and_time_never_goes_back():
    world, seen = World(), []
    world.run_until(50)
    world.call_at(10, lambda: seen.append(world.now_ns))
    world.run_until(60)
    assert seen == [50]


@pytest.mark.parametrize("drift_ppm", [-100, -1, 0, 1, 100])
@pytest.mark.parametrize("ahead_ns", [1, 999, 12_345_678, 3 * SECOND, 3600 * SECOND])
def test_a_timer_by_a_drifting_clock_is_never_early_and_at_most_one_tick_late(drift_ppm, ahead_ns):
    world = World()
    world.run_until(7 * SECOND)
    clock = NodeClock(world, drift_ppm=drift_ppm, first_ns=5 * SECOND)
    wanted_ns = clock.ns() + ahead_ns
    world.run_until(clock.world_instant(wanted_ns) - 1)
    assert clock.ns() < wanted_ns
    world.run_for(1)
    assert wanted_ns <= clock.ns() <= wanted_ns + 1


def test_two_clocks_drift_apart():
    world = World()
    fast, slow = NodeClock(world, drift_ppm=100), NodeClock(world, drift_ppm=-100)
    world.run_until(10_000 * SECOND)
    assert fast.ns() - slow.ns() == 2 * SECOND
