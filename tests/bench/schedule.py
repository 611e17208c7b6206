"""The instruments go first: what they measure must not be how long they waited for a core."""

import os
from contextlib import suppress
from typing import Final

PRIORITY: Final = 20
"""Above everything that has no real-time priority; Heartbeat's own is 1."""


def first_in_line() -> None:
    """Real-time priority for this process, where the machine allows it."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
