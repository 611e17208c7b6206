"""Broadcast, multicast and IPv6 between two hosts: the same things hold for each of them."""

import asyncio
import select
import socket

import pytest

from sidecar.core.events import LinkFailed, LinkOpened, PacketReceived
from sidecar.core.params import Link
from sidecar.core.terms import LinkName, Medium
from sidecar.media.base import MediumEvent
from sidecar.media.open import open_media
from tests.media.cable import (
    NAME,
    Node,
    a_link,
    anything,
    closing,
    link_to,
    on,
    plug,
    talking,
)
from tests.netns import Host
from tests.waiting import until

pytestmark = pytest.mark.hosts

GROUP = "239.0.0.42"
GROUP6 = "ff12::42"

# What each of the two nodes has in its file.
PAIRS = {
    "bcast": (a_link(Medium.BCAST), a_link(Medium.BCAST)),
    "mcast": (a_link(Medium.MCAST, GROUP), a_link(Medium.MCAST, GROUP)),
    "mcast6": (a_link(Medium.MCAST6, GROUP6), a_link(Medium.MCAST6, GROUP6)),
    "ucast6": (a_link(Medium.UCAST6, "fd78::2"), a_link(Medium.UCAST6, "fd78::1")),
}
each_medium = pytest.mark.parametrize("links", PAIRS.values(), ids=PAIRS.keys())


@each_medium
def test_packets_go_both_ways(pair: tuple[Host, Host], links: tuple[Link, Link]) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, links[0]), Node(b, links[1])
        with closing(left, right):
            await talking(left, right)
            assert left.faults == right.faults == []
            assert left.opened == 1

    on(scene)


@each_medium
def test_what_comes_to_the_port_that_it_sends_from_does_not_wake_the_loop(
    pair: tuple[Host, Host], links: tuple[Link, Link]
) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, links[0]), Node(b, links[1])
        with closing(left, right):
            await talking(left, right)
            sender = left.medium._sender
            assert sender is not None
            address = "fd78::1" if sender.family == socket.AF_INET6 else "10.78.0.1"
            with b.entered(), socket.socket(sender.family, socket.SOCK_DGRAM) as stranger:
                stranger.sendto(b"?", (address, sender.getsockname()[1]))
            await talking(left, right)  # what left before is here by now
            assert select.select([sender], [], [], 0)[0] == []

    on(scene)


@each_medium
def test_an_interface_made_anew_carries_packets_again(
    pair: tuple[Host, Host], links: tuple[Link, Link]
) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, links[0]), Node(b, links[1])
        with closing(left):
            a.ip("link", "del", "eth1")  # takes the other end along
            left.medium.send(b"x")
            await until(lambda: bool(left.faults))
            assert left.faults[0].startswith("interface eth1 does not exist")
            right.medium.close()
            plug(a, b)
            right = Node(b, links[1])
            with closing(right):
                await until(lambda: left.opened == 2)
                await talking(left, right)

    on(scene)


@each_medium
def test_an_interface_made_anew_between_two_beats_carries_packets_again(
    pair: tuple[Host, Host], links: tuple[Link, Link]
) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, links[0]), Node(b, links[1])
        with closing(left):
            await talking(left, right)
            right.medium.close()
            a.ip("link", "del", "eth1")
            plug(a, b)
            right = Node(b, links[1])
            with closing(right):
                await talking(left, right)
                assert left.opened == 2

    on(scene)


def test_an_interface_that_gets_the_name_of_another_carries_its_packets(
    pair: tuple[Host, Host],
) -> None:
    a, b = pair
    links = PAIRS["ucast6"]

    async def scene() -> None:
        left, right = Node(a, links[0]), Node(b, links[1])
        with closing(left):
            await talking(left, right)
            right.medium.close()
            for host in (a, b):
                host.ip("link", "set", "eth1", "down")
                host.ip("link", "set", "eth1", "name", "old1")
            plug(a, b)
            right = Node(b, links[1])
            with closing(right):
                await talking(left, right)

    on(scene)


@each_medium
def test_a_cut_cable_is_silence_and_its_mend_needs_nothing(
    pair: tuple[Host, Host], links: tuple[Link, Link]
) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, links[0]), Node(b, links[1])
        with closing(left, right):
            await talking(left, right)
            b.ip("link", "set", "eth1", "down")
            left.medium.send(b"into the void")
            b.ip("link", "set", "eth1", "up")
            b.ip("-6", "addr", "replace", "fd78::2/64", "dev", "eth1", "nodad")
            await until(lambda: "fd78::2/64" in b.ip("addr", "show", "eth1"))
            await talking(left, right)
            assert b"into the void" not in right.packets
            assert left.opened == 1

    on(scene)


