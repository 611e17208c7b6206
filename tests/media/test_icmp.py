"""Echoes to ping nodes on another host, and what is said when they may not be sent."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from sidecar.core.actions import SendPing
from sidecar.core.events import PartChanged, PingReplied
from sidecar.core.params import PingTarget
from sidecar.media import echo
from sidecar.media.icmp import Pinger
from tests.media.cable import on
from tests.netns import Host
from tests.waiting import until

needs_hosts = pytest.mark.hosts
Emitted = list[PingReplied | PartChanged]


def asks(name: str, *hosts: str, data: bytes = b"are you there?") -> SendPing:
    return SendPing(target=PingTarget(name=name, hosts=hosts, is_group=len(hosts) > 1), data=data)


def with_pinger(scene: Callable[[Pinger, Emitted], object]) -> None:
    async def run() -> None:
        heard: Emitted = []
        pinger = Pinger(heard.append)
        try:
            await scene(pinger, heard)  # type: ignore[misc]
        finally:
            pinger.close()

    on(run)


@needs_hosts
@pytest.mark.parametrize("address", ["10.78.0.2", "fd78::2"])
@pytest.mark.parametrize("data", [b"even", b"odd", b"\xff" * 1000])
def test_a_reply_brings_the_payload_back(
    pair: tuple[Host, Host], address: str, data: bytes
) -> None:
    del pair

    async def scene(pinger: Pinger, heard: Emitted) -> None:
        pinger.send(asks("router", address, data=data))
        await until(lambda: bool(heard))
        assert heard == [PingReplied(target="router", data=data)]

    with_pinger(scene)


@needs_hosts
def test_a_link_local_ping_node_is_named_with_its_interface(pair: tuple[Host, Host]) -> None:
    _, b = pair
    b.ip("addr", "add", "fe80::2/64", "dev", "eth1", "nodad")

    async def scene(pinger: Pinger, heard: Emitted) -> None:
        def answered() -> bool:
            pinger.send(asks("router", "fe80::2%eth1"))
            return bool(heard)

        await until(answered)
        assert heard[0] == PingReplied(target="router", data=b"are you there?")

    with_pinger(scene)


@needs_hosts
def test_any_member_of_a_group_answers_for_it(pair: tuple[Host, Host]) -> None:
    del pair

    async def scene(pinger: Pinger, heard: Emitted) -> None:
        pinger.send(asks("routers", "10.99.99.99", "10.78.0.77", "fd78::2", "10.78.0.2"))
        await until(lambda: len(heard) == 2)
        assert heard == [PingReplied(target="routers", data=b"are you there?")] * 2

    with_pinger(scene)


@needs_hosts
def test_a_host_of_two_targets_answers_for_both(pair: tuple[Host, Host]) -> None:
    del pair

    async def scene(pinger: Pinger, heard: Emitted) -> None:
        pinger.send(asks("router", "10.78.0.2", data=b"router"))
        pinger.send(asks("group", "10.78.0.2", "10.78.0.1", data=b"group"))
        wanted = {("router", b"router"), ("group", b"group")}
        await until(lambda: wanted <= {(e.target, e.data) for e in replies(heard)})

    with_pinger(scene)


def replies(heard: Emitted) -> list[PingReplied]:
    return [event for event in heard if isinstance(event, PingReplied)]


@needs_hosts
def test_the_replies_of_other_programs_are_not_taken(pair: tuple[Host, Host]) -> None:
    del pair

    async def scene(pinger: Pinger, heard: Emitted) -> None:
        pinger.send(asks("router", "10.78.0.2", data=b"first"))
        await until(lambda: len(heard) == 1)
        stranger = echo.open_socket(echo.IPV4)
        packet = echo.request(echo.IPV4, pinger._id ^ 1, 1, b"not yours")
        stranger.sendto(packet, ("10.78.0.2", 0))
        await until(lambda: bool(peek(stranger)))
        stranger.close()
        pinger.send(asks("router", "10.78.0.2", data=b"last"))
        await until(lambda: len(heard) >= 2)
        assert [event.data for event in replies(heard)] == [b"first", b"last"]

    with_pinger(scene)


def peek(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65535)
    except BlockingIOError:
        return b""


@needs_hosts
def test_a_dropped_echo_is_silence(pair: tuple[Host, Host]) -> None:
    a, _ = pair
    a.run("nft", "add table ip t; add chain ip t out { type filter hook output priority 0; }")
    a.run("nft", "add rule ip t out ip protocol icmp drop")

    async def scene(pinger: Pinger, heard: Emitted) -> None:
        pinger.send(asks("router", "10.78.0.2"))
        a.run("nft", "flush chain ip t out")
        pinger.send(asks("router", "10.78.0.2", data=b"again"))
        await until(lambda: bool(heard))
        assert heard == [PingReplied(target="router", data=b"again")]

    with_pinger(scene)


def test_two_sidecars_hardly_ever_have_the_same_id() -> None:
    assert len({Pinger(lambda _: None)._id for _ in range(50)}) > 45


@pytest.mark.parametrize("packet", [b"", b"\x45", b"\x4f" + b"\0" * 30, bytes(7), bytes(28)])
def test_what_is_no_reply_to_us_is_nothing(packet: bytes) -> None:
    for protocol in (echo.IPV4, echo.IPV6):
        assert echo.payload_of_reply(protocol, 77, packet) is None


def test_without_the_capability_the_reason_is_told_once() -> None:
    if os.geteuid() or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    program = """
import asyncio
from tests.media.test_icmp import Pinger, asks
async def main():
    heard = []
    pinger = Pinger(heard.append)
    for _ in range(3):
        pinger.send(asks("router", "127.0.0.1"))
    print(len(heard), heard[0].part, heard[0].trouble)
asyncio.run(main())
"""
    without = ("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw")
    done = subprocess.run(
        (*without, sys.executable, "-c", program), capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("1 ping IPv4 ping nodes cannot be asked: give the container")
