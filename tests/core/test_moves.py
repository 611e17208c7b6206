"""What moves although both nodes are well: failback, failing groups, orphans (design, rule 6)."""

import pytest

from sidecar.core.events import MaintenanceRequested
from sidecar.core.occurrences import GiveUpBegan, TakeoverBegan
from sidecar.core.terms import (
    MILLISECOND,
    SECOND,
    AutoFailback,
    ContainerState,
    Holding,
    NodeName,
)
from sidecar.wire import fields
from tests.core.harness import MACS, NODE, PEER, VIP, Node, Wired, a_timing, mirrored, some_params
from tests.core.scenes import Scene, alone, settled


def asked(scene: Scene) -> list[tuple[str | None, str | None, str | None]]:
    messages = scene.node.said(fields.ASK_RESOURCES)
    return [(m.get("rsc_hold"), m.get("info"), m.get("hs_why")) for m in messages]


def break_for_good(node: Node) -> None:
    """The container is removed: no restart mends that."""
    node.sees("nginx", ContainerState.ABSENT, detail="removed")


def mend(node: Node) -> None:
    node.sees("nginx", ContainerState.PAUSED, identity="2")


# --- what cannot be served here ------------------------------------------------------------------


@pytest.mark.parametrize("auto_failback", [AutoFailback.OFF, AutoFailback.ON])
def test_an_address_that_this_node_cannot_even_ask_for_is_served(auto_failback):
    """It claims nothing without a question, and so hands it over; by the other one's word, it may
    have it back.
    """
    pair = Wired(some_params(auto_failback=auto_failback))
    pair.a.hands.unaskable.add(VIP)
    pair.start()
    pair.world.run(60 * SECOND)
    assert [gave.reason for gave in pair.a.told_of(GiveUpBegan)] == ["address_failed"]
    assert pair.holders() == [PEER if auto_failback is AutoFailback.OFF else NODE]


def test_what_fails_here_is_let_go_for_a_peer_that_claims_it_and_does_not_hear_this_node():
    """Safety rule 6: the peer finds the address taken as long as it is here."""
    pair = Wired()
    pair.start()
    pair.b.hands.owners[VIP] = MACS[NODE]
    pair.loses = lambda receiver, _: receiver is pair.b
    pair.world.run(5 * SECOND)
    assert pair.holders() == [NODE]
    break_for_good(pair.a)
    assert pair.a.hands.addresses == set()
    pair.b.hands.owners.clear()
    pair.world.run(5 * SECOND)
    assert pair.holders() == [PEER]


# --- failback ------------------------------------------------------------------------------------


def returned(auto_failback: AutoFailback) -> Wired:
    pair = Wired(some_params(auto_failback=auto_failback))
    pair.start()
    params = pair.a.params
    pair.a.die()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [PEER]
    pair.a = Node(pair.world, params, generation=8)
    pair.wire(pair.a)
    pair.a.start()
    return pair


def test_a_group_goes_back_to_its_preferred_node_when_that_returns():
    """R9; ha.cf auto_failback on."""
    pair = returned(AutoFailback.ON)
    pair.world.run(2 * SECOND)
    assert pair.holders() == [NODE]
    assert [gave.reason for gave in pair.b.told_of(GiveUpBegan)] == ["failback"]


def test_with_auto_failback_off_it_stays():
    pair = returned(AutoFailback.OFF)
    pair.world.run(30 * SECOND)
    assert pair.holders() == [PEER]


def test_between_sidecars_legacy_means_that_it_goes_back():
    """Design: what it always meant to people."""
    pair = returned(AutoFailback.LEGACY)
    pair.world.run(2 * SECOND)
    assert pair.holders() == [NODE]


def test_a_group_does_not_go_back_before_its_node_could_serve_it():
    """Safety rule 6: never hand over to a peer that is not ready."""
    pair = returned(AutoFailback.ON)
    break_for_good(pair.a)
    pair.world.run(10 * SECOND)
    assert pair.holders() == [PEER]
    mend(pair.a)
    pair.world.run(3 * SECOND)
    assert pair.holders() == [NODE]


