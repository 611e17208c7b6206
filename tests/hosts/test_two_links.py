"""A serial line beside a network: either may go, and nothing moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.running import UCAST, Pair, firewall, pair_of_hosts
from tests.media.ttys import Cable, cable
from tests.netns import is_root
from tests.waiting import wait_for

pytestmark = pytest.mark.hosts


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Cable]:
    with cable(tmp_path) as made:
        yield made


@pytest.fixture
def pair(tmp_path: Path, line: Cable) -> Iterator[Pair]:
    if not is_root():
        pytest.skip("needs root for network namespaces")
    with pair_of_hosts(tmp_path) as made:
        media = {
            node.name: f"{UCAST}baud 115200\nserial {end}\n"
            for node, end in zip(made.both, line.ends, strict=True)
        }
        made.start(**media)
        wait_for(lambda: states(made) == [["up", "up"], ["up", "up"]])
        yield made


def states(pair: Pair) -> list[list[str]]:
    """The network's link first, then the serial one, on both nodes."""
    return [[link["status"] for link in node.links().values()] for node in pair.both]


def test_the_network_may_go(pair: Pair) -> None:
    pair.beta.host.ip("link", "set", "eth1", "down")
    wait_for(lambda: states(pair) == [["dead", "up"], ["dead", "up"]], seconds=10)
    pair.stays(3)
    pair.beta.host.ip("link", "set", "eth1", "up")
    wait_for(lambda: states(pair) == [["up", "up"], ["up", "up"]], seconds=10)
    assert_nobody_died(pair)


def test_the_serial_line_may_go(pair: Pair, line: Cable) -> None:
    line.unplug()
    wait_for(lambda: states(pair) == [["up", "dead"], ["up", "dead"]], seconds=10)
    pair.stays(3)
    line.plug_in()
    wait_for(lambda: states(pair) == [["up", "up"], ["up", "up"]], seconds=10)
    assert_nobody_died(pair)


def test_a_link_that_carries_one_way_only_is_told_on_both(pair: Pair) -> None:
    with firewall(pair.beta.host, "iifname eth1 udp dport 694 drop"):
        wait_for(lambda: all(node.told("link_one_way") for node in pair.both), seconds=10)
        assert pair.alpha.links()["eth1"]["heard_by_peer"] is False
        assert pair.beta.links()["eth1"]["heard_by_peer"] is True
        assert states(pair) == [["up", "up"], ["dead", "up"]]
        pair.stays(1)
    wait_for(lambda: all(len(node.told("link_one_way")) == 2 for node in pair.both), seconds=10)
    assert_nobody_died(pair)


def assert_nobody_died(pair: Pair) -> None:
    assert pair.holders == ["alpha"]
    for node in pair.both:
        assert node.told("node_died") == []
