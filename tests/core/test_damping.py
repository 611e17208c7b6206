"""A group that moves too often is held where it is (damping.py)."""

from dataclasses import replace
from typing import Any

import pytest

from sidecar.core.actions import Report
from sidecar.core.events import Reloaded, StandbyRequested, TakeoverRequested
from sidecar.core.occurrences import FlappingBegan, FlappingEnded
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback, ContainerState, Holding, Moment
from sidecar.core.timers import look_again
from sidecar.core.turn import Turn
from tests.core.harness import MACS, NODE, PEER, VIP, Node, Wired, mirrored, some_params
from tests.core.scenes import settled

WINDOW_NS = 100 * SECOND
GROUP = "10.0.0.100/24/eth0:0"


def a_pair(**changes: Any) -> Wired:
    pair = Wired(some_params(moves_window_ns=WINDOW_NS, **changes))
    pair.start()
    return pair


def power_cycle(pair: Wired) -> None:
    """The preferred node loses its power and returns: two moves, if it goes back."""
    generation = pair.a.cluster.boot.generation + 1
    pair.a.die()
    pair.world.run(3 * SECOND)
    pair.a = Node(pair.world, pair.a.params, generation=generation)
    pair.wire(pair.a)
    pair.a.start()
    pair.world.run(2 * SECOND)


def break_for_good(node: Node) -> None:
    node.sees("nginx", ContainerState.ABSENT, detail="removed")


def mend(node: Node) -> None:
    node.sees("nginx", ContainerState.PAUSED, identity="2")


def fail_once(node: Node) -> None:
    """It crashed, and the engine has started it again."""
    for state in (ContainerState.RESTARTING, ContainerState.RUNNING):
        node.sees("nginx", state, identity="1", started_at="later", restarts=0)


def moves(node: Node) -> int:
    (group,) = node.cluster.view().groups
    return group.moves


def flaps(node: Node) -> bool:
    (group,) = node.cluster.view().groups
    return group.flapping


def test_moves_that_nobody_asked_for_are_counted_on_both_nodes():
    pair = a_pair(max_moves=5)
    break_for_good(pair.a)
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]
    assert (moves(pair.a), moves(pair.b)) == (1, 1)


def test_at_the_bound_the_group_stays_although_its_node_is_back():
    pair = a_pair(max_moves=3)
    power_cycle(pair)
    assert pair.holders() == [NODE]
    assert (moves(pair.b), flaps(pair.b)) == (2, False)
    power_cycle(pair)
    assert pair.holders() == [PEER]
    assert (moves(pair.b), flaps(pair.b)) == (3, True)
    (told,) = pair.b.told_of(FlappingBegan)
    assert told == FlappingBegan(group=GROUP, moves=3, window_ns=WINDOW_NS)
    (note,) = pair.b.cluster.view().notes
    assert note in pair.b.cluster.view().explanation
    assert f"{GROUP} flaps: 3 moves within 100 s that nobody asked for" in note
    assert "`sidecar takeover`" in note


def test_a_dead_peer_is_taken_over_however_often_that_was():
    pair = a_pair(max_moves=1)
    for _ in range(4):
        pair.b.step(StandbyRequested(request=1, which="all"))
        power_cycle(pair)
        assert pair.holders() == [PEER]


def test_it_goes_back_when_the_moves_have_left_the_window():
    pair = a_pair(max_moves=3)
    power_cycle(pair)
    power_cycle(pair)
    pair.world.run(90 * SECOND)
    assert pair.holders() == [PEER]
    pair.world.run(10 * SECOND)
    assert pair.b.told_of(FlappingEnded)
    assert pair.holders() == [NODE]


def test_a_reload_with_a_shorter_window_lets_it_go_back():
    pair = a_pair(max_moves=3)
    power_cycle(pair)
    power_cycle(pair)
    pair.world.run(10 * SECOND)
    assert pair.holders() == [PEER]
    pair.b.step(Reloaded(params=replace(pair.b.params, moves_window_ns=5 * SECOND)))
    assert pair.b.told_of(FlappingEnded)
    pair.world.run(10 * SECOND)
    assert pair.holders() == [NODE]


def test_a_reload_with_a_higher_bound_ends_it_and_a_lower_one_begins_it():
    pair = a_pair(max_moves=3)
    power_cycle(pair)
    power_cycle(pair)
    pair.b.step(Reloaded(params=replace(pair.b.params, max_moves=4)))
    assert len(pair.b.told_of(FlappingEnded)) == 1
    pair.b.step(Reloaded(params=replace(pair.b.params, max_moves=2)))
    assert len(pair.b.told_of(FlappingBegan)) == 2


def test_a_group_that_was_taken_out_and_comes_again_is_told_of_anew():
    scene = settled(some_params(max_moves=1), sidecar=True)
    params = scene.node.params
    for _ in range(2):
        turn = _now(scene.node)
        scene.node.cluster.takeover.damping.moved(turn, GROUP, "failback")
        assert [action for action in turn.actions if isinstance(action, Report)]
        scene.node.step(Reloaded(params=replace(params, groups=())))
        scene.node.step(Reloaded(params=params))