def test_failback_is_tried_once_a_second_until_it_comes_about():
    """R9: otherwise retry every 1 s."""
    scene = alone(mirrored(some_params()), sidecar=True)
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=True, term="0,0")
    scene.node.forget()
    since_ns = scene.world.ns
    scene.run(34 * SECOND)
    offers = [m.ns - since_ns for m in scene.node.said(fields.ASK_RESOURCES)]
    assert offers == [11 * SECOND, 22 * SECOND, 33 * SECOND]


# --- a group that fails where it is --------------------------------------------------------------


def test_a_group_that_cannot_be_served_here_is_handed_over_with_the_reason():
    """Safety rule 6."""
    scene = settled(sidecar=True)
    break_for_good(scene.node)
    scene.run(100 * MILLISECOND)
    assert asked(scene) == [("local", "me", "service_failed")]


def test_it_is_not_handed_over_to_a_node_that_could_not_serve_it_either():
    """Safety rule 6: never hand over to a peer that is not ready. The address stays."""
    scene = settled(sidecar=True)
    scene.peer.ready = False
    scene.peer.beat()
    break_for_good(scene.node)
    scene.run(10 * SECOND)
    assert asked(scene) == []
    assert scene.held == {VIP}
    scene.peer.ready = True
    scene.run(1 * SECOND)
    assert asked(scene) == [("local", "me", "service_failed")]


def test_a_failed_group_moves_to_the_other_sidecar_and_back_when_it_is_mended():
    pair = Wired()
    pair.start()
    break_for_good(pair.a)
    pair.world.run(2 * SECOND)
    assert pair.holders() == [PEER]
    assert [began.reason for began in pair.b.told_of(TakeoverBegan)] == ["service_failed"]
    pair.world.run(20 * SECOND)
    assert pair.holders() == [PEER]
    mend(pair.a)
    pair.world.run(3 * SECOND)
    assert pair.holders() == [NODE]


def test_a_failed_group_moves_later_if_the_other_was_not_ready_at_first():
    pair = Wired()
    pair.start()
    break_for_good(pair.b)
    pair.world.run(1 * SECOND)
    break_for_good(pair.a)
    pair.world.run(5 * SECOND)
    assert pair.holders() == [NODE]
    mend(pair.b)
    pair.world.run(3 * SECOND)
    assert pair.holders() == [PEER]


def test_a_failed_group_without_a_peer_is_let_go_of():
    """Safety rule 6: holding it serves nobody, and a peer that probes will take it."""
    scene = alone()
    break_for_good(scene.node)
    scene.run(1 * SECOND)
    assert scene.held == set()


# --- orphans -------------------------------------------------------------------------------------


def test_a_group_that_nobody_claims_is_taken_by_its_preferred_node_after_a_second():
    scene = settled(some_params(auto_failback=AutoFailback.OFF), holds="all")
    assert scene.node.cluster.takeover.holdings.mine is Holding.NONE
    scene.node.forget()
    scene.peer.tell("local", stable=True)
    scene.run(900 * MILLISECOND)
    assert scene.node.told_of(TakeoverBegan) == []
    scene.run(1 * SECOND)
    assert scene.held == {VIP}
    assert [began.reason for began in scene.node.told_of(TakeoverBegan)] == ["orphan"]


def test_the_other_node_takes_an_orphan_later_so_that_the_preferred_one_goes_first():
    scene = settled(mirrored(some_params()), holds="local")
    scene.peer.tell("none", stable=True)
    scene.run(4900 * MILLISECOND)
    assert scene.held == set()
    scene.run(1 * SECOND)
    assert scene.held == {VIP}


def test_a_group_in_flight_is_no_orphan():
    """6.6: the giver says isstable=0 while it gives up something."""
    scene = settled(mirrored(some_params()), holds="local")
    scene.peer.tell("none", stable=False)
    scene.run(30 * SECOND)
    assert scene.held == set()


