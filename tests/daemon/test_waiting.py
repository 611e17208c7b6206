"""The loop's wait: exact to less than a millisecond, with any number of descriptors."""

import asyncio
import fcntl
import resource
import socket
import time
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager

from sidecar.daemon.waiting import exact_loop

PAST_SELECT = 1100
"""A descriptor of this number is more than select(2) can take."""


def in_loop(test: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=exact_loop) as runner:
        runner.run(test)


def test_a_wait_of_less_than_a_millisecond_is_not_rounded_up_to_one():
    async def shortest() -> None:
        took = []
        for _ in range(50):
            began = time.monotonic()
            await asyncio.sleep(0.0003)
            took.append(time.monotonic() - began)
        assert 0.0003 <= min(took) < 0.001

    in_loop(shortest())


def test_no_wait_ends_early():
    async def earliest() -> None:
        for _ in range(50):
            due = time.monotonic() + 0.0007
            await asyncio.sleep(0.0007)
            assert time.monotonic() >= due - 1e-6

    in_loop(earliest())


def test_a_descriptor_beyond_the_reach_of_select_wakes_it_too():
    async def woken() -> None:
        with room_for_descriptors(), ExitStack() as sockets:
            ours, theirs = (sockets.enter_context(one) for one in socket.socketpair())
            number = fcntl.fcntl(ours, fcntl.F_DUPFD, PAST_SELECT)
            far = sockets.enter_context(socket.socket(fileno=number))
            heard = asyncio.Event()
            asyncio.get_running_loop().add_reader(far, heard.set)
            theirs.send(b"?")
            await asyncio.wait_for(heard.wait(), 5)
            asyncio.get_running_loop().remove_reader(far)

    in_loop(woken())


@contextmanager
def room_for_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, PAST_SELECT + 10), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
