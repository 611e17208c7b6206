"""The reference's own files, with shorter times: a ping node arbitrates, and ipfail moves."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.e2e.scene import DEADTIME_MS, KEEPALIVE_MS, WARNTIME_MS, Scene
from tests.testbed.pair import ARBITER

pytestmark = pytest.mark.e2e
REFERENCE = f"""\
debugfile /var/log/ha-debug
logfile /var/log/ha-log
logfacility local0
keepalive {KEEPALIVE_MS}ms
deadtime {DEADTIME_MS}ms
warntime {WARNTIME_MS}ms
initdead 5
udpport 694
ucast eth1 192.168.17.50
ucast eth1 192.168.17.51
auto_failback on
node masternginx
node slavenginx
ping {ARBITER}
respawn hacluster /usr/lib64/heartbeat/ipfail
"""


@contextmanager
def icmp_dropped(scene: Scene) -> Iterator[None]:
    """``iptables -I INPUT -p icmp -j DROP`` on the active host."""
    net = scene.master.net
    net.run("iptables", "-I", "INPUT", "-p", "icmp", "-j", "DROP")
    try:
        yield
    finally:
        net.run("iptables", "-D", "INPUT", "-p", "icmp", "-j", "DROP")


def test_the_node_that_loses_the_ping_node_hands_over(running_scene: Scene) -> None:
    """Test 1 of the reference."""
    scene = running_scene
    scene.clear()
    scene.configure(REFERENCE)
    scene.pair.up()
    scene.at_rest(scene.master)
    with ExitStack() as stack:
        with scene.round("ping node lost on the active host") as lost:
            stack.enter_context(icmp_dropped(scene))
            lost.wait_for_page(scene.slave.page, seconds=20)
        assert lost.cost.pages == ("master", "slave")
        assert lost.cost.outage_ms < 100
        assert lost.cost.two_holders_ms == 0
        lost.wait_for_word(scene.master, f"ping node {ARBITER} does not answer")
        assert scene.metrics(scene.master).value("heartbeat_ping_up", target=ARBITER) == 0
        assert scene.metrics(scene.slave).value("heartbeat_ping_up", target=ARBITER) == 1
        assert lost.moved(scene.master, "heartbeat_giveups_total", reason="ping_lost") == 1
        with scene.round("ping node back: failback") as back:
            stack.close()
            back.wait_for_page(scene.master.page, seconds=20)
            scene.at_rest(scene.master)
    assert back.cost.pages == ("slave", "master")
    assert back.cost.outage_ms < 100
    assert back.cost.two_holders_ms == 0
