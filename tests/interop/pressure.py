"""Whether the machine had time for us: the kernel's own account of waiting for a processor.

A node that gets no processor for a second is dead to the other one, rightly. A scenario that failed
on a machine so busy with other things shows nothing, and is played again.
"""

import re
import time
from pathlib import Path

ACCOUNT = Path("/proc/pressure/cpu")
BUSY = 0.5
"""Share of the time in which somebody waited; the scenarios alone cause about a fifth."""


class Pressure:
    """Measures from its making on."""

    def __init__(self) -> None:
        self._waited_s = _waited_s()
        self._since_s = time.monotonic()

    def was_high(self) -> bool:
        """Never where the kernel keeps no account."""
        waited_s = _waited_s() - self._waited_s
        return waited_s > BUSY * (time.monotonic() - self._since_s)


def _waited_s() -> float:
    if not ACCOUNT.exists():
        return 0.0
    found = re.search(r"some .*total=(\d+)", ACCOUNT.read_text())
    return int(found[1]) / 1_000_000 if found else 0.0
