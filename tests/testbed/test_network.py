"""The testbed's cables do what the tests on top believe of them."""

import os
import socket
from collections.abc import Iterator

import pytest

from tests.netns import hosts
from tests.testbed.network import Cable, Direction, network

pytestmark = [
    pytest.mark.hosts,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]


@pytest.fixture
def cables() -> Iterator[tuple[Cable, Cable]]:
    """Two hosts on one network."""
    with hosts("one", "two") as (one, two), network("eth0") as net:
        yield net.plug(one, "10.79.0.1/24"), net.plug(two, "10.79.0.2/24")


def delivers(sender: Cable, receiver: Cable) -> bool:
    """A datagram from one host comes in at the other. Both know each other's MAC, as hosts do."""
    for here, there in ((sender, receiver), (receiver, sender)):
        mac = there.host.mac(there.interface)
        neighbour = (plain(there), "lladdr", mac, "dev", here.interface)
        here.host.ip("neigh", "replace", *neighbour)
    with receiver.host.entered():
        inbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sender.host.entered():
        outbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with inbox, outbox:
        inbox.bind((plain(receiver), 0))
        inbox.settimeout(0.2)
        try:
            outbox.sendto(b"hello", inbox.getsockname())
            return inbox.recv(16) == b"hello"
        except OSError:
            return False


def plain(cable: Cable) -> str:
    return cable.address.partition("/")[0]


def carrier(cable: Cable) -> bool:
    return "LOWER_UP" in cable.host.ip("link", "show", "dev", cable.interface)


def test_two_hosts_on_a_network_reach_each_other(cables: tuple[Cable, Cable]) -> None:
    one, two = cables
    assert delivers(one, two)
    assert delivers(two, one)


def test_a_cut_cable_takes_the_carrier_and_a_restored_one_gives_it_back(
    cables: tuple[Cable, Cable],
) -> None:
    one, two = cables
    one.cut()
    assert not carrier(one)
    assert carrier(two)
    assert not delivers(two, one)
    one.restore()
    assert carrier(one)
    assert delivers(two, one)


@pytest.mark.parametrize(
    ("direction", "out", "back"),
    [("from_host", False, True), ("to_host", True, False), ("both", False, False)],
)
def test_dropped_frames_leave_the_carrier_alone(
    cables: tuple[Cable, Cable], direction: Direction, *, out: bool, back: bool
) -> None:
    one, two = cables
    one.drop(direction)
    assert carrier(one)
    assert delivers(one, two) is out
    assert delivers(two, one) is back
    one.restore()
    assert delivers(one, two)
    assert delivers(two, one)


def test_a_host_does_not_forward(cables: tuple[Cable, Cable]) -> None:
    one, _ = cables
    assert one.host.run("sysctl", "-n", "net.ipv4.ip_forward").strip() == "0"