def test_without_a_bound_it_moves_as_often_as_it_likes():
    pair = a_pair(max_moves=0)
    for _ in range(4):
        power_cycle(pair)
        assert pair.holders() == [NODE]
    assert (moves(pair.b), flaps(pair.b)) == (8, False)


@pytest.mark.parametrize("verb", [StandbyRequested, TakeoverRequested])
def test_what_a_person_asks_for_is_done_and_ends_it_on_both_nodes(verb):
    pair = a_pair(max_moves=1, auto_failback=AutoFailback.OFF)
    break_for_good(pair.a)
    pair.world.run(1 * SECOND)
    mend(pair.a)
    pair.world.run(1 * SECOND)
    assert flaps(pair.a)
    assert flaps(pair.b)
    asked = pair.b if verb is StandbyRequested else pair.a
    asked.step(verb(request=1, which="all"))
    pair.world.run(1 * SECOND)
    assert pair.holders() == [NODE]
    assert (moves(pair.a), moves(pair.b)) == (0, 0)


def test_a_takeover_of_what_is_held_already_ends_it_without_a_move():
    pair = a_pair(max_moves=1)
    power_cycle(pair)
    assert pair.holders() == [PEER]
    pair.b.step(TakeoverRequested(request=1, which="all"))
    assert not flaps(pair.b)


def test_what_cannot_be_served_moves_on_but_once_a_minute():
    """A group that serves nobody is better off elsewhere, and not in a race."""
    pair = a_pair(max_moves=1, auto_failback=AutoFailback.OFF)
    break_for_good(pair.a)
    pair.world.run(1 * SECOND)
    mend(pair.a)
    pair.world.run(1 * SECOND)
    break_for_good(pair.b)
    pair.world.run(30 * SECOND)
    assert pair.holders() == [PEER]
    assert "is not handed over for 29 s more" in pair.b.cluster.view().notes[-1]
    pair.world.run(30 * SECOND)
    assert pair.holders() == [NODE]


def test_what_serves_again_before_it_may_move_stays():
    """It runs unchecked, and a timer says that it serves: nothing of the address happens then."""
    pair = a_pair(max_moves=1, auto_failback=AutoFailback.OFF)
    break_for_good(pair.a)
    pair.world.run(1 * SECOND)
    mend(pair.a)
    pair.world.run(1 * SECOND)
    fail_once(pair.b)
    pair.world.run(10 * SECOND)
    assert [g.failing for g in pair.b.cluster.takeover.groups] == [None]
    pair.world.run(60 * SECOND)
    assert pair.holders() == [PEER]


def test_ping_nodes_lost_move_no_group_that_flaps():
    scene = settled(some_params(max_moves=1), sidecar=True)
    scene.node.cluster.takeover.damping.moved(_now(scene.node), GROUP, "failback")
    moves_of = scene.node.cluster.moves
    assert not moves_of.ping_lost(_now(scene.node), Holding.ALL, "fewer seen", failed=look_again)
    scene.node.cluster.takeover.damping.forget(_now(scene.node), GROUP)
    assert moves_of.ping_lost(_now(scene.node), Holding.ALL, "fewer seen", failed=look_again)


def test_a_real_node_that_hands_over_gives_no_reason_and_counts_for_nothing():
    scene = settled(mirrored(some_params(max_moves=2)))
    scene.node.cluster.takeover.damping.moved(_now(scene.node), GROUP, "failback")
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.ask("all", "done")
    scene.run(100 * MILLISECOND)
    assert scene.held == {"10.0.0.100"}
    assert moves(scene.node) == 1


def test_a_takeover_that_never_came_true_is_no_move():
    """The heartbeat line comes and goes; on the service network the holder answers all the time."""
    pair = a_pair(max_moves=2)
    pair.b.hands.owners[VIP] = MACS[NODE]
    for _ in range(3):
        pair.partition()
        pair.world.run(3 * SECOND)
        assert moves(pair.b) == 1
        pair.heal()
        pair.world.run(3 * SECOND)
        assert pair.holders() == [NODE]
        assert (moves(pair.a), moves(pair.b)) == (0, 0)
    assert pair.b.told_of(FlappingBegan) == []


def test_a_takeover_that_came_true_counts_though_the_other_node_had_it_all_the_time():
    pair = a_pair()
    pair.partition()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [NODE, PEER]
    pair.heal()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [NODE]
    assert moves(pair.b) == 1


def test_a_clean_stop_is_no_flapping():
    scene = settled(some_params(max_moves=1), sidecar=True)
    scene.node.cluster.takeover.shut_down(_now(scene.node), "stopping")
    assert moves(scene.node) == 0


def test_the_memory_of_moves_is_bounded():
    scene = settled(some_params(max_moves=0))
    for _ in range(1000):
        scene.node.cluster.takeover.damping.moved(_now(scene.node), GROUP, "failback")
    assert moves(scene.node) == 100


def _now(node: Node) -> Turn:
    return Turn(Moment(ns=node.world.ns, wall_s=0))
