"""A closed port is known from what its host answers, and from nobody else."""

import asyncio
import socket
import struct
from functools import partial

import pytest

from sidecar.core.events import LinkRefused
from sidecar.core.params import Link
from sidecar.core.terms import Medium
from tests.media.cable import NAME, Node, a_link, closing, link_to, on, talking
from tests.netns import Host
from tests.waiting import until

pytestmark = pytest.mark.hosts

BY_UNICAST = {
    "ucast": (link_to(1), link_to(2)),
    "ucast6": (a_link(Medium.UCAST6, "fd78::1"), a_link(Medium.UCAST6, "fd78::2")),
}


def send_unreachable(source: str, sender: tuple[str, int], receiver: tuple[str, int]) -> None:
    """ICMP "port unreachable" from ``source`` about a packet of the sender's (RFC 792)."""
    about = ip_header(sender[0], receiver[0], socket.IPPROTO_UDP, 8)
    about += struct.pack("!HHHH", sender[1], receiver[1], 8, 0)
    icmp = struct.pack("!BBHI", 3, 3, checksum(b"\3\3" + bytes(6) + about), 0) + about
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        header = ip_header(source, sender[0], socket.IPPROTO_ICMP, len(icmp))
        raw.sendto(header + icmp, (sender[0], 0))


def ip_header(source: str, destination: str, protocol: int, length: int) -> bytes:
    """The kernel fills in its checksum."""
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, protocol, 0) + ends


def checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def refusals(node: Node) -> int:
    return node.heard.count(LinkRefused(link=NAME))


def refused_by_now(node: Node, number: int) -> bool:
    return refusals(node) == number


@pytest.fixture(params=BY_UNICAST)
def links(request: pytest.FixtureRequest) -> tuple[Link, Link]:
    """To the left host and to the right one."""
    return BY_UNICAST[request.param]


def test_each_packet_to_a_closed_port_is_told_as_refused(
    pair: tuple[Host, Host], links: tuple[Link, Link]
) -> None:
    a, _ = pair

    async def scene() -> None:
        left = Node(a, links[1])
        with closing(left):
            for number in (1, 2, 3):
                left.medium.send(b"is anybody there?")
                await until(partial(refused_by_now, left, number))
            assert left.faults == []

    on(scene)


def test_a_refusal_costs_the_next_packet_nothing(
    pair: tuple[Host, Host], links: tuple[Link, Link]
) -> None:
    """The kernel returns an old error instead of sending; the packet is sent all the same."""
    a, b = pair

    async def scene() -> None:
        left = Node(a, links[1])
        with closing(left):
            left.medium.send(b"nobody hears this")
            await asyncio.to_thread(b.await_carrier, "eth1")  # the answer is here, unread
            right = Node(b, links[0])
            with closing(right):
                left.medium.send(b"first")
                await until(lambda: right.packets == [b"first"])
                assert left.medium.dropped == 0

    on(scene)


def test_an_open_port_refuses_nothing(pair: tuple[Host, Host], links: tuple[Link, Link]) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, links[1]), Node(b, links[0])
        with closing(left, right):
            await talking(left, right)
            before = refusals(left)
            await talking(left, right)
            assert refusals(left) == before

    on(scene)


def test_a_dead_host_refuses_nothing(pair: tuple[Host, Host]) -> None:
    """No neighbour answers: that is silence, and the link's socket goes on working."""
    a, b = pair

    async def scene() -> None:
        left = Node(a, link_to(3))
        with closing(left):
            for _ in range(3):
                left.medium.send(b"into the void")
                # The kernel gives up on the neighbour after three questions, one a second.
            await until(lambda: "FAILED" in a.run("ip", "neigh", "show", "10.78.0.3"))
            left.medium.send(b"into the void")
            assert refusals(left) == 0
            assert left.faults == []
            b.ip("addr", "add", "10.78.0.3/24", "dev", "eth1")
            right = Node(b, link_to(1))
            with closing(right):
                await talking(left, right)

    on(scene)


def test_the_word_of_a_third_host_is_not_believed(pair: tuple[Host, Host]) -> None:
    """A router on the way, or a stranger, cannot say that the peer's port is closed."""
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, link_to(2)), Node(b, link_to(1))
        with closing(left, right):
            await talking(left, right)
            before = refusals(left)
            sender = left.medium._sender
            assert sender is not None
            stranger, peer = ("10.78.0.9", "10.78.0.2")
            for source in (stranger, peer):
                with b.entered():
                    send_unreachable(source, ("10.78.0.1", sender.getsockname()[1]), (peer, 694))
                left.medium.send(b"makes the loop turn")
                await until(lambda: right.packets[-1] == b"makes the loop turn")
            # The same packet in the peer's own name is believed: so the first one was well-formed.
            await until(lambda: refusals(left) == before + 1)

    on(scene)
