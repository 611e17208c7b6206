"""Meeting a real Heartbeat node again that did not restart, or that holds the same."""

from sidecar.core.actions import Announce
from sidecar.core.events import ConflictSeen
from sidecar.core.occurrences import SplitBrainEnded, SplitBrainSuspected
from sidecar.core.params import Params
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState
from sidecar.wire import fields
from tests.core.harness import MACS, NODE, PEER, VIP, a_group, some_params
from tests.core.scenes import Scene, alone, just_started, settled


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


def test_two_owners_are_over_once_when_the_real_node_dies() -> None:
    scene = settled(ours(), holds="none")
    scene.peer.tell("all", stable=True)
    scene.run(100 * MILLISECOND)
    cut_off(scene)
    assert scene.held == {VIP}
    assert len(scene.node.told_of(SplitBrainEnded)) == 1


def test_what_is_served_is_kept_when_a_real_node_returns_though_its_sibling_is_not() -> None:
    scene = just_started(some_params(groups=(a_group(), a_group(NODE, "10.0.0.102", "php"))))
    scene.node.sees("php", ContainerState.ABSENT, detail="no such container")
    scene.run(scene.node.params.timing.initdead_ns + 500 * MILLISECOND)
    assert scene.held == {VIP}
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    assert scene.held == {VIP}


def test_what_a_real_node_holds_too_and_does_not_let_go_is_left_to_it() -> None:
    scene = settled(ours(), holds="none")
    scene.peer.tell("all", stable=True)
    scene.run(5 * SECOND)
    assert scene.held == set()
    assert scene.node.said(fields.RESOURCE)[-1].get(fields.RSC_HOLD) == "none"
    assert len(scene.node.told_of(SplitBrainEnded)) == 1


# --- first contact -------------------------------------------------------------------------------


def strangers(params: Params) -> Scene:
    """Both serve what there is, and have never heard of each other."""
    scene = alone(params)
    scene.node.forget()
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    return scene


def answers(scene: Scene) -> None:
    """As a real node that is settled: to "starting", and to a settled node (R2, R4)."""
    scene.peer.tell("all", stable=True)
    scene.peer.tell("all", stable=True)


def test_a_real_node_that_has_served_unheard_is_asked_and_is_left_what_it_holds() -> None:
    """Nothing is said by itself: to that one this node has just started, and will ask."""
    scene = strangers(theirs())
    scene.run(2 * SECOND)
    assert scene.held == {VIP}
    assert scene.node.said(fields.STARTING) == []
    scene.run(1 * SECOND)
    assert len(scene.node.said(fields.STARTING)) == 1
    assert scene.node.said(fields.RESOURCE)[-1].get(fields.ISSTABLE) == "1"
    answers(scene)
    scene.run(5 * SECOND)
    assert scene.held == set()
    assert len(scene.node.told_of(SplitBrainEnded)) == 1


def test_what_is_only_wished_for_at_first_contact_is_withdrawn() -> None:
    scene = just_started(theirs())
    scene.node.hands.owners[VIP] = MACS[PEER]
    scene.run(scene.node.params.timing.initdead_ns + 500 * MILLISECOND)
    assert scene.node.cluster.view().groups[0].wanted
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    assert not scene.node.cluster.view().groups[0].wanted


def test_a_takeover_goes_on_when_a_real_node_has_only_just_started() -> None:
    scene = just_started(some_params(groups=(a_group(PEER, VIP, "nginx"),)))
    scene.node.hands.container_ns = 5 * SECOND
    scene.run(scene.node.params.timing.initdead_ns + 500 * MILLISECOND)
    scene.node.forget()
    scene.peer.status = "up"
    scene.peer.begin_beating()
    scene.run(5 * SECOND)
    assert scene.held == {VIP}
    assert scene.node.said(fields.STARTING) == []


def test_a_real_node_that_has_told_what_it_holds_at_first_contact_is_not_asked() -> None:
    scene = strangers(ours())
    scene.peer.tell("none", stable=True)
    scene.run(5 * SECOND)
    assert scene.node.said(fields.STARTING) == []
    assert scene.held == {VIP}


def test_clients_are_not_drawn_away_from_a_real_node_that_may_serve_them() -> None:
    """It will not announce again when this node lets go."""
    scene = strangers(theirs())
    scene.node.forget()
    scene.node.step(ConflictSeen(address=VIP, mac=MACS[PEER]))
    scene.run(3 * SECOND)
    answers(scene)
    scene.run(5 * SECOND)
    assert scene.held == set()
    assert list(scene.node.wished(Announce)) == []


def test_what_a_real_node_turns_out_not_to_hold_is_announced_again() -> None:
    scene = strangers(ours())
    scene.node.forget()
    scene.peer.tell("none", stable=True)
    scene.run(100 * MILLISECOND)
    assert list(scene.node.wished(Announce))


def test_what_is_held_is_announced_again_though_a_real_node_does_not_answer() -> None:
    scene = strangers(ours())
    scene.node.forget()
    scene.run(5 * SECOND)
    assert len(scene.node.said(fields.STARTING)) == 1
    assert list(scene.node.wished(Announce))
