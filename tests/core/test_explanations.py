"""What the node says of itself in sentences: what it does, why, and what would make it move."""

from dataclasses import replace

import pytest

from sidecar.core.actions import ClaimAddress
from sidecar.core.events import (
    AddressProbed,
    CarrierChanged,
    EngineChanged,
    MaintenanceRequested,
    ShutdownRequested,
)
from sidecar.core.params import ResourceGroup
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState, Holding, NodeName
from tests.core.harness import (
    ETH1,
    ETH2,
    NODE,
    PEER,
    VIP,
    VIP_OF_PEER,
    Node,
    Wired,
    a_group,
    a_link,
    some_params,
)
from tests.core.scenes import alone, just_started

STRANGER = "02:00:00:00:00:99"
LINKS = (a_link(ETH1), a_link(ETH2))


def named(name: str, preferred: NodeName, vip: str) -> ResourceGroup:
    return replace(a_group(preferred, vip, "nginx" if vip == VIP else "postfix"), name=name)


@pytest.fixture
def pair() -> Wired:
    """Two sidecars; the group of an nginx and an address prefers the first."""
    wired = Wired(some_params(groups=(named("web", NODE, VIP),), links=LINKS))
    wired.start()
    return wired


def explained(node: Node) -> str:
    return "\n".join(node.cluster.view().explanation)


def test_before_anything_is_known_the_node_waits():
    scene = just_started()
    view = scene.node.cluster.view()
    assert view.summary == "starting: waiting for node-b or for initdead"
    assert "node-b is not heard yet" in explained(scene.node)


def test_the_holder_says_what_it_holds_and_that_the_other_is_well(pair):
    view = pair.a.cluster.view()
    assert view.summary == "active: holding web; node-b is active"
    assert "web is held here, its preferred node: " in explained(pair.a)
    assert "a hand-over to node-b is possible at any time" in explained(pair.a)
    assert view.holding is Holding.LOCAL
    assert view.stable


def test_the_standby_says_who_holds_and_what_would_make_it_move(pair):
    view = pair.b.cluster.view()
    assert view.summary == "standing by; node-a is active and holds web"
    assert "web is not held here: node-a is alive; its preferred node is node-a" in explained(
        pair.b
    )
    assert view.holding is Holding.NONE


def test_the_holder_says_what_would_make_it_move(pair):
    deadtime_ms = pair.a.params.timing.deadtime_ns // MILLISECOND
    assert (
        f"web would move to node-b if this node is silent for {deadtime_ms} ms or its service or "
        "its network fails here, or by `sidecar standby`"
    ) in pair.a.cluster.view().explanation


def test_the_standby_says_what_would_bring_it_here(pair):
    deadtime_ms = pair.b.params.timing.deadtime_ns // MILLISECOND
    assert (
        f"web would come here if node-a is silent for {deadtime_ms} ms and does not answer for its "
        "addresses or node-a hands it over, or by `sidecar takeover`"
    ) in pair.b.cluster.view().explanation


def test_what_would_make_it_move_comes_after_why_it_is_where_it_is(pair):
    said = pair.a.cluster.view().explanation
    of = [index for index, line in enumerate(said) if line.startswith("web ")]
    why, prospect = of
    assert said[why].startswith("web is held here")
    assert said[prospect].startswith("web would move")


def test_a_node_that_is_alone_would_give_to_nobody():
    scene = alone()
    assert any(
        line.endswith("would move nowhere: node-b is not there")
        for line in scene.node.cluster.view().explanation
    )


def test_a_stand_in_says_when_its_group_goes_back():
    params = some_params(groups=(named("web", PEER, VIP),), failback_delay_ns=5 * SECOND)
    wired = Wired(params)
    wired.start()
    wired.b.die()
    wired.world.run_until(lambda: wired.a.cluster.view().groups[0].held)
    assert "web would move nowhere: node-b is not there" in explained(wired.a)
    wired.restart_b(generation=20)
    wired.b.start()
    wired.world.run_until(lambda: wired.a.cluster.view().stable and wired.a.cluster.peer.alive)
    assert "fails here or node-b has been ready for 5 s, or by `sidecar standby`" in explained(
        wired.a
    )


def test_in_maintenance_only_an_operator_moves_it(pair):
    pair.a.step(MaintenanceRequested(request=1, seconds=60))
    pair.world.run(2 * SECOND)
    assert "web would move to node-b by `sidecar standby` alone: maintenance" in explained(pair.a)
    assert "web would come here by `sidecar takeover` alone: maintenance" in explained(pair.b)


def test_the_first_sentence_is_the_summary(pair):
    view = pair.a.cluster.view()
    assert view.explanation[0] == view.summary


