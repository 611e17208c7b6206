"""What this node says of itself, from the first packet to active (protocol sections 5.1-5.4)."""

import itertools

import pytest

from sidecar.core import dialect
from sidecar.core.events import LinkOpened
from sidecar.core.terms import MILLISECOND, SECOND, NodeStatus, ResourceState
from sidecar.wire import fields
from tests.core.harness import ETH1, MACS, NODE, PEER, Node, Wired, World
from tests.core.scenes import alone, just_started, settled, starting
from tests.core.scripted import ScriptedPeer


def test_the_first_packets_are_init_and_up():
    """5.4 step 1: status st=init, status st=up, then periodic up."""
    scene = just_started()
    scene.run(1 * SECOND)
    first, *others = [sent.get(fields.ST) for sent in scene.node.said(fields.STATUS)]
    assert first == "init"
    assert len(others) >= 6
    assert set(others) == {"up"}


def test_nothing_is_said_before_a_link_is_open():
    node = Node(World())
    node.world.run(10 * SECOND)
    assert node.sent == []
    node.step(LinkOpened(link=ETH1))
    assert node.sent[0].get(fields.ST) == "init"


@pytest.mark.parametrize("sidecar", [True, False])
def test_who_heard_the_other_before_it_could_send_becomes_active_all_the_same(sidecar):
    """A way to the peer may be missing at first, and the peer may have one."""
    node = Node(World())
    peer = ScriptedPeer(node, sidecar=sidecar)
    peer.begin_beating()
    node.world.run(2 * SECOND)
    assert node.cluster.peer.alive
    assert node.sent == []
    node.start()
    if not sidecar:
        assert [sent.kind for sent in node.said(fields.REQNODES)] == [fields.REQNODES]
        peer.say(fields.REPNODES)
    assert node.cluster.presence.status is NodeStatus.ACTIVE
    assert node.said(fields.STARTING)


def test_who_heard_the_other_die_and_return_before_it_was_active_becomes_active():
    node = Node(World())
    peer = ScriptedPeer(node, sidecar=True)
    peer.begin_beating()
    node.world.run(1 * SECOND)
    peer.fall_silent()
    node.world.run(2 * SECOND)
    assert not node.cluster.peer.alive
    node.start()
    peer.begin_beating()
    assert node.cluster.presence.status is NodeStatus.ACTIVE


def test_a_status_tells_deadtime_and_protocol():
    """5.1: dt in milliseconds, hex; protocol is the constant 1."""
    status = just_started().node.said(fields.STATUS)[0]
    assert (status.get(fields.DT), status.get(fields.PROTOCOL)) == ("3e8", "1")


def test_a_status_says_that_this_is_a_sidecar_whether_it_could_serve_and_where_it_lives():
    """The dialect: three fields that a real Heartbeat node ignores."""
    scene = just_started()
    scene.run(1 * SECOND)
    status = scene.node.said(fields.STATUS)[-1]
    assert status.get(dialect.VERSION_FIELD) == dialect.VERSION
    assert status.get(dialect.READY) == "1"
    assert status.get(dialect.MACS) == f"eth0={MACS[NODE]}"


def test_the_beat_comes_every_keepalive_without_jitter():
    """5.3: every keepalive on a fixed timer."""
    scene = settled()
    scene.run(10 * SECOND)
    beats = [sent.ns for sent in scene.node.said(fields.STATUS)]
    assert {b - a for a, b in itertools.pairwise(beats)} == {200 * MILLISECOND}


