"""While strangers flood the port, the peer is heard: the kernel lets in its address alone."""

import asyncio
import socket

import pytest

from sidecar.core.terms import Medium
from sidecar.media import flood
from tests.media.cable import Node, a_link, closing, on
from tests.netns import Host
from tests.waiting import until

pytestmark = pytest.mark.hosts
PORT = 694


def speaker(host: Host, source: str) -> socket.socket:
    """A socket on that host that sends from this address."""
    host.ip("addr", "replace", source, "dev", "eth1", *(("nodad",) if ":" in source else ()))
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    with host.entered():
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((source.partition("/")[0], 0))
    return sock


@pytest.mark.parametrize(
    ("medium", "network"), [(Medium.UCAST, "10.78.0."), (Medium.UCAST6, "fd78::")]
)
def test_in_a_flood_the_peer_alone_is_heard_and_afterwards_everybody(
    pair: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch, medium: Medium, network: str
) -> None:
    own, peer, stranger = (f"{network}{last}" for last in (1, 2, 3))
    monkeypatch.setattr(flood, "FLOOD_IN_S", 5.0)
    monkeypatch.setattr(flood, "ALONE_S", 1.0)
    a, b = pair
    length = "/64" if ":" in own else "/24"

    async def scene() -> None:
        node = Node(a, a_link(medium, peer))
        with (
            closing(node),
            speaker(b, peer + length) as friend,
            speaker(b, stranger + length) as foe,
        ):
            foe.sendto(b"before", (own, PORT))
            await until(lambda: b"before" in node.packets)
            for _ in range(flood.FLOOD + 1):
                foe.sendto(b"flood", (own, PORT))
            await until(lambda: node.packets.count(b"flood") > flood.FLOOD)
            foe.sendto(b"meanwhile", (own, PORT))
            friend.sendto(b"beat", (own, PORT))
            await until(lambda: b"beat" in node.packets)
            assert b"meanwhile" not in node.packets
            await asyncio.sleep(1.1)
            foe.sendto(b"afterwards", (own, PORT))
            await until(lambda: b"afterwards" in node.packets)

    on(scene)


def test_everybody_may_be_the_peer_on_a_broadcast(
    pair: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood, "FLOOD_IN_S", 5.0)
    a, b = pair

    async def scene() -> None:
        node = Node(a, a_link(Medium.BCAST))
        with closing(node), speaker(b, "10.78.0.3/24") as anybody:
            for _ in range(flood.FLOOD + 1):
                anybody.sendto(b"flood", ("10.78.0.1", PORT))
            await until(lambda: node.packets.count(b"flood") > flood.FLOOD)
            anybody.sendto(b"beat", ("10.78.0.1", PORT))
            await until(lambda: b"beat" in node.packets)

    on(scene)


def test_there_is_room_for_a_tenth_of_a_second_of_a_flood(pair: tuple[Host, Host]) -> None:
    a, b = pair

    async def scene() -> None:
        node = Node(a, a_link(Medium.UCAST, "10.78.0.2"))
        with closing(node), speaker(b, "10.78.0.2/24") as friend:
            for number in range(1500):
                friend.sendto(b"%4d" % number + bytes(300), ("10.78.0.1", PORT))
            # Nobody has read meanwhile.
            await until(lambda: len(node.packets) == 1500)

    on(scene)


def test_in_a_flood_only_what_is_signed_is_handed_on_and_the_rest_is_counted(
    pair: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from the peer's own address, and where nobody knows who may speak."""
    monkeypatch.setattr(flood, "FLOOD_IN_S", 5.0)
    a, b = pair

    def signed(data: bytes) -> bool:
        return data.startswith(b"beat")

    async def scene() -> None:
        node = Node(a, a_link(Medium.BCAST), signed)
        with closing(node), speaker(b, "10.78.0.2/24") as peer:
            peer.sendto(b"before", ("10.78.0.1", PORT))
            await until(lambda: b"before" in node.packets)
            for _ in range(flood.FLOOD + 200):
                peer.sendto(b"flood", ("10.78.0.1", PORT))
            peer.sendto(b"beat", ("10.78.0.1", PORT))
            await until(lambda: b"beat" in node.packets)
            handed_on = node.packets.count(b"flood")
            assert flood.FLOOD < handed_on < flood.FLOOD + 200
            assert handed_on + node.refused == flood.FLOOD + 200

    on(scene)


def test_after_a_flood_everything_is_handed_on_again(
    pair: tuple[Host, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood, "FLOOD_IN_S", 5.0)
    monkeypatch.setattr(flood, "ALONE_S", 0.5)
    a, b = pair

    async def scene() -> None:
        node = Node(a, a_link(Medium.BCAST), lambda _: False)
        with closing(node), speaker(b, "10.78.0.2/24") as peer:
            for _ in range(flood.FLOOD + 200):
                peer.sendto(b"flood", ("10.78.0.1", PORT))
            await until(lambda: node.refused > 0)
            await asyncio.sleep(0.6)
            peer.sendto(b"afterwards", ("10.78.0.1", PORT))
            await until(lambda: b"afterwards" in node.packets)

    on(scene)
