"""Real-time scheduling of the threads that keep a deadline: the event loop's and the leases'.

As a Heartbeat node does by default (``realtime`` and ``rtprio`` in ha.cf): such a thread runs
before every ordinary one, so that a busy host delays no beat and no renewal. It is a wish: the
kernel grants it to a container with the capability SYS_NICE, and a node without it is a node all
the same. Threads and processes that a thread makes do not inherit it (SCHED_RESET_ON_FORK), or a
page could hold up a beat. See sched(7).
"""

import errno
import os
import sys
from typing import Final

SWITCH_INTERVAL_S: Final = 0.0005
"""How long another thread of ours may keep the interpreter while the loop waits for it. Python's
own 5 ms is longer than a beat may be late."""


def hurry(priority: int) -> str:
    """Ask for real-time scheduling of the calling thread, 0: do not.

    Return why the kernel refused; empty when it did not, or was not asked.
    """
    if not priority:
        return ""
    policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
    try:
        os.sched_setscheduler(0, policy, os.sched_param(priority))
    except OSError as error:
        return _why(error)
    return ""


def switch_quickly() -> None:
    """Let the interpreter change threads often enough for the loop."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def _why(error: OSError) -> str:
    if error.errno != errno.EPERM:
        return error.strerror or str(error)
    if _may_ask():
        return (
            "the container's control group has no real-time budget (docker run --cpu-rt-runtime, "
            "or a kernel without CONFIG_RT_GROUP_SCHED)"
        )
    return "the capability SYS_NICE is missing (cap_add: [SYS_NICE] in compose)"


def _may_ask() -> bool:
    """Whether the process has SYS_NICE in effect (capabilities(7))."""
    sys_nice: Final = 23
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - of the kernel
        for line in status:
            name, _, value = line.partition(":")
            if name == "CapEff":
                return bool(int(value, 16) >> sys_nice & 1)
    return False
