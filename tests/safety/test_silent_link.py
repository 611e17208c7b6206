"""The service link of the active host is dead although its carrier is there.

The heartbeat runs on the other network alone, so that both nodes hear each other all the time.
"""

import pytest

from tests.safety.row import Safety
from tests.safety.timers import DEADTIME_MS, HA_CF
from tests.testbed.host import DockerHost
from tests.testbed.pair import NEIGHBOUR, VIP
from tests.testbed.waiting import wait_for

pytestmark = [pytest.mark.safety, pytest.mark.e2e]
APART = "".join(line for line in HA_CF.splitlines(keepends=True) if "ucast eth0" not in line)
WITH_PING_NODE = f"{APART}ping {NEIGHBOUR}\nrespawn hacluster /usr/lib64/heartbeat/ipfail\n"
UNTIL_MENDED_MS = 30_000
PING_LOST_MS = DEADTIME_MS + 1000
"""Deadping, which is deadtime here; a keepalive until the peer knows; the hand-over."""


def await_reason(safety: Safety, node: DockerHost) -> None:
    wait_for(
        lambda: any(VIP in reason for reason in safety.scene.status(node)["reasons"]),
        seconds=2,
        what=f"the reason in the status of {node.name}",
    )


def test_without_a_ping_node_both_nodes_report_it_and_nothing_moves(
    safety_by_own_files: Safety,
) -> None:
    safety = safety_by_own_files
    safety.begin(APART)
    what = "service link silently dead, no ping node"
    with safety.fault(what, outage_ms=UNTIL_MENDED_MS) as fault:
        safety.scene.pair.cable(safety.master, "eth0").drop()
        fault.told(safety.slave, f"{VIP} cannot be seen on eth0")
        fault.told(safety.master, f"slavenginx cannot see {VIP}, which is held here")
        for node in safety.scene.pair.nodes:
            assert node.metric("heartbeat_address_unseen", address=VIP) == 1
            await_reason(safety, node)
        assert safety.scene.owners.now() == ["masternginx"]
        safety.scene.pair.cable(safety.master, "eth0").restore()
        fault.told(safety.slave, f"this node sees {VIP} on eth0 again")
        safety.scene.at_rest(safety.master)
    assert fault.pages == ("master",)


@pytest.mark.costly
def test_with_a_ping_node_on_that_network_the_group_moves(safety_by_own_files: Safety) -> None:
    safety = safety_by_own_files
    safety.begin(WITH_PING_NODE)
    what = "service link silently dead, ping node on that network"
    with safety.fault(what, outage_ms=PING_LOST_MS) as fault:
        safety.scene.pair.cable(safety.master, "eth0").drop()
        fault.wait_for_page(safety.slave.page)
        fault.told(safety.master, f"ping node {NEIGHBOUR} does not answer")
        safety.scene.pair.cable(safety.master, "eth0").restore()
        safety.scene.at_rest(safety.master)
