"""A process that is frozen, thawed and dead."""

from functools import partial
from random import Random

from sidecar.core.terms import SECOND
from tests.sim.life import SOCKET_BUFFER, Life
from tests.sim.world import World


def a_life() -> tuple[World, Life, list[str]]:
    world = World()
    return world, Life(world, Random(1)), []


def test_a_frozen_process_does_nothing_and_then_reads_before_it_looks_at_timers():
    world, life, done = a_life()
    life.timer_at(SECOND, lambda: done.append("timer"))
    life.freeze()
    world.run_until(2 * SECOND)
    life.packet(lambda: done.append("packet"))
    assert done == []
    life.thaw()
    assert done == ["packet", "timer"]


def test_a_timer_cancelled_by_what_was_read_first_does_not_fire():
    world, life, done = a_life()
    timer = life.timer_at(SECOND, lambda: done.append("timer"))
    life.freeze()
    world.run_until(2 * SECOND)
    life.loop(timer.cancel)
    life.thaw()
    assert done == []


def test_a_full_socket_buffer_drops_what_comes_later():
    _, life, done = a_life()
    life.freeze()
    for number in range(SOCKET_BUFFER + 50):
        life.packet(partial(done.append, str(number)))
    life.thaw()
    assert len(done) == SOCKET_BUFFER
    assert done[-1] == str(SOCKET_BUFFER - 1)


def test_threads_go_on_a_moment_after_the_thaw():
    world, life, done = a_life()
    life.freeze()
    life.thread(lambda: done.append("thread"))
    life.thaw()
    assert done == []
    world.run_for(SECOND)
    assert done == ["thread"]


def test_nothing_of_a_dead_process_runs_any_more():
    world, life, done = a_life()
    life.timer_at(SECOND, lambda: done.append("timer"))
    life.thread_later(SECOND, lambda: done.append("thread"))
    life.freeze()
    life.packet(lambda: done.append("packet"))
    life.end()
    life.thaw()
    world.run_until(5 * SECOND)
    life.loop(lambda: done.append("loop"))
    assert done == []


def test_a_timer_is_never_early():
    world, life, done = a_life()
    life.timer_at(SECOND, lambda: done.append("timer"))
    world.run_until(SECOND)
    assert done == []
    world.run_for(SECOND)
    assert done == ["timer"]
