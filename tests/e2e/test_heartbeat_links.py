"""The heartbeat is lost on one of its links, or on all of them, while both hosts serve clients."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.scene import DEADTIME_MS, GROUP, Scene
from tests.testbed.pair import VIP

pytestmark = pytest.mark.e2e
MOVE_MS = 50
DEAD_S = DEADTIME_MS / 1000


@contextmanager
def no_heartbeat(scene: Scene) -> Iterator[None]:
    """A firewall on both hosts lets no heartbeat in; all else passes."""
    for node in scene.pair.nodes:
        drop = "type filter hook input priority 0; udp dport 694 drop;"
        node.net.run("nft", f"table inet heartbeat {{ chain input {{ {drop} }}; }}")
    try:
        yield
    finally:
        for node in scene.pair.nodes:
            node.net.run("nft", "delete", "table", "inet", "heartbeat")


def test_one_of_two_links_is_cut_and_nothing_moves(scene: Scene) -> None:
    with scene.round("one of two heartbeat links cut") as cut:
        scene.pair.cable(scene.master, "eth1").cut()
        for node in scene.pair.nodes:
            peer = scene.other(node).name
            cut.wait_for_word(node, f"link eth1 to {peer} is dead")
            metrics = scene.metrics(node)
            assert metrics.value("heartbeat_link_up", node=peer, link="eth1") == 0
            assert metrics.value("heartbeat_link_up", node=peer, link="eth0") == 1
            assert metrics.value("heartbeat_node_status", node=peer, status="active") == 1
            (seen,) = (n for n in scene.status(node)["nodes"] if n["name"] == peer)
            links = {link["name"]: link["status"] for link in seen["links"]}
            assert links == {"eth0": "up", "eth1": "dead"}
            assert "eth1 ucast dead" in node.docker("exec", "sidecar", "sidecar", "status")
        scene.pair.cable(scene.master, "eth1").restore()
        scene.at_rest(scene.master)
    assert cut.cost.pages == ("master",)
    assert cut.cost.lost == 0
    assert cut.cost.two_holders_ms == 0


def test_all_heartbeat_is_lost_and_the_address_stays_where_it_answers(scene: Scene) -> None:
    """No second owner, an alert, no outage."""
    with scene.round("all heartbeat lost, hosts well") as lost:
        with no_heartbeat(scene):
            lost.wait_for_word(scene.slave, f"no takeover of {VIP}: the peer is silent")
            lost.wait_for_word(scene.master, "slavenginx is dead")
            slave = scene.metrics(scene.slave)
            assert slave.value("heartbeat_node_status", node="masternginx", status="dead") == 1
            assert slave.value("heartbeat_group_held", group=GROUP) == 0
            assert scene.owners.now() == ["masternginx"]
        scene.at_rest(scene.master)
    assert lost.cost.pages == ("master",)
    assert lost.cost.lost == 0
    assert lost.cost.two_holders_ms == 0


def test_the_service_link_alone_is_lost_and_the_group_moves_at_once(scene: Scene) -> None:
    with scene.round("active host loses the service link") as lost:
        scene.pair.cable(scene.master, "eth0").cut()
        lost.wait_for_page(scene.slave.page)
    assert lost.cost.pages == ("master", "slave")
    assert lost.cost.outage_ms < 2 * MOVE_MS
    assert lost.cost.two_holders_ms == 0
    assert lost.moved(scene.slave, "heartbeat_takeovers_total", reason="carrier_lost") == 1
    with scene.round("service link back: failback") as back:
        scene.pair.cable(scene.master, "eth0").restore()
        back.wait_for_page(scene.master.page)
        scene.at_rest(scene.master)
    assert back.cost.outage_ms < MOVE_MS
    assert back.cost.two_holders_ms == 0