def test_a_late_turn_does_not_shift_the_beats_that_follow():
    """5.3: a fixed timer."""
    scene = settled()
    scene.world.run_until(lambda: bool(scene.node.said(fields.STATUS)))
    first_ns = scene.world.ns
    scene.node.frozen = True
    scene.run(350 * MILLISECOND)
    scene.node.frozen = False
    scene.node.forget()
    scene.run(1 * SECOND)
    beats = [sent.ns - first_ns for sent in scene.node.said(fields.STATUS)]
    assert beats[0] == 350 * MILLISECOND
    assert [ns // MILLISECOND for ns in beats[1:4]] == [400, 600, 800]


def test_beats_that_were_slept_through_are_not_made_up_for():
    scene = settled()
    scene.node.frozen = True
    scene.run(10 * SECOND)
    scene.node.frozen = False
    scene.node.forget()
    scene.run(1 * SECOND)
    assert 5 <= len(scene.node.said(fields.STATUS)) <= 7


# --- up to active --------------------------------------------------------------------------------


def test_a_real_node_is_asked_for_the_nodes_and_we_stay_up_until_it_answers():
    """5.4 steps 2 and 3: reqnodes to the other node, repeated every 1 s; on repnodes: active."""
    scene = just_started()
    scene.peer.tells_nodes = False
    scene.peer.begin_beating()
    met_ns = scene.world.ns
    scene.run(3500 * MILLISECOND)
    requests = scene.node.said(fields.REQNODES)
    assert [r.ns - met_ns for r in requests] == [0, 1 * SECOND, 2 * SECOND, 3 * SECOND]
    assert {r.get(fields.DEST) for r in requests} == {PEER}
    assert scene.node.said(fields.STATUS)[-1].get(fields.ST) == "up"
    assert scene.node.said(fields.STARTING) == []
    scene.peer.say(fields.REPNODES, dest=NODE, nodelist=f"{NODE} {PEER} ", delnodelist=" ")
    assert scene.node.cluster.presence.status is NodeStatus.ACTIVE
    scene.node.forget()
    scene.run(3 * SECOND)
    assert scene.node.said(fields.REQNODES) == []


def test_a_peer_that_says_no_protocol_is_not_asked_for_the_nodes():
    """4.4 and 5.4: with flow control off nobody asks; the old node might never answer."""
    scene = just_started()
    scene.peer.tells_nodes = False
    scene.peer.acknowledges = False
    scene.peer.begin_beating()
    scene.run(3 * SECOND)
    assert scene.node.said(fields.REQNODES) == []
    assert scene.node.cluster.presence.status is NodeStatus.ACTIVE


def test_active_is_said_at_once_and_then_starting():
    """5.4 step 3: status st=active, then starting; 5.3: changes are sent at once."""
    scene = starting()
    said = scene.node.said(fields.STATUS, fields.STARTING)
    at = next(i for i, sent in enumerate(said) if sent.get(fields.ST) == "active")
    assert said[at + 1].kind == fields.STARTING
    assert said[at].ns == said[at + 1].ns


def test_a_sidecar_is_not_asked_for_the_nodes():
    scene = starting(sidecar=True)
    assert scene.node.said(fields.REQNODES) == []
    assert scene.node.cluster.presence.status is NodeStatus.ACTIVE


def test_alone_it_is_active_after_initdead():
    """5.4 step 3: at once, if the other node is dead."""
    scene = alone()
    assert scene.node.cluster.presence.status is NodeStatus.ACTIVE
    assert scene.node.said(fields.REQNODES) == []
    assert len(scene.node.said(fields.STARTING)) == 1


def test_reqnodes_is_answered_with_exactly_both_nodes():
    """5.4: the answer replaces the receiver's node list; 2.2: names each followed by a blank."""
    scene = settled()
    scene.peer.say(fields.REQNODES, dest=NODE)
    (answer,) = scene.node.said(fields.REPNODES)
    assert answer.get(fields.DEST) == PEER
    assert answer.get(fields.NODELIST) == f"{NODE} {PEER} "
    assert answer.get(fields.DELNODELIST) == " "


def test_reqnodes_is_answered_before_we_are_active_ourselves():
    """5.4: a node that gets no repnodes stays up for ever; two that wait would wait for ever."""
    scene = just_started()
    scene.peer.tells_nodes = False
    scene.peer.beat()
    scene.peer.say(fields.REQNODES, dest=NODE)
    assert len(scene.node.said(fields.REPNODES)) == 1


def test_a_second_repnodes_starts_nothing_anew():
    scene = settled()
    scene.peer.say(fields.REPNODES, dest=NODE, nodelist=f"{NODE} {PEER} ", delnodelist=" ")
    assert scene.node.said(fields.STARTING) == []
    assert scene.state is ResourceState.STABLE


def test_two_sidecars_are_active_within_a_beat():
    pair = Wired()
    for node in pair.nodes:
        node.start()
    pair.world.run(50 * MILLISECOND)
    assert [n.cluster.presence.status for n in pair.nodes] == [NodeStatus.ACTIVE] * 2
