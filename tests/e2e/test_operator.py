"""``sidecar standby`` and ``sidecar takeover``: planned moves, which clients hardly notice."""

from statistics import median

import pytest

from tests.e2e.scene import GROUP, ROUNDS, Scene

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60 + 20 * ROUNDS)]
MOVE_MS = 50


def test_planned_moves_cost_next_to_nothing(scene: Scene) -> None:
    rounds = []
    for _ in range(ROUNDS):
        with scene.round("sidecar standby") as given:
            scene.master.sidecar("standby")
            given.wait_for_page(scene.slave.page)
            scene.at_rest(scene.slave)
        assert given.cost.pages == ("master", "slave")
        assert given.moved(scene.master, "heartbeat_giveups_total", reason="standby") == 1
        assert given.moved(scene.slave, "heartbeat_takeovers_total", reason="standby") == 1
        given.wait_for_word(scene.master, f"giving up {GROUP}: an operator asked for it")
        given.wait_for_word(scene.slave, f"taking over {GROUP}: masternginx hands over (standby)")
        with scene.round("sidecar takeover") as taken:
            scene.master.sidecar("takeover")
            taken.wait_for_page(scene.master.page)
            scene.at_rest(scene.master)
        assert taken.cost.pages == ("slave", "master")
        assert taken.moved(scene.slave, "heartbeat_giveups_total", reason="standby") == 1
        assert taken.moved(scene.master, "heartbeat_takeovers_total", reason="standby") == 1
        taken.wait_for_word(scene.master, f"taking over {GROUP}: slavenginx hands over")
        rounds += [given, taken]
    assert median(r.cost.outage_ms for r in rounds) < MOVE_MS
    assert sum(r.cost.two_holders_ms for r in rounds) == 0


def test_moves_in_quick_succession_leave_no_client_behind(scene: Scene) -> None:
    """The neighbours' ARP caches have just been told of the other host."""
    with scene.round("five moves at once") as there_and_back:
        for _ in range(2):
            scene.master.sidecar("standby")
            scene.master.sidecar("takeover")
        scene.master.sidecar("standby")
        scene.at_rest(scene.slave)
    assert there_and_back.cost.outage_ms < 4 * MOVE_MS
    assert there_and_back.cost.two_holders_ms == 0
    with scene.round("sidecar takeover") as back:
        scene.master.sidecar("takeover")
        scene.at_rest(scene.master)
    assert back.cost.pages == ("slave", "master")
