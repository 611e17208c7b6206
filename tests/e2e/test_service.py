"""Nginx itself dies on the active host."""

import pytest

from tests.e2e.scene import GROUP, Scene

pytestmark = pytest.mark.e2e
RESTART_MS = 1000
HANDOVER_MS = 1000
NO_RESTARTS = "services: {nginx: {labels: {sidecar.restarts: '0'}}}"


def test_a_killed_nginx_is_restarted_where_it_is(scene: Scene) -> None:
    with scene.round("nginx killed, restarts 1") as killed:
        scene.master.docker("kill", "nginx")
        killed.wait_for_word(scene.master, "container nginx is running, was stopped")
        scene.at_rest(scene.master)
    assert killed.cost.pages == ("master",)
    assert 0 < killed.cost.outage_ms < RESTART_MS
    assert killed.cost.two_holders_ms == 0
    assert killed.moved(scene.slave, "heartbeat_takeovers_total", reason="service_failed") == 0
    assert killed.moved(scene.master, "heartbeat_giveups_total", reason="service_failed") == 0
    metrics = scene.metrics(scene.master)
    state = {"group": GROUP, "resource": "nginx", "state": "running"}
    assert metrics.value("heartbeat_resource_state", **state) == 1
    killed.wait_for_word(scene.master, "container nginx failed: ")
    killed.wait_for_word(scene.master, "; restarting it")


def test_a_killed_nginx_without_restarts_moves_the_group(scene: Scene) -> None:
    scene.master.override(NO_RESTARTS)
    scene.master.up("nginx")
    scene.at_rest(scene.master)
    with scene.round("nginx killed, restarts 0") as killed:
        scene.master.docker("kill", "nginx")
        killed.wait_for_page(scene.slave.page)
    assert killed.cost.pages[:2] == ("master", "slave")
    assert 0 < killed.cost.outage_ms < HANDOVER_MS
    assert killed.cost.two_holders_ms == 0
    assert killed.moved(scene.master, "heartbeat_giveups_total", reason="service_failed") == 1
    killed.wait_for_word(scene.master, "no restarts left")
    with scene.round("nginx mended: failback") as mended:
        mended.wait_for_page(scene.master.page)
        scene.at_rest(scene.master)
    assert mended.cost.two_holders_ms == 0
