"""The heartbeat is lost on one of its links, or on all of them, while both hosts serve clients."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.e2e.scene import DEADTIME_MS, GROUP, Scene
from tests.testbed.host import DockerHost
from tests.testbed.pair import VIP

pytestmark = pytest.mark.e2e
MOVE_MS = 50
DEAD_S = DEADTIME_MS / 1000


@contextmanager
def firewall(node: DockerHost, rule: str) -> Iterator[None]:
    """The host drops what the rule says of what comes in; all else passes."""
    chain = f"type filter hook input priority 0; {rule};"
    node.net.run("nft", f"table inet heartbeat {{ chain input {{ {chain} }}; }}")
    try:
        yield
    finally:
        node.net.run("nft", "delete", "table", "inet", "heartbeat")


@contextmanager
def no_heartbeat(scene: Scene) -> Iterator[None]:
    """Neither host hears any heartbeat."""
    with ExitStack() as stack:
        for node in scene.pair.nodes:
            stack.enter_context(firewall(node, "udp dport 694 drop"))
        yield


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
            assert "eth1 ucast dead" in node.sidecar("status")
        scene.pair.cable(scene.master, "eth1").restore()
        scene.at_rest(scene.master)
    assert cut.cost.pages == ("master",)
    assert cut.cost.lost == 0
    assert cut.cost.two_holders_ms == 0


def test_a_link_that_carries_one_way_only_is_told_on_both_hosts(scene: Scene) -> None:
    """What the master says by eth1 is lost; what the slave says by it arrives."""
    with scene.round("one heartbeat link carries one way only") as one_way:
        with firewall(scene.slave, 'iifname "eth1" udp dport 694 drop'):
            deaf, heard = scene.slave, scene.master
            one_way.wait_for_word(deaf, "link eth1 is one-way: masternginx hears this node")
            one_way.wait_for_word(heard, "link eth1 is one-way: slavenginx is heard here")
            assert seen_of_link(scene, deaf, "eth1") == ("dead", True)
            assert seen_of_link(scene, heard, "eth1") == ("up", False)
            assert seen_of_link(scene, deaf, "eth0") == seen_of_link(scene, heard, "eth0")
            assert "but heard by the peer" in said_of_link(deaf, "eth1")
            assert "eth1 ucast up" in said_of_link(heard, "eth1")
            assert "not heard by the peer" in said_of_link(heard, "eth1")
        for node in scene.pair.nodes:
            one_way.wait_for_word(node, "is the same in both directions again")
        scene.at_rest(scene.master)
    assert one_way.cost.pages == ("master",)
    assert one_way.cost.lost == 0


def seen_of_link(scene: Scene, node: DockerHost, link: str) -> tuple[str, bool]:
    """Its status, and whether the peer hears it: as /api/status and /metrics say alike."""
    peer = scene.other(node).name
    (shown,) = (n["links"] for n in scene.status(node)["nodes"] if n["name"] == peer)
    (one,) = (one for one in shown if one["name"] == link)
    metrics = scene.metrics(node)
    up = metrics.value("heartbeat_link_up", node=peer, link=link)
    heard = metrics.value("heartbeat_link_heard_by_peer", node=peer, link=link)
    assert (one["status"] == "up", one["heard_by_peer"]) == (bool(up), bool(heard))
    return one["status"], one["heard_by_peer"]


def said_of_link(node: DockerHost, link: str) -> str:
    """The part of `sidecar status` that is about this link."""
    said = node.sidecar("status")
    (part,) = (
        part for line in said.splitlines() for part in line.split(";") if f"{link} ucast" in part
    )
    return part


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
