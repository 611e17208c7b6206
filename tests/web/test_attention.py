"""What the banner says for what is wrong: one thing of a view is changed, and one entry follows."""

import pytest

from sidecar.core.events import CarrierChanged
from sidecar.core.occurrences import AddressConflict, ReloadFailed
from sidecar.core.terms import SECOND, ContainerState, LinkStatus, NodeStatus, ResourceState
from sidecar.core.view import ClusterView, MaintenanceView, PingView
from sidecar.web.attention import Attention, Urgency, attention_of, holder_of
from sidecar.web.beyond import Beyond
from tests.builders import (
    NODE_A,
    NODE_B,
    VIP,
    a_container,
    a_group,
    a_group_standing_by,
    a_link,
    a_peer,
    a_standby_view,
    a_view,
    an_address,
)
from tests.core.scenes import alone
from tests.monitoring.alerts import ALERTS

GROUP = a_group().name
NOTHING = Beyond()
PEER_HOLDS = Beyond(peer_holds=(GROUP,))
DEAD_PEER = (a_view().nodes[0], a_peer(status=NodeStatus.DEAD, links=(a_link(status="dead"),)))


def only(view: ClusterView, beyond: Beyond = NOTHING) -> Attention:
    (one,) = attention_of(view, beyond)
    return one


def with_peer(**changes) -> ClusterView:
    return a_view(nodes=(a_view().nodes[0], a_peer(**changes)))


def test_a_pair_at_rest_needs_nobody():
    assert attention_of(a_view(), NOTHING) == ()
    assert attention_of(a_standby_view(), PEER_HOLDS) == ()


def test_nobody_holds():
    one = only(a_standby_view())
    assert (one.severity, one.runbook) == (Urgency.CRITICAL, "HeartbeatNobodyHolds")
    assert one.sentence == f"nobody is known to hold {GROUP}"


def test_what_a_dead_node_said_last_makes_it_no_holder():
    peer = a_peer(name=NODE_A, status=NodeStatus.DEAD)
    view = a_standby_view(nodes=(a_standby_view().nodes[0], peer))
    assert holder_of(view, PEER_HOLDS, view.groups[0]) is None
    found = attention_of(view, PEER_HOLDS)
    assert [one.runbook for one in found] == ["HeartbeatNobodyHolds", "HeartbeatPeerLost"]
    assert holder_of(a_standby_view(), PEER_HOLDS, view.groups[0]) == NODE_A


def test_a_takeover_under_way_is_not_yet_critical():
    group = a_group(held=False, wanted=True)
    one = only(a_view(groups=(group,)))
    assert (one.severity, one.runbook) == (Urgency.WARNING, "HeartbeatNobodyHolds")
    assert "node-a is taking it over" in one.sentence


def test_a_takeover_that_fails_is_critical():
    broken = a_container(state=ContainerState.STOPPED, failed=True, detail="503")
    group = a_group(held=False, wanted=True, resources=(broken,))
    first, second = attention_of(a_view(groups=(group,)), NOTHING)
    assert (first.severity, first.runbook) == (Urgency.CRITICAL, "HeartbeatNobodyHolds")
    assert "nginx cannot be mended here" in first.sentence
    assert second.runbook == "HeartbeatServiceFailing"


def test_a_takeover_that_something_else_stands_in_the_way_of_is_critical():
    scene = alone()
    scene.node.step(CarrierChanged(interface="eth0", up=False))
    scene.run(60 * SECOND)
    first = attention_of(scene.node.cluster.view(), NOTHING)[0]
    assert (first.severity, first.runbook) == (Urgency.CRITICAL, "HeartbeatNobodyHolds")
    assert first.sentence.endswith(": here it cannot be served: eth0 has no carrier")


def test_a_node_that_starts_may_not_know_the_holder_yet():
    one = only(a_standby_view(state=ResourceState.STARTING))
    assert (one.severity, one.runbook) == (Urgency.WARNING, "HeartbeatNobodyHolds")


def test_two_hold():
    one = only(a_view(split_brain=True), PEER_HOLDS)
    assert (one.severity, one.runbook) == (Urgency.CRITICAL, "HeartbeatTwoHold")
    assert GROUP in one.sentence


def test_a_cut_heartbeat_is_told_as_such():
    group = a_group_standing_by(wanted=True)
    view = a_standby_view(split_brain=True, groups=(group,))
    first, second = attention_of(view, NOTHING)
    assert (first.severity, first.runbook) == (Urgency.CRITICAL, "HeartbeatSplitBrain")
    assert "its address still answers" in first.sentence
    assert second.runbook == "HeartbeatNobodyHolds"


def test_a_dead_peer():
    one = only(a_view(nodes=DEAD_PEER))
    assert (one.severity, one.runbook) == (Urgency.WARNING, "HeartbeatPeerLost")
    assert one.sentence == "node-b is not heard: if node-a fails too, nobody serves"


def test_a_peer_that_was_never_heard():
    one = only(with_peer(status=NodeStatus.INIT, silence_ns=None))
    assert one.sentence == "node-b has not been heard yet"


