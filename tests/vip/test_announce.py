"""Announcements as the neighbours' kernels take them."""

import socket

import pytest

from sidecar.core.params import Address
from sidecar.vip import frames
from sidecar.vip.announce import Announcement, Announcer
from sidecar.vip.ethernet import EthernetSocket
from tests.netns import Host, hosts
from tests.vip.conftest import vip
from tests.waiting import wait_for

pytestmark = pytest.mark.hosts


def remembers(host: Host, address: Address, mac: str) -> None:
    """The host has an old entry, as from a former owner."""
    host.ip("neigh", "replace", address.name, "lladdr", mac, "dev", "eth0", "nud", "stale")


def knows(host: Host, address: Address, mac: str) -> bool:
    return f"lladdr {mac} " in host.ip("neigh", "show", address.name, "dev", "eth0")


@pytest.mark.parametrize(
    ("name", "kinds"), [("10.77.0.100", ("arp", "arp")), ("fd77::100", ("na",))]
)
def test_an_announcement_moves_the_neighbours_entry(
    trio: tuple[Host, Host, Host], name: str, kinds: tuple[str, ...]
) -> None:
    a, b, c = trio
    address = vip(name)
    remembers(c, address, b.mac("eth0"))
    announcer = Announcer()
    assert announcer.announce([address]) == [Announcement(address=name, kinds=kinds)]
    wait_for(lambda: knows(c, address, a.mac("eth0")))
    announcer.close()


def test_an_announcement_carries_the_hardware_address_of_now(trio: tuple[Host, Host, Host]) -> None:
    a, b, c = trio
    announcer = Announcer()
    announcer.announce([vip()])
    a.ip("link", "set", "eth0", "address", "02:00:00:00:00:99")
    remembers(c, vip(), b.mac("eth0"))
    announcer.announce([vip()])
    wait_for(lambda: knows(c, vip(), "02:00:00:00:00:99"))
    announcer.close()


def test_an_interface_made_anew_is_announced_on(host: Host) -> None:
    announcer = Announcer()
    announcer.announce([vip()])
    host.ip("link", "del", "eth0")
    (gone,) = announcer.announce([vip()])
    assert gone.kinds == ()
    assert gone.reason is not None
    assert gone.reason.startswith("cannot announce 10.77.0.100: interface eth0 does not exist")
    host.ip("link", "add", "eth0", "type", "bridge")
    host.ip("link", "set", "eth0", "up")
    (back,) = announcer.announce([vip()])
    assert back.reason is None
    announcer.close()


def test_an_interface_that_comes_back_with_its_number_is_announced_on(host: Host) -> None:
    """As one that was lent to a container."""
    announcer = Announcer()
    announcer.announce([vip()])
    number = socket.if_nametoindex("eth0")
    with hosts("borrower") as (borrower,):
        host.ip("link", "set", "eth0", "netns", borrower.name)
        borrower.ip("link", "set", "eth0", "netns", host.name)
    host.ip("link", "set", "eth0", "up")
    assert socket.if_nametoindex("eth0") == number
    (back,) = announcer.announce([vip()])
    announcer.close()
    assert back.reason is None


def test_an_interface_that_is_down_is_a_reason(host: Host) -> None:
    host.ip("link", "set", "eth0", "down")
    announcer = Announcer()
    (said,) = announcer.announce([vip()])
    announcer.close()
    assert said.kinds == ()
    assert said.reason is not None
    assert "is down" in said.reason


@pytest.mark.usefixtures("host")
def test_one_that_cannot_be_announced_keeps_no_other_from_it() -> None:
    announcer = Announcer()
    said = announcer.announce([vip(), vip(interface="eth7"), vip("10.77.0.101")])
    announcer.close()
    assert [one.reason is None for one in said] == [True, False, True]
    assert [one.address for one in said] == ["10.77.0.100", "10.77.0.100", "10.77.0.101"]


def test_every_address_is_announced_once_before_any_is_twice(trio: tuple[Host, Host, Host]) -> None:
    _, _, c = trio
    many = [f"10.77.0.{last}" for last in range(100, 110)]
    with c.entered():
        heard = EthernetSocket("eth0", listen=frames.ETH_P_ARP)
    announcer = Announcer()
    announcer.announce([vip(name) for name in many])
    announcer.close()
    claims: list[str] = []

    def all_have_come() -> bool:
        while (frame := heard.receive()) is not None:
            claim = frames.claim(frame)
            claims.extend([claim.address] if claim and claim.address in many else [])
        return len(claims) >= 2 * len(many)

    wait_for(all_have_come)
    heard.close()
    assert claims == many + many
