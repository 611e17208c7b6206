"""One host has another key than the other: what it says is refused, and changes nothing."""

import pytest

from tests.e2e.scene import GROUP, Scene
from tests.testbed.pair import AUTHKEYS, VIP

pytestmark = pytest.mark.e2e


def test_packets_signed_with_another_key_change_nothing(scene: Scene) -> None:
    secret = scene.slave.config / "authkeys"
    with scene.round("wrong key on the standby host") as wrong:
        scene.slave.docker("stop", "sidecar")
        secret.write_text(AUTHKEYS.replace("hello!", "another secret"))
        scene.slave.docker("start", "sidecar")
        wrong.wait_for_word(scene.slave, "masternginx is held for dead: never heard", seconds=15)
        wrong.wait_for_word(scene.slave, f"no takeover of {VIP}: the peer is silent")
        for node in scene.pair.nodes:
            wrong.wait_for_word(node, "rejected a packet on eth1 (bad_auth, ")
            metrics = scene.metrics(node)
            for link in ("eth0", "eth1"):
                rejected = {"link": link, "reason": "bad_auth"}
                assert metrics.value("heartbeat_packets_rejected_total", **rejected) > 0
        assert scene.metrics(scene.master).value("heartbeat_group_held", group=GROUP) == 1
        assert scene.metrics(scene.slave).value("heartbeat_group_held", group=GROUP) == 0
        assert scene.owners.now() == ["masternginx"]
        secret.write_text(AUTHKEYS)
        scene.slave.sidecar("reload")
        scene.at_rest(scene.master)
    assert wrong.cost.pages == ("master",)
    assert wrong.cost.lost == 0
    assert wrong.cost.two_holders_ms == 0
    assert wrong.moved(scene.master, "heartbeat_giveups_total", reason="conflict") == 0
