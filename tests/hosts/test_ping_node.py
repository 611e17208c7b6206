"""A third host as ping node: who loses it hands over, at once, and gets its group back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.running import ARBITER, UCAST, Pair, firewall, pair_of_hosts
from tests.netns import is_root
from tests.waiting import wait_for

pytestmark = pytest.mark.hosts
PING = f"ping {ARBITER}\ndeadping 1\nrespawn hacluster /usr/lib/heartbeat/ipfail\n"
FAILBACK_DELAY_S = 2  # deadtime, see tests/hosts/running.py
NO_ECHO = "ip protocol icmp drop"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    if not is_root():
        pytest.skip("needs root for network namespaces")
    with pair_of_hosts(tmp_path) as made:
        made.start(UCAST, PING)
        seen = [{"name": ARBITER, "up": True}]
        wait_for(lambda: all(node.status()["ping"] == seen for node in made.both))
        yield made


def test_the_active_node_that_loses_it_hands_over_and_gets_its_group_back(pair: Pair) -> None:
    with firewall(pair.alpha.host, NO_ECHO):
        took_s = pair.until_holders("beta")
        assert took_s < 1.5
        assert pair.alpha.status()["ping"] == [{"name": ARBITER, "up": False}]
        assert pair.alpha.told("ping_changed") == [f"ping node {ARBITER} does not answer"]
        assert pair.beta.told("node_died") == []
    back_s = pair.until_holders("alpha")
    assert back_s < 1.5 + FAILBACK_DELAY_S


def test_nothing_moves_when_both_lose_it_or_the_standby_does(pair: Pair) -> None:
    with firewall(pair.arbiter, NO_ECHO):
        wait_for(lambda: all(node.told("ping_changed") for node in pair.both))
        pair.stays(2)
    wait_for(lambda: all(len(node.told("ping_changed")) == 2 for node in pair.both))
    pair.stays(1)
    with firewall(pair.beta.host, NO_ECHO):
        wait_for(lambda: len(pair.beta.told("ping_changed")) == 3)
        pair.stays(2)
