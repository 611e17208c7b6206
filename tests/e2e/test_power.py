"""The active host loses its power: engine, sidecar, nginx and links end at once; then it boots."""

import pytest

from tests.e2e.scene import HA_CF, Scene

pytestmark = pytest.mark.e2e
TAKEOVER_MS = 700


def test_a_host_without_power_is_replaced_and_comes_back_by_itself(scene: Scene) -> None:
    # Told by a signal (docker kill), the engine would not start the sidecar when the host boots.
    scene.reload(scene.master, "ha.cf", HA_CF)
    with scene.round("active host loses power") as off:
        scene.master.power_off()
        off.wait_for_page(scene.slave.page)
    assert off.cost.pages == ("master", "slave")
    assert off.cost.outage_ms < TAKEOVER_MS
    assert off.cost.two_holders_ms == 0
    assert off.moved(scene.slave, "heartbeat_takeovers_total", reason="peer_dead") == 1
    off.wait_for_word(scene.slave, "masternginx is dead: silent for")
    with scene.round("host boots: failback") as on:
        scene.master.power_on()
        on.wait_for_page(scene.master.page, seconds=30)
        scene.at_rest(scene.master)
    assert on.cost.pages == ("slave", "master")
    assert on.cost.outage_ms < 100
    assert on.cost.two_holders_ms == 0
    on.wait_for_word(scene.slave, "masternginx restarted")
