"""The history of moves on the disk, so that it outlives the sidecar: one JSON object a line.

Written whole, by another thread, and a moment after a change: a takeover has better things to do.
What a power cut loses is the last second. A damaged line costs itself and no other; it is told.
"""

import asyncio
import contextlib
import json
import logging
from pathlib import Path
from typing import Final

from sidecar.daemon.state import write_whole
from sidecar.web.history import KEPT, History
from sidecar.web.move import BadMove, Move, move_document, read_move

NAME: Final = "history"
LATER_S: Final = 1.0
BYTES_MAX: Final = 1024 * 1024
"""A hundred moves take a tenth of it. What is beyond was not written by this program."""

log = logging.getLogger("sidecar")


def read(folder: Path) -> tuple[Move, ...]:
    """The moves of earlier lives, the oldest first. Blocks; never fails."""
    path = folder / NAME
    try:
        with path.open("rb") as file:
            lines = file.read(BYTES_MAX).splitlines()
    except FileNotFoundError:
        return ()
    except OSError as error:
        log.warning("%s cannot be read, the history begins anew: %s", path, error.strerror)
        return ()
    moves: list[Move] = []
    bad: list[str] = []
    for number, line in enumerate(lines, start=1):
        try:
            moves.append(read_move(json.loads(line)))
        except (ValueError, RecursionError, BadMove) as error:
            bad.append(f"{path}:{number}: {error}")
    if bad:
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        log.warning("left out of the history, as this program did not write it: %s%s", bad[0], more)
    return tuple(moves[-KEPT:])


def keep(folder: Path, moves: tuple[Move, ...]) -> None:
    """``moves``: the newest first, as the history gives them. Blocks. Raises OSError."""
    lines = [json.dumps(move_document(move)) for move in reversed(moves)]
    write_whole(folder / NAME, "".join(f"{line}\n" for line in lines).encode())


class HistoryFile:
    """Keeps a history that goes on."""

    def __init__(self, folder: Path, history: History) -> None:
        self._folder = folder
        self._history = history
        history.watch(self._note)
        self._stale = False
        self._closing = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._trouble = ""

    def _note(self) -> None:
        """There is news. Never waits."""
        self._stale = True
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Write what is not written yet, at once."""
        self._closing.set()
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._stale:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LATER_S):
                    await self._closing.wait()
            self._stale = False
            try:
                await asyncio.to_thread(keep, self._folder, self._history.moves())
            except OSError as error:
                self._refused(error.strerror or str(error))
            else:
                self._trouble = ""

    def _refused(self, why: str) -> None:
        """Told once: the history is for people, and a node is fit to serve without it."""
        if why != self._trouble:
            log.warning("the history would not outlive a restart: %s: %s", self._folder, why)
        self._trouble = why