def test_a_peer_that_is_not_ready():
    assert only(with_peer(ready=False)).runbook == "HeartbeatNotReady"
    assert attention_of(with_peer(ready=None), NOTHING) == ()  # Heartbeat never says


def test_a_link_that_is_down_while_another_one_is_up():
    down = a_link(name="eth0", status=LinkStatus.DEAD, reason="nothing heard for 3000 ms")
    one = only(with_peer(links=(a_link(), down)))
    assert (one.severity, one.runbook) == (Urgency.WARNING, "HeartbeatLinkDown")
    assert one.sentence == "link eth0 is down: nothing heard for 3000 ms"


def test_a_link_that_is_one_way():
    one = only(with_peer(links=(a_link(heard_by_peer=False),)))
    assert (one.runbook, "does not hear this node" in one.sentence) == ("HeartbeatLinkOneWay", True)


def test_a_node_that_is_not_ready_says_why():
    one = only(a_view(ready=False, reasons=("eth0 has no carrier", "nginx is absent")))
    assert one.runbook == "HeartbeatNotReady"
    assert one.sentence == "node-a is not ready to serve: eth0 has no carrier; nginx is absent"


def test_ping_nodes_matter_when_all_are_lost():
    lost, there = PingView(name="router", up=False), PingView(name="switch", up=True)
    assert attention_of(a_view(ping=(lost, there)), NOTHING) == ()
    assert only(a_view(ping=(lost,))).sentence == "no ping node answers (router)"
    assert attention_of(a_view(ping=()), NOTHING) == ()


def test_an_engine_that_does_not_answer():
    assert only(a_view(engine_up=False)).runbook == "HeartbeatDockerDown"
    assert attention_of(a_view(engine_up=None), NOTHING) == ()


def test_a_node_without_containers_needs_no_engine():
    address_alone = a_group(resources=(an_address(),))
    assert attention_of(a_view(engine_up=False, groups=(address_alone,)), NOTHING) == ()


def test_an_address_conflict():
    conflict = AddressConflict(address=VIP, mac="02:00:00:00:00:99")
    one = only(a_view(), Beyond(conflicts=(conflict,)))
    assert (one.severity, one.runbook) == (Urgency.CRITICAL, "HeartbeatAddressConflict")
    assert "02:00:00:00:00:99" in one.sentence


def test_an_address_that_the_standby_cannot_see():
    assert only(a_view(unseen=(VIP,))).runbook == "HeartbeatAddressUnseen"


def test_files_that_were_refused():
    refused = ReloadFailed(problems=("ha.cf:3: unknown directive",))
    one = only(a_view(), Beyond(refused=refused))
    assert one.runbook == "HeartbeatReloadFailed"
    assert "ha.cf:3: unknown directive" in one.sentence


def test_moves_that_are_withheld():
    one = only(a_view(groups=(a_group(flapping=True, moves=5),)))
    assert one.runbook == "HeartbeatFlapping"
    assert "5 moves" in one.sentence


def test_configurations_and_clocks_that_differ():
    assert only(with_peer(agrees=False)).runbook == "HeartbeatConfigurationsDiffer"
    assert only(with_peer(clock_offset_s=-6)).sentence == (
        "the clocks of the two nodes are 6 s apart"
    )
    assert attention_of(with_peer(clock_offset_s=5), NOTHING) == ()


def test_maintenance_is_to_be_known():
    maintenance = MaintenanceView(left_ns=90 * SECOND, by=NODE_B, since_s=0)
    one = only(a_view(maintenance=maintenance))
    assert (one.severity, one.runbook) == (Urgency.INFO, "HeartbeatMaintenanceLong")
    assert "ordered on node-b" in one.sentence
    assert "90 s" in one.sentence


def test_the_most_urgent_comes_first():
    view = a_view(
        groups=(a_group(held=False, wanted=True),),
        ready=False,
        reasons=("x",),
        maintenance=MaintenanceView(left_ns=SECOND, by=NODE_A, since_s=0),
    )
    conflict = AddressConflict(address=VIP, mac="02:00:00:00:00:99")
    found = attention_of(view, Beyond(conflicts=(conflict,)))
    assert [one.severity.word for one in found] == ["critical", "warning", "warning", "info"]


@pytest.mark.parametrize(
    "view",
    [
        a_standby_view(),
        a_view(split_brain=True),
        a_view(unseen=(VIP,), engine_up=False, ping=(PingView(name="r", up=False),)),
        a_view(ready=False, reasons=("x",), groups=(a_group(flapping=True),)),
        a_view(maintenance=MaintenanceView(left_ns=SECOND, by=NODE_A, since_s=0)),
        with_peer(agrees=False, clock_offset_s=9, links=(a_link(status=LinkStatus.DEAD),)),
        with_peer(links=(a_link(heard_by_peer=False),)),
    ],
)
def test_each_entry_names_a_section_of_the_runbook(view: ClusterView):
    known = {alert.name for alert in ALERTS}
    found = attention_of(view, Beyond(refused=ReloadFailed(problems=("x",))))
    assert len(found) > 1
    assert {one.runbook for one in found} <= known
