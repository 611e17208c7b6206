"""The timers of ha.cf: their defaults, how they must relate, and the lease that follows from them.

Defaults and relations are those of a Heartbeat 3 node (protocol section 9.1). Two are stricter
here: warntime must be below deadtime, because between the two the standby looks for the addresses'
owner; and the lease of an address should have run out before the other node may take it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sidecar.config.problems import FileProblems
from sidecar.config.values import say_time
from sidecar.core.params import Timing
from sidecar.core.terms import MILLISECOND, SECOND

DEFAULT_KEEPALIVE_NS: Final = 1 * SECOND
DEFAULT_DEADTIME_NS: Final = 30 * SECOND
LONGEST_LEASE_S: Final = 5
LONGEST_FAILBACK_DELAY_NS: Final = 5 * SECOND
LEASE_GRAIN_NS: Final = 400 * MILLISECOND
"""The kernel ends an address up to so much late."""
LOOK_NS: Final = 50 * MILLISECOND
"""Three questions for the owner of an address, at their quickest, and their answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A time as a line of ha.cf gave it."""

    ns: int
    line: int


def settle(given: Mapping[str, Given], problems: FileProblems) -> Timing | None:
    """The timers in force, or None if they cannot work together."""
    errors_before = problems.errors
    keepalive = _value(given, "keepalive", DEFAULT_KEEPALIVE_NS)
    deadtime = _value(given, "deadtime", DEFAULT_DEADTIME_NS)
    warntime = _value(given, "warntime", deadtime // 2)
    initdead = _value(given, "initdead", default_initdead_ns(deadtime))
    for name, one in given.items():
        if one.ns == 0:
            problems.error(one.line, f"{name} must be more than 0: write a longer time")
    if problems.errors == errors_before:
        _check_deadtime(given, keepalive, deadtime, problems)
        _check_warntime(given, keepalive, warntime, deadtime, problems)
        _check_initdead(given, initdead, deadtime, problems)
    if problems.errors != errors_before:
        return None
    return Timing(
        keepalive_ns=keepalive,
        warntime_ns=warntime,
        deadtime_ns=deadtime,
        initdead_ns=initdead,
        lease_s=lease_s(deadtime, keepalive),
    )


def settle_deadping(
    given: Mapping[str, Given], timing: Timing | None, problems: FileProblems
) -> int:
    """After how long a silence a ping node is lost; the timers must be sound."""
    if timing is None:
        return 0
    deadping = _value(given, "deadping", timing.deadtime_ns)
    if deadping <= 2 * timing.keepalive_ns:
        problems.error(
            _line(given, "deadping"),
            f"deadping {say_time(deadping)} must be more than twice keepalive "
            f"{say_time(timing.keepalive_ns)}: write a deadping over "
            f"{say_time(2 * timing.keepalive_ns)}, or leave the line out",
        )
    elif deadping > timing.deadtime_ns:
        problems.warn(
            _line(given, "deadping"),
            f"deadping {say_time(deadping)} is longer than deadtime "
            f"{say_time(timing.deadtime_ns)}: a node that is cut off from everything keeps its "
            f"addresses for {say_time(deadping - timing.deadtime_ns)} after the other node has "
            "taken them; write a deadping under "
            f"{say_time(timing.deadtime_ns).removesuffix(' s')}",
        )
    return deadping


def default_failback_delay_ns(deadtime_ns: int) -> int:
    """No longer than it takes to notice a death: quick timers mean that quick moves are wanted."""
    return min(LONGEST_FAILBACK_DELAY_NS, deadtime_ns)


def default_initdead_ns(deadtime_ns: int) -> int:
    if deadtime_ns > 10 * SECOND:
        return deadtime_ns
    if deadtime_ns < 6 * SECOND:
        return 12 * SECOND
    return 2 * deadtime_ns


def lease_s(deadtime_ns: int, keepalive_ns: int) -> int:
    """How long the kernel keeps an address that is not renewed: whole seconds, from 1 to 5.

    A node that dies or hangs must have lost the address before the other one, which counts from
    the last heartbeat, may take it at deadtime. The last renewal may have gone out up to keepalive
    after that heartbeat, and the kernel ends the address up to 0.4 s late; so the lease is the
    longest for which keepalive + lease + 0.4 s is no more than deadtime. It is never over 5 s: a
    longer one gains nothing, since it is renewed several times a lease, and an address that nobody
    serves should go soon. It is never under 1 s, the finest that the kernel counts; where that is
    too long there is a warning.
    """
    room_ns = deadtime_ns - keepalive_ns - LEASE_GRAIN_NS
    return max(1, min(LONGEST_LEASE_S, room_ns // SECOND))


def lease_excess_ns(deadtime_ns: int, keepalive_ns: int) -> int:
    """How long after deadtime a node that hangs may still have its addresses; 0 if never."""
    longest_ns = keepalive_ns + lease_s(deadtime_ns, keepalive_ns) * SECOND + LEASE_GRAIN_NS
    return max(0, longest_ns - deadtime_ns)


def _value(given: Mapping[str, Given], name: str, default_ns: int) -> int:
    return given[name].ns if name in given else default_ns


def _line(given: Mapping[str, Given], *candidates: str) -> int | None:
    """The line to blame: that of the first of these directives that was written."""
    return next((given[name].line for name in candidates if name in given), None)


def _check_deadtime(
    given: Mapping[str, Given], keepalive: int, deadtime: int, problems: FileProblems
) -> None:
    if deadtime <= 2 * keepalive:
        problems.error(
            _line(given, "deadtime", "keepalive"),
            f"deadtime {say_time(deadtime)} must be more than twice keepalive "
            f"{say_time(keepalive)}: write a deadtime over {say_time(2 * keepalive)} "
            f"or a keepalive under {say_time(deadtime // 2)}",
        )
    elif excess_ns := lease_excess_ns(deadtime, keepalive):
        problems.warn(
            _line(given, "deadtime", "keepalive"),
            f"deadtime {say_time(deadtime)} is less than keepalive {say_time(keepalive)} + 1.4 s, "
            "after which the kernel has surely ended the shortest lease there is (1 s, up to "
            "0.4 s late): a node that hangs may keep its addresses for up to "
            f"{say_time(excess_ns)} after deadtime, and a sidecar waits for as long as they "
            f"answer, but a Heartbeat node does not: a deadtime of {say_time(deadtime + excess_ns)}"
            " leaves no such gap",
        )


def _check_warntime(
    given: Mapping[str, Given],
    keepalive: int,
    warntime: int,
    deadtime: int,
    problems: FileProblems,
) -> None:
    line = _line(given, "warntime", "deadtime")
    if warntime >= deadtime:
        problems.error(
            line,
            f"warntime {say_time(warntime)} must be less than deadtime {say_time(deadtime)}: "
            f"write {say_time(deadtime // 2).removesuffix(' s')}, or leave the line out",
        )
        return
    if warntime <= keepalive:
        problems.warn(
            line,
            f"warntime {say_time(warntime)} is not longer than keepalive {say_time(keepalive)}, "
            "so every heartbeat counts as late: write a warntime of two or three keepalives",
        )
    if deadtime - warntime < LOOK_NS:
        longest = deadtime - LOOK_NS
        mend = f"warntime of at most {say_time(longest).removesuffix(' s')}"
        problems.warn(
            line,
            f"between warntime {say_time(warntime)} and deadtime {say_time(deadtime)} are only "
            f"{say_time(deadtime - warntime)}, and to look for the owner of an address takes "
            f"{say_time(LOOK_NS)}: a takeover comes that much after deadtime; write a "
            f"{mend if longest > keepalive else 'longer deadtime'}",
        )


def _check_initdead(
    given: Mapping[str, Given], initdead: int, deadtime: int, problems: FileProblems
) -> None:
    line = _line(given, "initdead", "deadtime")
    if initdead < deadtime:
        problems.error(
            line,
            f"initdead {say_time(initdead)} must not be less than deadtime {say_time(deadtime)}: "
            "write a longer initdead, or leave the line out",
        )
    elif initdead < 10 * SECOND:
        problems.warn(
            line,
            f"initdead {say_time(initdead)} is less than 10 s: after a power cut the node that "
            "boots first may not wait for the other one",
        )
