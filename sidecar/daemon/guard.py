"""Starts a part that is not vital, again and again with growing pauses, until it starts.

An error in a page, or a port that is taken, must not move an address. What is wrong with the part
is told, and shows among the reasons for not being ready, until it runs again.
"""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

FIRST_PAUSE_S: Final = 1.0
LAST_PAUSE_S: Final = 30.0

log = logging.getLogger(__name__)


class Part(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Late:
    """A part that takes long to load: that is done on a thread, while the loop goes on."""

    def __init__(self, load: Callable[[], Part]) -> None:
        self._load = load
        self._part: Part | None = None

    async def start(self) -> None:
        if self._part is None:
            self._part = await asyncio.to_thread(self._load)
            gc.freeze()  # as in run.py: what was loaded stays, and need not be walked
        await self._part.start()

    async def stop(self) -> None:
        if self._part is not None:
            await self._part.stop()


async def keep(part: Part, *, name: str, trouble: Callable[[str, str], None]) -> None:
    """Start the part, again and again until it starts; stop it when cancelled.

    ``trouble(name, reason)`` is called with each reason, and with "" once the part runs.
    """
    pause_s = FIRST_PAUSE_S
    while not await _attempt(part.start, name, trouble):
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LAST_PAUSE_S)
    trouble(name, "")
    try:
        await asyncio.Event().wait()
    finally:
        await part.stop()


async def _attempt(
    start: Callable[[], Awaitable[None]], name: str, trouble: Callable[[str, str], None]
) -> bool:
    try:
        await start()
    except Exception as error:  # a guard: whatever fails here is told and tried again
        log.debug("%s failed to start", name, exc_info=True)
        trouble(name, f"{name}: {error}")
        return False
    return True
