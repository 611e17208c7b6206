"""Whether the node could serve, who is told of it, and what is a reason but no obstacle."""

from dataclasses import replace
from random import Random

import pytest

from sidecar.core.cluster import Cluster
from sidecar.core.events import (
    CarrierChanged,
    EngineChanged,
    LinkFailed,
    LinkOpened,
    PartChanged,
    ShutdownRequested,
    StandbyRequested,
    Woke,
)
from sidecar.core.occurrences import ReadinessChanged, TurnLate
from sidecar.core.params import Boot, PingTarget
from sidecar.core.terms import SECOND, ContainerState, Moment
from tests.core.harness import (
    ETH1,
    ETH2,
    NODE,
    NODE_UUID,
    START_NS,
    VIP,
    Wired,
    a_group,
    a_link,
    some_params,
)
from tests.core.scenes import alone, just_started

PARAMS = some_params(groups=(a_group(NODE, VIP, "nginx"),), links=(a_link(ETH1), a_link(ETH2)))


@pytest.fixture
def pair() -> Wired:
    wired = Wired(PARAMS)
    wired.start()
    for node in wired.nodes:
        node.forget()
    return wired


def test_a_node_that_could_serve_is_ready_and_its_peer_knows(pair):
    assert pair.a.cluster.view().ready
    assert pair.a.cluster.view().reasons == ()
    assert pair.b.cluster.view().nodes[1].ready


def test_a_change_is_told_once_and_the_peer_hears_of_it_at_once(pair):
    pair.b.step(EngineChanged(up=False, reason="connection refused"))
    pair.world.run(5_000_000)
    assert pair.a.cluster.peer.ready is False
    (told,) = pair.b.told_of(ReadinessChanged)
    assert told.reasons == ("the Docker engine does not answer: connection refused",)
    pair.b.step(EngineChanged(up=True, reason="it answers"))
    pair.world.run(5_000_000)
    assert pair.a.cluster.peer.ready is True
    assert [told.ready for told in pair.b.told_of(ReadinessChanged)] == [False, True]


def test_trouble_of_a_part_is_a_reason_but_does_not_stop_hand_overs(pair):
    pair.b.step(PartChanged(part="http", trouble="http: port 9694 is taken"))
    pair.world.run(SECOND)
    assert pair.b.cluster.view().reasons == ("http: port 9694 is taken",)
    assert not pair.b.cluster.view().ready
    assert pair.a.cluster.peer.ready is True
    pair.a.step(StandbyRequested(request=1, which="all"))
    pair.world.run(SECOND)
    assert pair.a.answers[-1].ok
    assert pair.holders() == ["node-b"]


def test_trouble_of_a_part_that_runs_again_is_forgotten(pair):
    pair.b.step(PartChanged(part="http", trouble="http: port 9694 is taken"))
    pair.b.step(PartChanged(part="http", trouble=""))
    assert pair.b.cluster.view().ready


def test_trouble_from_before_the_start_stays_a_reason():
    params = some_params()
    boot = Boot(generation=1, uuid=NODE_UUID, trouble=("state folder cannot be used",))
    cluster = Cluster(params, Random(1), boot)
    cluster.step(Woke(), Moment(ns=START_NS, wall_s=1))
    assert cluster.view().reasons[0] == "state folder cannot be used"


def test_without_any_link_each_of_them_is_a_reason(pair):
    pair.a.step(LinkFailed(link=ETH1, reason="no such device"))
    assert pair.a.cluster.view().ready, "one of two links changes nothing but its status"
    pair.a.step(LinkFailed(link=ETH2, reason="port 694 is taken"))
    reasons = pair.a.cluster.view().reasons
    assert reasons == ("link eth1: no such device", "link eth2: port 694 is taken")
    pair.a.step(LinkOpened(link=ETH2))
    assert pair.a.cluster.view().ready


def test_a_container_that_does_not_exist_is_a_reason(pair):
    pair.b.sees("nginx", ContainerState.ABSENT)
    reason = "container nginx does not exist: create it (docker compose up)"
    assert pair.b.cluster.view().reasons == (reason,)


def test_nothing_is_handed_over_to_a_node_without_a_carrier(pair):
    pair.b.step(CarrierChanged(interface="eth0", up=False))
    pair.world.run(SECOND)
    pair.a.step(StandbyRequested(request=1, which="all"))
    assert not pair.a.answers[-1].ok
    assert "not ready" in pair.a.answers[-1].text


def test_a_node_that_shuts_down_is_not_ready_to_take_anything(pair):
    pair.b.step(ShutdownRequested())
    assert "shutting down" in pair.b.cluster.view().reasons


# --- late turns ----------------------------------------------------------------------------------


def test_a_node_that_slept_for_deadtime_tells_so_and_believes_nothing_it_held():
    scene = alone()
    scene.node.frozen = True
    scene.run(10 * SECOND)
    scene.node.frozen = False
    scene.node.forget()
    scene.node.step(Woke())
    (told,) = scene.node.told_of(TurnLate)
    assert told.gap_ns > 9 * SECOND
    assert not any(group.held for group in scene.node.cluster.takeover.groups)


def test_a_turn_that_is_a_little_late_is_none_to_worry_about():
    scene = alone()
    scene.node.frozen = True
    scene.run(700_000_000)
    scene.node.frozen = False
    scene.node.step(Woke())
    assert not scene.node.told_of(TurnLate)
    assert all(group.held for group in scene.node.cluster.takeover.groups)


# --- a stop while the peer is silent -------------------------------------------------------------


def test_a_stop_while_the_peer_is_silent_does_not_wait_for_warm_containers(pair):
    """They were warmed up for a takeover that will not come."""
    pair.a.die()
    pair.world.run(800_000_000)  # after warntime, before deadtime
    assert all(group.warm for group in pair.b.cluster.takeover.groups)
    pair.b.step(ShutdownRequested())
    pair.world.run(1 * SECOND)
    assert pair.b.exited
    assert pair.b.hands.containers["nginx"] is ContainerState.PAUSED


# --- cut off from everybody ----------------------------------------------------------------------


def test_a_node_that_hears_neither_the_peer_nor_a_ping_node_is_not_ready_and_says_why():
    """It claims nothing then, and so nobody may count on it."""
    ping = (PingTarget(name="router", hosts=("10.0.0.1",)),)
    scene = alone(replace(PARAMS, ping=ping, deadping_ns=2 * SECOND))
    assert not scene.node.hands.addresses
    view = scene.node.cluster.view()
    why = "neither the peer nor any ping node is heard"
    assert view.reasons == (why,)
    assert any(
        line.endswith(f"is wanted here, but cannot be served: {why}") for line in view.explanation
    )
    scene.node.hands.reachable.add("10.0.0.1")
    scene.run(5 * SECOND)
    assert scene.node.hands.addresses
    assert scene.node.cluster.view().ready


def test_before_a_link_is_open_the_links_are_the_reasons():
    scene = just_started(PARAMS)
    scene.node.step(LinkFailed(link=ETH1, reason="gone"))
    scene.node.step(LinkFailed(link=ETH2, reason="gone"))
    assert len(scene.node.cluster.view().reasons) == 2
