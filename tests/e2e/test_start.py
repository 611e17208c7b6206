"""Both hosts are started at the same time."""

import json
from datetime import datetime

import pytest

from tests.e2e.scene import GROUP, Scene
from tests.testbed.client import MS
from tests.testbed.pair import VIP
from tests.testbed.waiting import wall_to_monotonic_ns

pytestmark = pytest.mark.e2e
SERVING_WITHIN_MS = 1000


def heard_ns(scene: Scene) -> int:
    """When the second of them first heard the other, on the client's clock."""
    moments = []
    for node in scene.pair.nodes:
        records = [json.loads(line) for line in node.logs().splitlines() if line[:1] == "{"]
        heard = next(r for r in records if r["event"] == "link_changed" and r["status"] == "up")
        wall_ns = int(datetime.fromisoformat(heard["time"]).timestamp() * 1e9)
        moments.append(wall_to_monotonic_ns(wall_ns))
    return max(moments)


def test_two_that_start_together_agree_within_a_second(running_scene: Scene) -> None:
    scene = running_scene
    scene.clear()
    scene.configure()
    scene.pair.up()
    scene.at_rest(scene.master)
    first_ns = next(r.began_ns for r in reversed(scene.client.requests()) if not r.page)
    with scene.round("start together") as rest:
        pass
    assert rest.cost.pages == ("master",)
    assert (first_ns - heard_ns(scene)) / MS < SERVING_WITHIN_MS
    assert [hold.host for hold in scene.owners.holds() if hold.until_ns is None] == ["masternginx"]
    for node, held in ((scene.master, 1), (scene.slave, 0)):
        metrics = scene.metrics(node)
        assert metrics.value("heartbeat_group_held", group=GROUP) == held
        assert metrics.value("heartbeat_address_held", address=VIP) == held
        assert metrics.value("heartbeat_takeovers_total", reason="start") == held
        assert metrics.value("heartbeat_stable") == 1
        assert metrics.value("heartbeat_ready") == 1
        for link in ("eth0", "eth1"):
            peer = scene.other(node).name
            assert metrics.value("heartbeat_link_up", node=peer, link=link) == 1
        assert "settled" in node.logs()
    scene.left_clean()
