"""A host that is up before its network: it serves its address as soon as that has come."""

from pathlib import Path

import pytest

from tests.hosts.running import TIMERS, UCAST, VIP, pair_of_hosts
from tests.netns import is_root
from tests.waiting import wait_for

pytestmark = pytest.mark.hosts


def test_the_preferred_node_takes_its_address_back_when_its_network_has_come(
    tmp_path: Path,
) -> None:
    if not is_root():
        pytest.skip("needs root to make network namespaces")
    with pair_of_hosts(tmp_path) as pair:
        pair.alpha.host.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
        for node in pair.both:
            node.start(f"{TIMERS}{UCAST}auto_failback on\nnode alpha beta\n", f"{VIP}/24")
        pair.until_holders("beta")
        (said,) = pair.alpha.told("readiness_changed")
        assert "no interface of this host has a subnet that contains it" in said

        pair.alpha.host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")
        pair.until_holders("alpha")
        wait_for(lambda: pair.alpha.status()["ready"])
        assert pair.alpha.told("configuration_reloaded")
