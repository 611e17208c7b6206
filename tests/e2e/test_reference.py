"""The three tests of the reference set-up, on its two hosts, with its files.

Names, addresses, pages, ping node and lines are the reference's own; each host has the ha.cf of its
own there. Only the times are shorter. The times of the reference are kept by the simulator, in
tests/scenarios/reference.txt.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.docs.pages import ROOT
from tests.e2e.scene import DEADTIME_MS, GROUP, KEEPALIVE_MS, WARNTIME_MS, Scene
from tests.testbed.client import MS
from tests.testbed.host import DockerHost
from tests.testbed.pair import ARBITER, MASTER_PAGE, SLAVE_PAGE, VIP

pytestmark = pytest.mark.e2e
FILES = ROOT / "tests" / "config" / "reference"
SHORTER = {
    "keepalive": f"{KEEPALIVE_MS}ms",
    "warntime": f"{WARNTIME_MS}ms",
    "deadtime": f"{DEADTIME_MS}ms",
    "initdead": "5",
}
IPFAIL_MS = 1500
MOVE_MS = 200
"""For one round, whatever else the machine does; the median of many is below 50 (test_operator)."""


@pytest.fixture(scope="module")
def started(running_scene: Scene) -> Scene:
    """Both hosts with their own files, and `docker compose up`."""
    running_scene.clear()
    for node in running_scene.pair.nodes:
        folder = FILES / node.name
        node.configure(
            ha_cf=hurried((folder / "ha.cf").read_text()),
            haresources=(folder / "haresources").read_text(),
            authkeys=(folder / "authkeys").read_text(),
        )
    running_scene.pair.up()
    return running_scene


@pytest.fixture
def scene(started: Scene) -> Scene:
    started.at_rest(started.master)
    return started


def hurried(ha_cf: str) -> str:
    """The same lines with shorter times."""
    for name, time in SHORTER.items():
        ha_cf, count = re.subn(rf"^{name} \S+$", f"{name} {time}", ha_cf, flags=re.MULTILINE)
        assert count == 1, name
    return ha_cf


def test_1_icmp_is_dropped_on_the_active_host(scene: Scene) -> None:
    """The ping node's answers are lost: ipfail hands over to the node that gets them."""
    with ExitStack() as dropped:
        with scene.round("reference 1: ICMP dropped on the active host") as lost:
            dropped.enter_context(icmp_dropped(scene.master))
            lost.wait_for_page(SLAVE_PAGE)
        assert lost.cost.pages == ("master", "slave")
        assert lost.cost.outage_ms < MOVE_MS
        assert lost.cost.two_holders_ms == 0
        lost.wait_for_word(scene.master, f"ping node {ARBITER} does not answer")
        assert scene.metrics(scene.master).value("heartbeat_ping_up", target=ARBITER) == 0
        assert scene.metrics(scene.slave).value("heartbeat_ping_up", target=ARBITER) == 1
        assert lost.moved(scene.master, "heartbeat_giveups_total", reason="ping_lost") == 1
        with scene.round("reference 1: ICMP allowed again") as back:
            dropped.close()
            back.wait_for_page(MASTER_PAGE)
            scene.at_rest(scene.master)
    assert back.cost.pages == ("slave", "master")
    assert back.cost.outage_ms < MOVE_MS
    assert back.cost.two_holders_ms == 0


def test_2_the_heartbeat_service_is_stopped(scene: Scene) -> None:
    """The container is the service here: stopped, it hands over before it ends."""
    with scene.round("reference 2: heartbeat stopped on the active host") as stopped:
        scene.master.docker("stop", "sidecar")
        stopped.wait_for_page(SLAVE_PAGE)
    assert stopped.cost.pages == ("master", "slave")
    assert stopped.cost.outage_ms < MOVE_MS
    assert stopped.cost.two_holders_ms == 0
    assert stopped.moved(scene.slave, "heartbeat_takeovers_total", reason="shutdown") == 1
    with scene.round("reference 2: heartbeat started again") as started:
        scene.master.docker("start", "sidecar")
        started.wait_for_page(MASTER_PAGE)
        scene.at_rest(scene.master)
    assert started.cost.pages == ("slave", "master")
    assert started.cost.outage_ms < MOVE_MS
    assert started.cost.two_holders_ms == 0
    assert started.moved(scene.slave, "heartbeat_giveups_total", reason="failback") == 1


def test_3_the_heartbeat_line_is_cut_on_both_hosts(scene: Scene) -> None:
    """No second owner, an alert, no outage; all well again when the line is back."""
    with scene.round("reference 3: heartbeat line cut on both hosts") as cut:
        with line_down(scene):
            alert = cut.wait_for_word(scene.slave, f"no takeover of {VIP}: the peer is silent")
            assert alert["level"] == "error"
            cut.wait_for_word(scene.master, f"ping node {ARBITER} does not answer")
            slave = scene.metrics(scene.slave)
            assert slave.value("heartbeat_split_brain_suspected") == 1
            assert slave.value("heartbeat_node_status", node="masternginx", status="dead") == 1
            assert slave.value("heartbeat_group_held", group=GROUP) == 0
            scene.stays(scene.master, seconds=4 * DEADTIME_MS / 1000)
        scene.at_rest(scene.master)
        for node in scene.pair.nodes:
            assert scene.metrics(node).value("heartbeat_split_brain_suspected") == 0
    assert cut.cost.pages == ("master",)
    assert cut.cost.lost == 0
    assert cut.cost.two_holders_ms == 0


def test_ipfail_hands_over_within_a_second_and_a_half(scene: Scene) -> None:
    """With keepalive 200 ms and deadping 1 s, from the cut to the first page of the other host."""
    for node in scene.pair.nodes:
        ha_cf = (node.config / "ha.cf").read_text()
        ha_cf = ha_cf.replace(f"keepalive {KEEPALIVE_MS}ms", "keepalive 200ms\ndeadping 1")
        scene.reload(node, "ha.cf", ha_cf)
    scene.at_rest(scene.master)
    with scene.round("ipfail, keepalive 200 ms, deadping 1 s") as lost:
        with icmp_dropped(scene.master):
            lost.wait_for_page(SLAVE_PAGE)
            scene.client.wait_until_told()
            served = (r for r in scene.client.requests(lost.since_ns) if r.page == SLAVE_PAGE)
            took_ms = (next(served).ended_ns - lost.since_ns) / MS
            lost.scenario += f": served elsewhere {took_ms:.0f} ms after the cut"
        scene.at_rest(scene.master)
    assert took_ms < IPFAIL_MS


@contextmanager
def icmp_dropped(node: DockerHost) -> Iterator[None]:
    node.net.run("iptables", "-I", "INPUT", "-p", "icmp", "-j", "DROP")
    try:
        yield
    finally:
        node.net.run("iptables", "-D", "INPUT", "-p", "icmp", "-j", "DROP")


@contextmanager
def line_down(scene: Scene) -> Iterator[None]:
    """``ifdown eth1`` on both hosts."""
    for node in scene.pair.nodes:
        node.net.ip("link", "set", "eth1", "down")
    try:
        yield
    finally:
        for node in scene.pair.nodes:
            node.net.ip("link", "set", "eth1", "up")