@pytest.mark.parametrize("medium", ["mcast6", "ucast6"])
def test_an_interface_that_was_without_ipv6_for_a_while_carries_packets_again(
    pair: tuple[Host, Host], medium: str
) -> None:
    """The kernel takes IPv6 from one with an MTU below 1280, and the groups with it."""
    a, b = pair
    links = PAIRS[medium]

    async def scene() -> None:
        left, right = Node(a, links[0]), Node(b, links[1])
        with closing(left, right):
            await talking(left, right)
            a.ip("link", "set", "eth1", "mtu", "1000")
            left.medium.send(b"into the void")
            await until(lambda: bool(left.faults))
            a.ip("link", "set", "eth1", "mtu", "1500")
            a.ip("-6", "addr", "replace", "fd78::1/64", "dev", "eth1", "nodad")
            await talking(left, right)

    on(scene)


@each_medium
def test_a_second_sidecar_on_the_host_is_told_that_the_port_is_taken(
    pair: tuple[Host, Host], links: tuple[Link, Link]
) -> None:
    a, _ = pair

    async def scene() -> None:
        first, second = Node(a, links[0]), Node(a, links[0])
        with closing(first, second):
            await until(lambda: bool(second.faults))
            assert second.faults[0].startswith("UDP port 694 on eth1 is taken")

    on(scene)


def test_a_link_local_address_needs_no_more_than_the_interface(pair: tuple[Host, Host]) -> None:
    a, b = pair
    for host, last in ((a, 1), (b, 2)):
        host.ip("addr", "add", f"fe80::{last}/64", "dev", "eth1", "nodad")

    async def scene() -> None:
        left = Node(a, a_link(Medium.UCAST6, "fe80::2"))
        right = Node(b, a_link(Medium.UCAST6, "fe80::1"))
        with closing(left, right):
            await talking(left, right)

    on(scene)


def test_packets_over_ipv6_are_urgent(pair: tuple[Host, Host]) -> None:
    a, _ = pair

    async def scene() -> None:
        node = Node(a, PAIRS["ucast6"][0])
        with closing(node):
            sender = node.medium._sender
            assert sender is not None
            assert sender.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS) == 0x10
            assert sender.getsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY) == 6

    on(scene)


def test_an_interface_without_a_broadcast_address_is_a_fault_until_it_has_one(
    pair: tuple[Host, Host],
) -> None:
    a, b = pair
    a.ip("link", "del", "eth1")
    plug(a, b, broadcast=False)

    async def scene() -> None:
        node = Node(a, a_link(Medium.BCAST))
        with closing(node):
            await until(lambda: bool(node.faults))
            assert node.faults[0].startswith("interface eth1 has no broadcast address")
            a.ip("addr", "del", "10.78.0.1/24", "dev", "eth1")
            a.ip("addr", "add", "10.78.0.1/24", "brd", "+", "dev", "eth1")
            await until(lambda: node.opened == 1)

    on(scene)


@pytest.mark.parametrize(
    "others",
    [(link_to(2), link_to(1)), PAIRS["mcast"]],
    ids=["ucast", "mcast"],
)
def test_a_link_is_heard_beside_a_broadcast_that_has_no_address(
    pair: tuple[Host, Host], others: tuple[Link, Link]
) -> None:
    a, b = pair
    a.ip("link", "del", "eth1")
    plug(a, b, broadcast=False)
    links = (a_link(Medium.BCAST, name=LinkName("all")), others[0])

    async def scene() -> None:
        heard: list[MediumEvent] = []
        left = open_media(links, heard.append, anything)
        for medium in left.values():
            medium.open()
        right = Node(b, others[1])
        with closing(right):
            right.medium.send(b"to you")
            await until(lambda: packets(heard) == {b"to you": NAME})
            await asyncio.sleep(0.5)  # it has been tried again, and fails as before
            right.medium.send(b"again")
            await until(lambda: packets(heard) == {b"to you": NAME, b"again": NAME})
            assert [event.link for event in heard if isinstance(event, LinkFailed)] == ["all"]
            a.ip("addr", "del", "10.78.0.1/24", "dev", "eth1")
            a.ip("addr", "add", "10.78.0.1/24", "brd", "+", "dev", "eth1")
            await until(lambda: LinkOpened(link=links[0].name) in heard)
        for medium in left.values():
            medium.close()

    on(scene)


def test_a_broadcast_follows_the_interface_to_another_subnet(pair: tuple[Host, Host]) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, a_link(Medium.BCAST)), Node(b, a_link(Medium.BCAST))
        with closing(left, right):
            await talking(left, right)
            for host, last in ((a, 1), (b, 2)):
                host.ip("-4", "addr", "flush", "dev", "eth1")
                host.ip("addr", "add", f"10.79.0.{last}/24", "brd", "+", "dev", "eth1")
            await talking(left, right)

    on(scene)


def test_a_floating_address_before_the_hosts_own_does_not_end_a_broadcast(
    pair: tuple[Host, Host],
) -> None:
    """As when the host gets its own one anew while it holds one of another subnet."""
    a, b = pair
    left_link, right_link = PAIRS["bcast"]

    async def scene() -> None:
        a.ip("addr", "add", "10.79.0.100/24", "dev", "eth1")
        left, right = Node(a, left_link), Node(b, right_link)
        with closing(left, right):
            await talking(left, right)
            a.ip("addr", "del", "10.78.0.1/24", "dev", "eth1")
            a.ip("addr", "add", "10.78.0.1/24", "brd", "+", "dev", "eth1")
            left.medium.send(b"a beat")
            await until(lambda: b"a beat" in right.packets)
            assert not left.faults

    on(scene)


