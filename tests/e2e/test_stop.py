"""``docker compose stop`` on the active host: it hands over before it stops."""

from statistics import median

import pytest

from tests.e2e.scene import GROUP, ROUNDS, Scene

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60 + 20 * ROUNDS)]
MOVE_MS = 50


def test_a_stopped_host_hands_over_first(scene: Scene) -> None:
    rounds = []
    for _ in range(ROUNDS):
        with scene.round("compose stop") as stopped:
            scene.master.compose("stop")
            stopped.wait_for_page(scene.slave.page)
        assert stopped.cost.pages == ("master", "slave")
        assert stopped.moved(scene.slave, "heartbeat_takeovers_total", reason="shutdown") == 1
        stopped.wait_for_word(scene.master, "shutting down: handing over what is held")
        stopped.wait_for_word(scene.slave, f"taking over {GROUP}: masternginx hands over")
        with scene.round("compose start") as started:
            scene.master.compose("start")
            started.wait_for_page(scene.master.page)
            scene.at_rest(scene.master)
        assert started.cost.pages == ("slave", "master")
        assert started.moved(scene.slave, "heartbeat_giveups_total", reason="failback") == 1
        rounds += [stopped, started]
    assert median(r.cost.outage_ms for r in rounds if r.scenario == "compose stop") < MOVE_MS
    assert median(r.cost.outage_ms for r in rounds if r.scenario == "compose start") < MOVE_MS
    assert sum(r.cost.two_holders_ms for r in rounds) == 0
