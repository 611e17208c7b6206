"""Failback waits until the preferred node has been ready for a while (failback.py)."""

from sidecar.core.events import CarrierChanged, TakeoverRequested
from sidecar.core.occurrences import FailbackWaits
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.wire import fields
from tests.core.harness import NODE, PEER, Node, Wired, mirrored, some_params
from tests.core.scenes import alone

DELAY_NS = 4 * SECOND


def returned() -> Wired:
    """The preferred node has lost its power and is about to return; the other one stands in."""
    pair = Wired(some_params(failback_delay_ns=DELAY_NS))
    pair.start()
    pair.a.die()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [PEER]
    pair.a = Node(pair.world, pair.a.params, generation=8)
    pair.wire(pair.a)
    pair.a.start()
    return pair


def carrier(node: Node, *, up: bool) -> None:
    node.step(CarrierChanged(interface="eth0", up=up, mac="02:00:00:00:00:0a"))


def test_the_group_goes_back_when_its_node_has_been_ready_for_so_long():
    pair = returned()
    pair.world.run(3900 * MILLISECOND)
    assert pair.holders() == [PEER]
    pair.world.run(400 * MILLISECOND)
    assert pair.holders() == [NODE]


def test_a_moment_of_unreadiness_begins_the_time_anew():
    pair = returned()
    pair.world.run(3 * SECOND)
    carrier(pair.a, up=False)
    pair.world.run(100 * MILLISECOND)
    carrier(pair.a, up=True)
    pair.world.run(3900 * MILLISECOND)
    assert pair.holders() == [PEER]
    pair.world.run(400 * MILLISECOND)
    assert pair.holders() == [NODE]


def test_a_restart_begins_the_time_anew():
    """Also one of which nothing was heard but the new generation."""
    scene = alone(mirrored(some_params(failback_delay_ns=DELAY_NS)), sidecar=True)
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=True, term="0,0")
    scene.run(3 * SECOND)
    scene.peer.restart()
    scene.peer.beat()
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=True, term="0,0")
    scene.run(3900 * MILLISECOND)
    assert scene.node.said(fields.ASK_RESOURCES) == []
    scene.run(400 * MILLISECOND)
    assert len(scene.node.said(fields.ASK_RESOURCES)) == 1


def test_the_wait_is_told_once_and_can_be_read_at_any_time():
    pair = returned()
    pair.world.run(2 * SECOND)
    (told,) = pair.b.told_of(FailbackWaits)
    assert told.sentence() == "failback in 4 s: waiting until node-a has been ready for 4 s"
    view = pair.b.cluster.view()
    note = "failback in 3 s: waiting until node-a has been ready for 4 s"
    assert view.notes == (note,)
    assert note in view.explanation
    assert pair.a.cluster.view().notes == ()
    pair.world.run(3 * SECOND)
    assert pair.b.cluster.view().notes == ()


def test_a_person_need_not_wait():
    pair = returned()
    pair.world.run(1 * SECOND)
    pair.a.step(TakeoverRequested(request=1, which="failback"))
    pair.world.run(500 * MILLISECOND)
    assert pair.holders() == [NODE]


def test_a_real_heartbeat_node_gets_its_groups_at_once():
    """R9: it says nothing of its readiness, and expects that."""
    scene = alone(mirrored(some_params(failback_delay_ns=DELAY_NS)))
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=True)
    scene.run(100 * MILLISECOND)
    offers = scene.node.said(fields.ASK_RESOURCES)
    assert [m.get("info") for m in offers] == ["me"]