def test_an_orphan_that_is_claimed_in_time_is_left_alone():
    scene = settled(mirrored(some_params()), holds="local")
    scene.peer.tell("none", stable=True)
    scene.run(3 * SECOND)
    scene.peer.tell("local", stable=True)
    scene.run(30 * SECOND)
    assert scene.held == set()


# --- what a new life of the other has left -------------------------------------------------------


def begins_anew(scene: Scene) -> None:
    """The peer's new life beats, and hears nobody; its deadtime is 8 s."""
    scene.peer.restart()
    scene.peer.status, scene.peer.dt = "up", "1f40"
    scene.peer.begin_beating()


def left_by_the_deaf(*, sidecar: bool = True) -> Scene:
    """The peer held its group, and has begun anew."""
    scene = settled(mirrored(some_params()), sidecar=sidecar, holds="local")
    begins_anew(scene)
    return scene


def test_what_a_new_life_has_left_that_hears_nobody_for_a_deadtime_is_taken():
    """It would wait for its initdead, and nobody would serve for so long."""
    scene = left_by_the_deaf()
    scene.run(7900 * MILLISECOND)
    assert scene.held == set()
    scene.run(1 * SECOND)
    assert scene.held == {VIP}
    assert [began.reason for began in scene.node.told_of(TakeoverBegan)] == ["orphan"]


def test_it_is_asked_for_before_it_is_taken():
    """Safety rule 3: its kernel may have the address as long as the lease of its earlier life."""
    scene = left_by_the_deaf()
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.run(30 * SECOND)
    assert scene.held == set()


def test_a_new_life_that_hears_this_node_in_time_is_left_to_decide():
    scene = left_by_the_deaf()
    scene.run(7 * SECOND)
    scene.peer.status = "active"
    scene.run(60 * SECOND)
    assert scene.held == set()


def test_of_a_new_life_that_falls_silent_all_is_taken_when_it_is_dead():
    scene = left_by_the_deaf()
    scene.run(1 * SECOND)
    scene.peer.fall_silent()
    scene.run(9 * SECOND)
    assert [began.reason for began in scene.node.told_of(TakeoverBegan)] == ["peer_dead"]


def test_a_new_life_has_a_deadtime_whatever_nobody_held_before_it():
    scene = settled(mirrored(some_params()), sidecar=True, holds="local")
    scene.peer.tell("none", stable=True)
    scene.run(4 * SECOND)
    begins_anew(scene)
    scene.run(7900 * MILLISECOND)
    assert scene.held == set()
    scene.run(1 * SECOND)
    assert scene.held == {VIP}


def test_in_maintenance_nothing_is_taken_of_a_new_life():
    scene = left_by_the_deaf()
    scene.node.step(MaintenanceRequested(request=1, seconds=3600))
    scene.run(60 * SECOND)
    assert scene.held == set()


def test_a_real_node_is_left_its_initdead():
    """It claims without a question when that ends."""
    scene = left_by_the_deaf(sidecar=False)
    scene.run(60 * SECOND)
    assert scene.held == set()


def test_a_new_life_that_hears_nobody_until_its_initdead_has_its_group_back():
    """Two claims without a word of the other: the preferred node's stays, and the other lets go."""
    pair = Wired(some_params(timing=a_timing(initdead_ns=20 * SECOND)))
    pair.start()
    pair.a.die()
    pair.a = Node(pair.world, pair.a.params, generation=8)
    pair.wire(pair.a)
    pair.loses = lambda receiver, _data: receiver is pair.a
    pair.a.start()
    seen: list[list[NodeName]] = []
    for _ in range(2_500):
        pair.world.run(10 * MILLISECOND)
        holders = pair.holders()
        pair.a.hands.owners = {VIP: MACS[PEER]} if PEER in holders else {}
        pair.b.hands.owners = {VIP: MACS[NODE]} if NODE in holders else {}
        if seen[-1:] != [holders]:
            seen.append(holders)
    assert seen == [[], [PEER], [], [NODE]]
