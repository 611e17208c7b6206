"""Writes the last order of maintenance to the disk, without holding up the loop.

The newest order is written; one that is overtaken while the disk is busy need not be. A disk that
refuses is a reason for not being ready, since a restart would then forget what it was told.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sidecar.core.params import MaintenanceOrder
from sidecar.daemon.state import keep_maintenance

PART: Final = "maintenance"


class Memory:
    """Keeps what it is given; ``trouble(part, text)`` hears how that went."""

    def __init__(self, folder: Path, trouble: Callable[[str, str], None]) -> None:
        self._folder = folder
        self._trouble = trouble
        self._next: MaintenanceOrder | None = None
        self._writing: asyncio.Task[None] | None = None

    def keep(self, order: MaintenanceOrder) -> None:
        """Never waits."""
        self._next = order
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Let what is under way come to its end."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while (order := self._next) is not None:
            self._next = None
            try:
                await asyncio.to_thread(keep_maintenance, self._folder, order)
            except OSError as error:
                why = error.strerror or str(error)
                text = f"maintenance would not outlive a restart: {self._folder}: {why}"
                self._trouble(PART, text)
            else:
                self._trouble(PART, "")
