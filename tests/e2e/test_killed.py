"""The sidecar of the active host is killed or frozen while its host and nginx go on."""

import os
import signal

import pytest

from tests.e2e.scene import Scene
from tests.testbed.pair import VIP
from tests.testbed.waiting import wait_for

pytestmark = pytest.mark.e2e
LEASE_MS = 1400
"""The lease of a second, the kernel's coarse timer and the probes after it."""
HEAL_S = 5


def test_a_killed_sidecar_loses_the_address_and_the_other_host_serves(scene: Scene) -> None:
    """``docker kill`` counts as a stop: the engine starts nothing anew."""
    with scene.round("sidecar killed, not restarted") as killed:
        scene.master.docker("kill", "sidecar")
        killed.wait_for_page(scene.slave.page)
    assert killed.cost.pages == ("master", "slave")
    assert killed.cost.outage_ms < LEASE_MS
    assert killed.cost.two_holders_ms == 0
    assert killed.moved(scene.slave, "heartbeat_takeovers_total", reason="peer_dead") == 1
    killed.wait_for_word(scene.slave, "masternginx is dead: silent for")
    assert not scene.master.has(VIP)
    with scene.round("killed sidecar started: failback") as back:
        scene.master.docker("start", "sidecar")
        back.wait_for_page(scene.master.page)
        scene.at_rest(scene.master)
    assert back.cost.two_holders_ms == 0


def test_a_sidecar_that_dies_is_started_anew_and_one_host_serves(scene: Scene) -> None:
    pid = int(scene.master.docker("inspect", "--format", "{{.State.Pid}}", "sidecar"))
    started = scene.metrics(scene.master)
    with scene.round("sidecar dies, engine restarts it") as died:
        os.kill(pid, signal.SIGKILL)
        wait_for(
            lambda: (
                scene.master.docker("inspect", "--format", "{{.State.Pid}}", "sidecar").strip()
                not in (str(pid), "0")
            ),
            seconds=10,
            what="the engine to start the sidecar anew",
        )
        scene.at_rest(scene.master)
    assert died.cost.two_holders_ms == 0
    assert died.cost.outage_ms < LEASE_MS
    again = scene.metrics(scene.master)
    assert again.value("heartbeat_packets_sent_total", link="eth1") > 0
    assert started.value("heartbeat_stable") == again.value("heartbeat_stable") == 1


def test_a_frozen_sidecar_wakes_to_one_owner_and_no_outage(scene: Scene) -> None:
    with scene.round("sidecar frozen") as frozen:
        scene.master.docker("pause", "sidecar")
        frozen.wait_for_page(scene.slave.page)
    assert frozen.cost.pages == ("master", "slave")
    assert frozen.cost.outage_ms < LEASE_MS
    assert frozen.cost.two_holders_ms == 0
    with scene.round("frozen sidecar wakes: failback") as woken:
        scene.master.docker("unpause", "sidecar")
        woken.wait_for_page(scene.master.page, seconds=HEAL_S)
        scene.at_rest(scene.master, seconds=HEAL_S)
    assert woken.cost.pages == ("slave", "master")
    assert woken.cost.outage_ms < 100
    assert woken.cost.two_holders_ms == 0
    woken.wait_for_word(scene.master, "this node did not run for")
