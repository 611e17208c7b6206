"""Links are cut, one way or both, for the heartbeat or for the clients."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.scene import GROUP
from tests.safety.row import Safety
from tests.safety.timers import TAKEOVER_MS
from tests.testbed.host import DockerHost
from tests.testbed.pair import VIP

pytestmark = [pytest.mark.safety, pytest.mark.e2e]
MOVE_MS = 250
"""A planned move; measured are some 50 ms."""


@contextmanager
def deaf(*nodes: DockerHost) -> Iterator[None]:
    """These hosts let no heartbeat in; all else passes."""
    rules = "type filter hook input priority 0; udp dport 694 drop;"
    for node in nodes:
        node.net.run("nft", f"table inet heartbeat {{ chain input {{ {rules} }}; }}")
    try:
        yield
    finally:
        for node in nodes:
            node.net.run("nft", "delete", "table", "inet", "heartbeat")


@pytest.mark.costly  # tests/e2e/test_heartbeat_links.py is the same for CI, and shorter
def test_all_heartbeat_is_cut_for_ten_seconds(safety: Safety) -> None:
    with safety.fault("heartbeat cut on all links for 10 s, healed", outage_ms=0) as fault:
        with deaf(*safety.scene.pair.nodes):
            fault.told(safety.slave, f"no takeover of {VIP}: the peer is silent")
            time.sleep(10)  # the fault itself
        safety.scene.at_rest(safety.master)
    assert fault.pages == ("master",)


@pytest.mark.costly  # tests/e2e/test_heartbeat_links.py is the same for CI
def test_the_service_link_is_cut(safety: Safety) -> None:
    with safety.fault("service link of the active host cut, healed", outage_ms=MOVE_MS) as fault:
        safety.scene.pair.cable(safety.master, "eth0").cut()
        fault.wait_for_page(safety.slave.page)
        fault.told(safety.master, "eth0 has lost its carrier")
        safety.scene.pair.cable(safety.master, "eth0").restore()
        safety.scene.at_rest(safety.master)


@pytest.mark.costly  # tests/e2e/test_links_lost.py is the same for CI
def test_all_links_are_cut(safety: Safety) -> None:
    with safety.fault("all links of the active host cut, healed", outage_ms=TAKEOVER_MS) as fault:
        safety.master.unplug()
        fault.wait_for_page(safety.slave.page)
        fault.told(safety.slave, f"taking over {GROUP}: masternginx is dead")
        safety.scene.restore(safety.master)
        safety.scene.at_rest(safety.master)


def test_the_standby_is_deaf(safety: Safety) -> None:
    with safety.fault("the standby hears no heartbeat, and is heard", outage_ms=0) as fault:
        with deaf(safety.slave):
            fault.told(safety.slave, f"no takeover of {VIP}: the peer is silent")
        safety.scene.at_rest(safety.master)
    assert fault.pages == ("master",)


def test_the_active_node_is_deaf(safety: Safety) -> None:
    with safety.fault("the active node hears no heartbeat, and is heard", outage_ms=0) as fault:
        with deaf(safety.master):
            fault.told(safety.master, "slavenginx is dead: silent for")
        safety.scene.at_rest(safety.master)
    assert fault.pages == ("master",)


@pytest.mark.costly
def test_frames_of_the_active_host_are_lost_one_way_on_the_service_network(
    safety: Safety,
) -> None:
    """Its answers are lost, questions and heartbeats reach it: only a look from outside tells."""
    with safety.fault("service link one-way: nothing leaves the host", outage_ms=20_000) as fault:
        safety.scene.pair.cable(safety.master, "eth0").drop("from_host")
        fault.told(safety.slave, f"{VIP} cannot be seen on eth0")
        fault.told(safety.master, f"slavenginx cannot see {VIP}, which is held here")
        safety.scene.pair.cable(safety.master, "eth0").restore()
        safety.scene.at_rest(safety.master)
    assert fault.pages == ("master",)
