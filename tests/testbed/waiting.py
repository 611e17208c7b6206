"""Waiting for a condition: bounded, and with a word on what was missing."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def now_ns() -> int:
    """The clock of all measurements here: one for every process of the machine."""
    return time.monotonic_ns()


def wait_for(
    condition: Callable[[], T | None],
    *,
    seconds: float,
    what: Callable[[], str] | str,
    pause: float = 0.02,
) -> T:
    """The condition's first true value; an AssertionError when none came in time."""
    limit = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > limit:
            said = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {seconds} s: {said}")
        time.sleep(pause)
    return value


def wall_to_monotonic_ns(wall_ns: int) -> int:
    """A moment of a log's clock on the clock of the measurements."""
    return wall_ns - time.clock_gettime_ns(time.CLOCK_REALTIME) + now_ns()