def test_a_stand_in_says_that_it_is_one_and_why(pair):
    pair.a.die()
    pair.world.run(3 * SECOND)
    view = pair.b.cluster.view()
    assert view.summary == "active: holding web; node-a is dead"
    assert "web is held here, a stand-in: node-a is dead" in explained(pair.b)
    assert "a hand-over to node-a is not possible now: node-a is not there" in explained(pair.b)


def test_a_node_that_left_is_not_called_dead(pair):
    pair.a.step(ShutdownRequested())
    pair.world.run(2 * SECOND)
    assert pair.a.exited
    assert pair.b.cluster.view().summary == "active: holding web; node-a is shut down"


def test_one_that_shuts_down_says_so(pair):
    pair.a.hands.mute.clear()
    pair.b.frozen = True
    pair.a.step(ShutdownRequested())
    pair.world.run(6 * SECOND)
    assert pair.a.cluster.view().summary == "shutting down"


def test_while_it_takes_over_it_says_so(pair):
    pair.b.hands.mute.add(ClaimAddress)
    pair.a.die()
    pair.world.run(1500 * 1_000_000)
    view = pair.b.cluster.view()
    assert view.summary == "taking over; node-a is dead"
    assert "web is being taken over: node-a is dead" in explained(pair.b)


def test_an_owner_that_still_answers_is_the_reason_for_no_takeover(pair):
    pair.b.hands.owners[VIP] = STRANGER
    pair.a.die()
    pair.world.run(3 * SECOND)
    view = pair.b.cluster.view()
    sentence = "web is wanted here, but its address still answers from another machine"
    assert sentence in explained(pair.b)
    assert view.split_brain
    assert view.holding is Holding.NONE


def test_when_that_owner_falls_silent_nothing_is_suspected_any_more(pair):
    pair.b.hands.owners[VIP] = STRANGER
    pair.a.die()
    pair.world.run(3 * SECOND)
    pair.b.hands.owners.clear()
    pair.world.run(1 * SECOND)
    assert not pair.b.cluster.view().split_brain
    assert pair.b.cluster.view().summary.startswith("active")


def test_what_cannot_be_served_says_why():
    scene = alone()
    scene.node.step(CarrierChanged(interface="eth0", up=False))
    scene.run(SECOND)
    assert "is wanted here, but cannot be served: eth0 has no carrier" in explained(scene.node)
    assert "not ready: interface eth0 has no carrier" in explained(scene.node)


def test_links_up_and_dead_are_named(pair):
    assert "node-b is active; links up: eth1, eth2" in explained(pair.a)
    pair.cut = {pair.a.params.links[1].name}
    pair.world.run(3 * SECOND)
    assert "node-b is active; links up: eth1; links dead: eth2" in explained(pair.a)
    pair.partition()
    pair.world.run(3 * SECOND)
    assert "links up: none; links dead: eth1, eth2" in explained(pair.a)


def test_a_peer_that_is_not_ready_stands_in_the_way_of_a_hand_over(pair):
    pair.b.step(EngineChanged(up=False, reason="connection refused"))
    pair.world.run(SECOND)
    text = "a hand-over to node-b is not possible now: node-b is not ready to serve"
    assert text in explained(pair.a)


def test_a_group_that_nobody_decided_about_says_so():
    scene = just_started()
    text = "is not held here: its takeover has not been decided"
    assert text in explained(scene.node)


def test_with_two_groups_each_has_its_sentence():
    groups = (named("web", NODE, VIP), named("mail", PEER, VIP_OF_PEER))
    pair = Wired(some_params(groups=groups))
    pair.start()
    pair.world.run(SECOND)
    here = explained(pair.a)
    assert "web is held here, its preferred node" in here
    assert "mail is not held here: node-b is alive; its preferred node is node-b" in here
    view = pair.a.cluster.view()
    assert view.summary == "active: holding web; node-b is active and holds mail"


def test_the_view_shows_the_other_node_as_it_is_seen_here(pair):
    here, there = pair.a.cluster.view().nodes
    assert (here.name, here.local, here.ready) == (NODE, True, True)
    assert (there.name, there.local, there.ready, there.sidecar) == (PEER, False, True, True)
    assert there.generation == 7
    assert there.silence_ns is not None
    assert [link.name for link in there.links] == ["eth1", "eth2"]


def test_a_failed_container_is_named_with_its_reason(pair):
    pair.b.frozen = True
    pair.world.run(3 * SECOND)
    pair.a.hands.container_ns = 3600 * SECOND
    pair.a.sees("nginx", ContainerState.STOPPED, identity="1", restarts=0, detail="exit code 137")
    pair.world.run(100_000_000)
    text = "web is wanted here, but cannot be served: container nginx failed: exit code 137"
    assert text in explained(pair.a)
    assert pair.a.cluster.view().holding is Holding.NONE


def test_what_answers_for_an_address_that_is_held_suspects_nothing(pair):
    pair.a.step(AddressProbed(op=999, address=VIP, answered_by=STRANGER))
    assert not pair.a.cluster.view().split_brain
