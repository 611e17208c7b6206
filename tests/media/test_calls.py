"""How often the kernel is asked for each packet: a beat is one call out, and two in."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any, Final

import pytest

from tests.media.cable import Node, closing, link_to, on, talking
from tests.netns import Host
from tests.waiting import until

pytestmark = pytest.mark.hosts

PACKETS: Final = 40


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """The methods of sockets that are called meanwhile, by their names."""
    calls: Counter[str] = Counter()

    def profile(_frame: object, event: str, argument: Any) -> None:
        if event == "c_call" and isinstance(getattr(argument, "__self__", None), socket):
            calls[argument.__name__] += 1

    sys.setprofile(profile)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def test_a_packet_is_one_call_to_send_and_two_to_hear(pair: tuple[Host, Host]) -> None:
    a, b = pair

    async def scene() -> None:
        left, right = Node(a, link_to(2)), Node(b, link_to(1))
        with closing(left, right):
            await talking(left, right)
            before = len(left.packets) + len(right.packets)
            with counting() as calls:
                for number in range(PACKETS):
                    await _send(left, right, b"beat %d" % number)
            heard = len(left.packets) + len(right.packets) - before
            received = sum(count for name, count in calls.items() if name.startswith("recv"))
            assert calls["sendto"] == PACKETS <= heard
            assert received <= 2 * heard
            assert set(calls) <= {"sendto", "recv", "recvmsg"}

    on(scene)


async def _send(left: Node, right: Node, data: bytes) -> None:
    left.medium.send(data)
    await until(lambda: data in right.packets)
