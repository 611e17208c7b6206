"""Waiting for a condition, never for luck: with a bound, and telling how long it took."""

import asyncio
import time
from collections.abc import Callable


def wait_for(condition: Callable[[], bool], *, seconds: float = 5.0, pause: float = 0.01) -> float:
    """Wait, blocking, until the condition holds; return the seconds that took."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise AssertionError(f"not within {seconds} s: {condition}")
        time.sleep(pause)
    return time.monotonic() - begin


async def until(condition: Callable[[], bool], *, seconds: float = 5.0) -> float:
    """Wait in the loop until the condition holds; return the seconds that took."""
    begin = time.monotonic()
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - any condition, not one that sets an event
            await asyncio.sleep(0.002)
    return time.monotonic() - begin
