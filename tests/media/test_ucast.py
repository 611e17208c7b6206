"""Unicast UDP between two hosts, and what is said when a link cannot carry packets."""

import asyncio
import socket

import pytest

from sidecar.core.events import LinkFailed, LinkOpened, PacketReceived
from sidecar.core.params import Link
from sidecar.core.terms import Medium
from sidecar.media.base import BackOff, MediumEvent
from sidecar.media.open import open_media
from tests.media.cable import NAME, Node, anything, closing, link_to, on, plug, talking
from tests.netns import Host
from tests.waiting import until

needs_hosts = pytest.mark.hosts


@needs_hosts
def test_packets_go_both_ways(pair: tuple[Host, Host]) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, link_to(2)), Node(b, link_to(1))
        with closing(left, right):
            left.medium.send(b"to the right")
            right.medium.send(b"to the left")
            await until(lambda: bool(left.packets and right.packets))
            assert left.heard == [
                LinkOpened(link=NAME),
                PacketReceived(link=NAME, data=b"to the left"),
            ]
            assert right.packets == [b"to the right"]

    on(scene)


@needs_hosts
def test_packets_are_urgent(pair: tuple[Host, Host]) -> None:
    a, _ = pair

    async def scene() -> None:
        node = Node(a, link_to(2))
        with closing(node):
            sender = node.medium._sender
            assert sender is not None
            assert sender.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == 0x10
            assert sender.getsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY) == 6

    on(scene)


@needs_hosts
def test_the_longest_datagram_arrives_whole(pair: tuple[Host, Host]) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, link_to(2)), Node(b, link_to(1))
        with closing(left, right):
            left.medium.send(bytes(65507))
            left.medium.send(bytes(65508))
            await until(lambda: bool(right.packets))
            assert [len(data) for data in right.packets] == [65507]
            assert left.medium.dropped == 1
            assert left.faults == []

    on(scene)


@needs_hosts
def test_a_flood_leaves_the_loop_time_for_other_things(pair: tuple[Host, Host]) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, link_to(2)), Node(b, link_to(1))
        with closing(left, right):
            for number in range(100):
                left.medium.send(b"%d" % number)
            seen: list[int] = []
            loop = asyncio.get_running_loop()
            loop.call_later(0, lambda: loop.call_soon(lambda: seen.append(len(right.packets))))
            await until(lambda: len(right.packets) == 100)
            assert seen
            assert seen[0] < 100

    on(scene)


@needs_hosts
def test_a_second_sidecar_on_the_host_is_told_that_the_port_is_taken(
    pair: tuple[Host, Host],
) -> None:
    a, _ = pair

    async def scene() -> None:
        first = Node(a, link_to(2))
        second = Node(a, link_to(2))
        with closing(second):
            with closing(first):
                await until(lambda: bool(second.faults))
                assert second.faults[0].startswith("UDP port 694 on eth1 is taken")
                await until(
                    lambda: second.medium._attempts.back_off._next_s > 0.5
                )  # tried three times
                assert second.opened == 0
            await until(lambda: second.opened == 1)
            assert len(second.faults) == 1

    on(scene)


@needs_hosts
def test_heartbeat_and_a_sidecar_do_not_share_the_port(pair: tuple[Host, Host]) -> None:
    a, _ = pair

    async def scene() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heartbeat:
            heartbeat.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            heartbeat.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            heartbeat.bind(("", 694))
            node = Node(a, link_to(2))
            with closing(node):
                await until(lambda: bool(node.faults))
                assert "is taken" in node.faults[0]

    on(scene)


@needs_hosts
def test_a_missing_interface_is_named_and_used_when_it_comes(pair: tuple[Host, Host]) -> None:
    a, b = pair
    a.ip("link", "del", "eth1")

    async def scene() -> None:
        node = Node(a, link_to(2))
        with closing(node):
            await until(lambda: bool(node.faults))
            assert node.faults[0].startswith("interface eth1 does not exist on this host")
            plug(a, b)
            await until(lambda: node.opened == 1)

    on(scene)


@needs_hosts
def test_an_interface_that_is_down_is_a_fault_until_it_is_up(pair: tuple[Host, Host]) -> None:
    a, _ = pair

    async def scene() -> None:
        node = Node(a, link_to(2))
        with closing(node):
            await until(lambda: node.opened == 1)
            a.ip("link", "set", "eth1", "down")
            node.medium.send(b"x")
            await until(lambda: bool(node.faults))
            assert "interface is down" in node.faults[0] or "is down: bring" in node.faults[0]
            a.ip("link", "set", "eth1", "up")
            await until(lambda: node.opened == 2)

    on(scene)


