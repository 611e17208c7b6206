"""A holder that was stopped, or killed, loses the address and does not put it back."""

import asyncio
import signal
import sys

import pytest

from tests.netns import Host
from tests.vip.test_watch import Watching, watched
from tests.waiting import until

pytestmark = pytest.mark.hosts


async def holder() -> asyncio.subprocess.Process:
    """Starts in the namespace that this thread is in."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.vip.holder", stdout=asyncio.subprocess.PIPE
    )


def test_a_holder_that_wakes_from_a_stop_does_not_put_the_address_back(host: Host) -> None:
    async def scene(watching: Watching) -> None:
        process = await holder()
        await until(lambda: host.has("10.77.0.100"))
        process.send_signal(signal.SIGSTOP)
        took_s = await until(lambda: bool(watching.lost), seconds=2.5)
        assert took_s > 0.7
        process.send_signal(signal.SIGCONT)
        said, _ = await asyncio.wait_for(process.communicate(), 5)
        assert "too late" in said.decode()
        assert not host.has("10.77.0.100")
        assert len(watching.lost) == 1  # not for a moment

    watched(scene)


def test_a_holder_that_was_killed_loses_the_address(host: Host) -> None:
    async def scene(watching: Watching) -> None:
        process = await holder()
        await until(lambda: host.has("10.77.0.100"))
        process.kill()
        await process.wait()
        await until(lambda: bool(watching.lost), seconds=2.5)
        assert watching.lost[0].reason == "its lease of 1 s ended without a renewal"

    watched(scene)
