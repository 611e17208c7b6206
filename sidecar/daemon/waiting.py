"""An event loop that wakes in the microsecond that was asked for.

asyncio waits by epoll_wait(2), which counts whole milliseconds, and rounds up: every deadline would
be kept late by up to one. select(2) counts microseconds and can wait for the epoll descriptor
itself, which is a small number, so that select's limit of 1024 does not matter.
"""

import asyncio
import select
import selectors


class ExactSelector(selectors.EpollSelector):
    """Any number of descriptors, as epoll allows, and waits as exact as the kernel's timers."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout > 0:
            select.select((self.fileno(),), (), (), timeout)
            timeout = 0
        return super().select(timeout)


def exact_loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(ExactSelector())