@needs_hosts
def test_a_cut_cable_is_silence_and_its_mend_needs_nothing(pair: tuple[Host, Host]) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, link_to(2)), Node(b, link_to(1))
        with closing(left, right):
            b.ip("link", "set", "eth1", "down")
            left.medium.send(b"into the void")
            assert left.packets == right.packets == []
            b.ip("link", "set", "eth1", "up")
            await talking(left, right)
            assert left.faults == []
            assert left.opened == 1

    on(scene)


@needs_hosts
def test_an_interface_made_anew_carries_packets_again(pair: tuple[Host, Host]) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, link_to(2)), Node(b, link_to(1))
        with closing(left):
            a.ip("link", "del", "eth1")  # takes the other end along
            left.medium.send(b"x")
            await until(lambda: bool(left.faults))
            assert left.faults[0].startswith("interface eth1 does not exist")
            right.medium.close()
            plug(a, b)
            right = Node(b, link_to(1))
            with closing(right):
                await until(lambda: left.opened == 2)
                await talking(left, right)

    on(scene)


@needs_hosts
def test_a_firewall_that_forbids_sending_leaves_hearing(pair: tuple[Host, Host]) -> None:
    a, b = pair
    rules = "add table ip t; add chain ip t out { type filter hook output priority 0; }"
    a.run("nft", rules)
    a.run("nft", "add rule ip t out udp dport 694 drop")

    async def scene() -> None:
        left, right = Node(a, link_to(2)), Node(b, link_to(1))
        with closing(left, right):
            left.medium._attempts.back_off._next_s = 5.0  # no attempt of its own in this test
            left.medium.send(b"forbidden")
            await until(lambda: bool(left.faults))
            assert "a firewall rule on this host drops it" in left.faults[0]
            right.medium.send(b"heard")
            await until(lambda: left.packets == [b"heard"])
            a.run("nft", "flush chain ip t out")
            left.medium.send(b"allowed")
            await until(lambda: right.packets == [b"allowed"])
            await until(lambda: left.opened == 2, seconds=1)

    on(scene)


@needs_hosts
def test_a_firewall_that_forbids_sending_is_told_of_at_growing_intervals(
    pair: tuple[Host, Host],
) -> None:
    a, _ = pair
    a.run("nft", "add table ip t; add chain ip t out { type filter hook output priority 0; }")
    a.run("nft", "add rule ip t out udp dport 694 drop")

    async def scene() -> None:
        node = Node(a, link_to(2))
        with closing(node):
            for attempt in range(3):

                def failed(attempt: int = attempt) -> bool:
                    node.medium.send(b"forbidden")
                    return len(node.faults) > attempt

                await until(failed)
            assert node.medium._attempts.back_off._next_s > 1

    on(scene)


@needs_hosts
def test_a_link_is_not_open_while_its_interface_is_down(pair: tuple[Host, Host]) -> None:
    a, _ = pair
    a.ip("link", "set", "eth1", "down")

    async def scene() -> None:
        node = Node(a, link_to(2))
        with closing(node):
            await until(lambda: bool(node.heard))
            assert node.faults == ["interface eth1 is down: bring it up (ip link set eth1 up)"]
            a.ip("link", "set", "eth1", "up")
            await until(lambda: node.opened == 1)

    on(scene)


@needs_hosts
def test_a_closed_medium_is_silent(pair: tuple[Host, Host]) -> None:
    a, _ = pair

    async def scene() -> None:
        node = Node(a, link_to(2))
        node.medium.close()
        node.medium.close()
        node.medium.send(b"x")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert node.heard == []

    on(scene)


def test_a_target_that_is_no_address_is_a_fault() -> None:
    async def scene() -> None:
        heard: list[MediumEvent] = []
        link = Link(name=NAME, medium=Medium.UCAST, device="lo", target="peer.example", port=6940)
        medium = open_media((link,), heard.append, anything)[NAME]
        medium.open()
        await until(lambda: bool(heard))
        medium.close()
        (fault,) = heard
        assert isinstance(fault, LinkFailed)
        assert "peer.example is not an IPv4 address" in fault.reason

    on(scene)


def test_attempts_are_spaced_out_to_five_seconds() -> None:
    back_off = BackOff()
    assert [back_off.pause_s() for _ in range(7)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    back_off.reset()
    assert back_off.pause_s() == 0.2
