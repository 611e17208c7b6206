"""The active host is cut off from everything, and comes back."""

import json
from statistics import median

import pytest

from tests.e2e.round import Round
from tests.e2e.scene import GROUP, HA_CF, ROUNDS, Scene
from tests.testbed.pair import VIP
from tests.testbed.waiting import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60 + 20 * ROUNDS)]
TAKEOVER_MS = 600
MOVE_MS = 50


def let_the_client_listen(scene: Scene) -> None:
    """Linux keeps what it has taken for a second, whoever announces (arp(7), locktime)."""

    def has_listened() -> bool:
        entries = scene.pair.client_net.ip("-json", "-statistics", "neigh", "show", "to", VIP)
        return all(entry["updated"] >= 1 for entry in json.loads(entries))

    wait_for(has_listened, seconds=10, what="a second without news for the client")


def cut_off(scene: Scene, scenario: str) -> Round:
    let_the_client_listen(scene)
    with scene.round(scenario) as lost:
        scene.master.unplug()
        lost.wait_for_page(scene.slave.page)
    assert lost.cost.pages == ("master", "slave")
    assert lost.cost.two_holders_ms == 0
    return lost


def test_the_slave_serves_within_deadtime_and_the_master_gets_it_back(scene: Scene) -> None:
    rounds = []
    for _ in range(ROUNDS):
        lost = cut_off(scene, "active host loses all links")
        assert lost.moved(scene.slave, "heartbeat_takeovers_total", reason="peer_dead") == 1
        slave = scene.metrics(scene.slave)
        assert slave.value("heartbeat_node_status", node="masternginx", status="dead") == 1
        assert slave.value("heartbeat_group_held", group=GROUP) == 1
        for link in ("eth0", "eth1"):
            assert slave.value("heartbeat_link_up", node="masternginx", link=link) == 0
        master = scene.metrics(scene.master)
        assert master.value("heartbeat_address_held", address=VIP) == 0
        assert master.value("heartbeat_ready") == 0
        lost.wait_for_word(scene.slave, "masternginx is dead: silent for")
        lost.wait_for_word(scene.slave, f"taking over {GROUP}: masternginx is dead")
        lost.wait_for_word(scene.master, "eth0 has lost its carrier")
        with scene.round("failback") as back:
            scene.restore(scene.master)
            back.wait_for_page(scene.master.page)
            scene.at_rest(scene.master)
        assert back.cost.pages == ("slave", "master")
        assert back.moved(scene.slave, "heartbeat_giveups_total", reason="failback") == 1
        assert back.moved(scene.master, "heartbeat_takeovers_total", reason="failback") == 1
        back.wait_for_word(scene.slave, f"giving up {GROUP}: auto_failback is on")
        rounds.append((lost, back))
    assert median(lost.cost.outage_ms for lost, _ in rounds) < TAKEOVER_MS
    assert median(back.cost.outage_ms for _, back in rounds) < MOVE_MS
    assert sum(back.cost.two_holders_ms for _, back in rounds) == 0


def test_with_failback_off_the_slave_keeps_what_it_took(scene: Scene) -> None:
    reload(scene, HA_CF.replace("auto_failback on", "auto_failback off"))
    cut_off(scene, "active host loses all links")
    with scene.round("no failback: off") as back:
        scene.restore(scene.master)
        scene.at_rest(scene.slave)
    assert back.cost.pages == ("slave",)
    assert back.cost.outage_ms == 0
    assert back.cost.two_holders_ms == 0
    assert back.moved(scene.slave, "heartbeat_giveups_total", reason="failback") == 0
    scene.master.sidecar("takeover")
    scene.at_rest(scene.master)
    reload(scene, HA_CF)


def reload(scene: Scene, ha_cf: str) -> None:
    with scene.round("reload") as told:
        for node in scene.pair.nodes:
            scene.reload(node, "ha.cf", ha_cf)
            told.wait_for_word(node, "auto_failback")
            assert scene.metrics(node).value("heartbeat_config_reload_successful") == 1
    assert told.cost.outage_ms == 0
