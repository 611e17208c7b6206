"""The seeds of a test run, computed ahead by processes that take only the time nobody else wants.

Most of a whole run of the tests is waiting: for dead times, for containers, for the real Heartbeat.
The seeds begin when the tests begin, and are asked for when it is their turn.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.sim.run import Outcome, run_seed

_LAST = 19  # nice: behind everything else


class SeedsAhead:
    """Runs seeds 1 to ``count``, ``minutes`` each, on all cores."""

    def __init__(self, count: int, minutes: float) -> None:
        self.count = count
        self.minutes = minutes
        self._pool = get_context("spawn").Pool(os.cpu_count(), initializer=_stand_back)
        run = partial(run_seed, minutes=minutes)
        self._outcomes = self._pool.imap_unordered(run, range(1, count + 1), chunksize=4)

    def outcomes(self) -> Iterator[Outcome]:
        """Wait for them, in the order in which they end."""
        return iter(self._outcomes)

    def close(self) -> None:
        self._pool.terminate()
        self._pool.join()


def _stand_back() -> None:
    os.nice(_LAST)
    # Where the kernel shares the time among sessions first, niceness counts only within one.
    with suppress(OSError):
        os.setsid()
        Path("/proc/self/autogroup").write_text(str(_LAST))