def test_a_broadcast_leaves_by_whichever_name_of_the_interface(pair: tuple[Host, Host]) -> None:
    a, b = pair
    a.ip("link", "property", "add", "dev", "eth1", "altname", "ens4")

    async def scene() -> None:
        left = Node(a, a_link(Medium.BCAST, device="ens4"))
        right = Node(b, a_link(Medium.BCAST))
        with closing(left, right):
            await talking(left, right)

    on(scene)


def test_loop_says_whether_a_node_hears_its_own_multicast(pair: tuple[Host, Host]) -> None:
    a, b = pair
    right_link = PAIRS["mcast"][1]

    async def scene(*, loop: bool) -> None:
        left = Node(a, a_link(Medium.MCAST, GROUP, loop=loop))
        right = Node(b, right_link)
        with closing(left, right):
            left.medium.send(b"mine")
            await until(lambda: right.packets == [b"mine"])
            right.medium.send(b"yours")
            await until(lambda: b"yours" in left.packets)
            assert (b"mine" in left.packets) is loop

    on(lambda: scene(loop=False))
    on(lambda: scene(loop=True))


def test_a_ttl_is_the_one_of_the_file(pair: tuple[Host, Host]) -> None:
    a, _ = pair

    async def scene() -> None:
        four = Node(a, a_link(Medium.MCAST, GROUP, ttl=4))
        six = Node(a, a_link(Medium.MCAST6, GROUP6, ttl=3))
        with closing(four, six):
            sender, sender6 = four.medium._sender, six.medium._sender
            assert sender is not None
            assert sender6 is not None
            assert sender.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 4
            assert sender6.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS) == 3

    on(scene)


def test_groups_on_two_interfaces_are_not_mixed_up(pair: tuple[Host, Host]) -> None:
    a, b = pair
    ends = ("eth2", "netns", a.name, "type", "veth", "peer", "name", "eth2", "netns", b.name)
    a.ip("link", "add", *ends)
    for host in (a, b):
        host.ip("link", "set", "eth2", "up")
    for host in (a, b):
        host.await_carrier("eth2")

    async def scene() -> None:
        one, other = a_link(Medium.MCAST, GROUP), a_link(Medium.MCAST, GROUP, device="eth2")
        left, second, right = Node(a, one), Node(a, other), Node(b, one)
        with closing(left, second, right):
            right.medium.send(b"by eth1")
            await until(lambda: bool(left.packets))
            assert second.opened == 1
            assert second.packets == []

    on(scene)


def test_links_that_share_a_port_are_told_apart(pair: tuple[Host, Host]) -> None:
    _, b = pair
    b.ip("addr", "add", "10.78.0.3/24", "dev", "eth1")
    links = (
        a_link(Medium.MCAST, GROUP, name=LinkName("group")),
        a_link(Medium.UCAST, "10.78.0.2", name=LinkName("second")),
        a_link(Medium.UCAST, "10.78.0.3", name=LinkName("third")),
        a_link(Medium.BCAST, name=LinkName("all")),
    )

    async def scene() -> None:
        heard: list[MediumEvent] = []
        left = open_media(links, heard.append, anything)
        for medium in left.values():
            medium.open()
        heard_there: list[MediumEvent] = []
        right = open_media((link_to(1), links[0], links[3]), heard_there.append, anything)
        with b.entered():
            for medium in right.values():
                medium.open()
        for medium, data in zip(right.values(), (b"to you", b"to a group", b"to all"), strict=True):
            medium.send(data)
        await until(lambda: len(packets(heard)) == 3)
        assert packets(heard) == {
            b"to you": LinkName("second"),
            b"to a group": LinkName("group"),
            b"to all": LinkName("all"),
        }
        left[LinkName("third")].send(b"to the third")
        await until(lambda: b"to the third" in packets(heard_there))
        for medium in (*left.values(), *right.values()):
            medium.close()

    on(scene)


def packets(heard: list[MediumEvent]) -> dict[bytes, LinkName]:
    return {event.data: event.link for event in heard if isinstance(event, PacketReceived)}


def test_a_node_hears_its_own_broadcast(pair: tuple[Host, Host]) -> None:
    a, _ = pair

    async def scene() -> None:
        node = Node(a, a_link(Medium.BCAST))
        with closing(node):
            node.medium.send(b"mine")
            await until(lambda: node.packets == [b"mine"])
            assert node.heard[-1] == PacketReceived(link=NAME, data=b"mine")

    on(scene)


def test_ipv4_and_ipv6_have_the_port_side_by_side(pair: tuple[Host, Host]) -> None:
    a, _ = pair

    async def scene() -> None:
        six, four = Node(a, PAIRS["ucast6"][0]), Node(a, link_to(2))
        with closing(six, four):
            await until(lambda: bool(six.heard and four.heard))
            assert (six.opened, four.opened) == (1, 1)

    on(scene)
