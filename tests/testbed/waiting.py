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
