"""Two hosts on a cable, and a medium on each, with all that it emitted.

A medium that opens anew by itself does so on the test's own host, the first of the pair.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from sidecar.core.events import LinkFailed, LinkOpened, PacketReceived, PacketsRefused
from sidecar.core.params import Link
from sidecar.core.terms import LinkName, Medium
from sidecar.media import base
from sidecar.media.base import MediumEvent, Signed
from sidecar.media.open import open_media
from sidecar.media.udp import UdpMedium
from tests.netns import Host, ip
from tests.waiting import until

NAME = LinkName("eth1")
_numbers = itertools.count(1)


def plug(a: Host, b: Host, *, broadcast: bool = True) -> None:
    """A cable between their eth1: 10.78.0.1 and .2, fd78::1 and ::2."""
    ends = ("eth1", "netns", a.name, "type", "veth", "peer", "name", "eth1", "netns", b.name)
    ip("link", "add", *ends)
    for last, host in ((1, a), (2, b)):
        host.run("sysctl", "-qw", "net.ipv6.conf.eth1.accept_dad=0")
        more = ("brd", "+") if broadcast else ()
        host.ip("addr", "add", f"10.78.0.{last}/24", *more, "dev", "eth1")
        host.ip("addr", "add", f"fd78::{last}/64", "dev", "eth1", "nodad")
        host.ip("link", "set", "eth1", "up")
    for host in (a, b):
        host.await_carrier("eth1")


def a_link(medium: Medium, target: str = "", **changes: Any) -> Link:
    return replace(
        Link(name=NAME, medium=medium, device="eth1", target=target, port=694), **changes
    )


def link_to(last: int) -> Link:
    return a_link(Medium.UCAST, f"10.78.0.{last}")


def anything(_: bytes) -> bool:
    """What these tests send is signed by nobody."""
    return True


class Heard:
    """What was emitted, in order."""

    def __init__(self) -> None:
        self.heard: list[MediumEvent] = []

    @property
    def packets(self) -> list[bytes]:
        return [event.data for event in self.heard if isinstance(event, PacketReceived)]

    @property
    def refused(self) -> int:
        """How many packets the medium refused by itself."""
        return sum(event.count for event in self.heard if isinstance(event, PacketsRefused))

    @property
    def faults(self) -> list[str]:
        return [event.reason for event in self.heard if isinstance(event, LinkFailed)]

    @property
    def opened(self) -> int:
        return sum(isinstance(event, LinkOpened) for event in self.heard)


class Node(Heard):
    """A UDP medium on a host."""

    def __init__(self, host: Host, link: Link, signed: Signed = anything) -> None:
        super().__init__()
        medium = open_media((link,), self.heard.append, signed)[link.name]
        assert isinstance(medium, UdpMedium)
        self.medium = medium
        as_the_daemon_sees_it: base.Medium = medium
        with host.entered():
            as_the_daemon_sees_it.open()


def on(scene: Callable[[], Awaitable[None]]) -> None:
    """Run the scene in a loop of its own."""

    async def run() -> None:
        await scene()

    asyncio.run(run())


def closing(*nodes: Node) -> ExitStack:
    stack = ExitStack()
    for node in nodes:
        stack.callback(node.medium.close)
    return stack


async def talking(left: Node, right: Node) -> None:
    """Wait until packets that leave from now on pass both ways."""
    number = next(_numbers)
    to_the_right, to_the_left = b"right %d" % number, b"left %d" % number

    def both() -> bool:
        left.medium.send(to_the_right)
        right.medium.send(to_the_left)
        return to_the_right in right.packets and to_the_left in left.packets

    await until(both)
