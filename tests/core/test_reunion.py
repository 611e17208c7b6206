"""Meeting a real Heartbeat node again that did not restart, or that holds the same."""

from sidecar.core.actions import Announce
from sidecar.core.events import ConflictSeen
from sidecar.core.occurrences import SplitBrainEnded, SplitBrainSuspected
from sidecar.core.params import Params
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.wire import fields
from tests.core.harness import MACS, PEER, VIP, a_group, some_params
from tests.core.scenes import Scene, alone, settled


def theirs() -> Params:
    """One address, which prefers the real node."""
    return some_params(groups=(a_group(PEER, VIP),))


def ours() -> Params:
    return some_params(groups=(a_group(vip=VIP),))


def cut_off(scene: Scene) -> None:
    """Until the peer counts as dead."""
    scene.peer.fall_silent()
    scene.run(2 * SECOND)


def test_who_was_deaf_withdraws_its_wish_and_asks() -> None:
    scene = settled(theirs(), holds="local")
    scene.node.hands.owners[VIP] = MACS[PEER]
    cut_off(scene)
    assert scene.held == set()
    assert scene.node.cluster.view().groups[0].wanted
    scene.peer.begin_beating()
    scene.run(1 * SECOND)
    assert not scene.node.cluster.view().groups[0].wanted
    assert scene.node.said(fields.RESOURCE)[-1].get(fields.RSC_HOLD) == "local"
    assert scene.node.said(fields.STARTING) == []
    scene.run(3 * SECOND)
    (asked,) = scene.node.said(fields.STARTING)
    told = scene.node.said(fields.RESOURCE)[-1]
    assert (told.seq or 0) - (asked.seq or 0) == 1
    assert told.get(fields.ISSTABLE) == "1"
    scene.peer.tell("local", stable=True)
    scene.run(1 * SECOND)
    assert scene.node.cluster.moves.obstacle() == ""


def test_a_real_node_that_restarts_is_not_asked() -> None:
    scene = settled(ours(), holds="none")
    cut_off(scene)
    scene.peer.begin_beating()
    scene.run(2 * SECOND)
    scene.peer.tell("none", stable=False, info="shutdown")
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(5 * SECOND)
    assert scene.node.said(fields.STARTING) == []
    assert scene.held == {VIP}


def test_what_a_real_node_holds_too_is_kept_while_it_may_restart() -> None:
    scene = settled(ours(), holds="none")
    scene.peer.tell("all", stable=True)
    scene.run(3 * SECOND)
    assert scene.held == {VIP}
    assert len(scene.node.told_of(SplitBrainSuspected)) == 1
    scene.peer.tell("none", stable=False, info="shutdown")
    scene.run(5 * SECOND)
    assert scene.held == {VIP}
    assert len(scene.node.told_of(SplitBrainEnded)) == 1
    assert not scene.node.cluster.view().split_brain


def test_nothing_is_handed_over_while_both_hold_it() -> None:
    scene = alone(theirs())
    scene.peer.begin_beating()
    scene.peer.tell("all", stable=True)
    scene.run(3 * SECOND)
    assert scene.node.said(fields.ASK_RESOURCES) == []
    assert scene.held == {VIP}


def test_a_node_that_may_have_to_yield_does_not_announce_against_the_other() -> None:
    scene = settled(ours(), holds="none")
    scene.run(5 * SECOND)
    scene.peer.tell("all", stable=True)
    scene.run(100 * MILLISECOND)
    scene.node.forget()
    scene.node.step(ConflictSeen(address=VIP, mac=MACS[PEER]))
    scene.run(1 * SECOND)
    assert list(scene.node.wished(Announce)) == []


def test_what_a_real_node_holds_too_and_does_not_let_go_is_left_to_it() -> None:
    scene = settled(ours(), holds="none")
    scene.peer.tell("all", stable=True)
    scene.run(5 * SECOND)
    assert scene.held == set()
    assert scene.node.said(fields.RESOURCE)[-1].get(fields.RSC_HOLD) == "none"
    assert len(scene.node.told_of(SplitBrainEnded)) == 1
