"""Which warntime and deadtime the observed gaps allow. A rule, its reasons, and no judgement.

deadtime is the longest of three, rounded up:

- twice the largest gap: a silence of that length was survived, and so is one twice as long;
- four times keepalive: three beats in a row may be lost;
- keepalive + 1.4 s: then a node that hangs has lost its addresses before the other one takes them
  (docs/safety.md, timers under two seconds).

warntime is half of it: as long as the largest gap, so that none of the gaps that were seen would
have been told, and early enough for a warm stand-by and the look for the owner of the addresses.

How regular a pair is shows in its worst hour. Below a day the rule gives the same figures, and they
are not to be trusted.
"""

from dataclasses import dataclass
from typing import Any, Final

LEASE_MS: Final = 1400
BEATS: Final = 4
GAPS: Final = 2
TRUSTED_S: Final = 24 * 3600
TRUSTED_BEATS: Final = 1000
_STEPS_MS: Final = ((2_000, 50), (10_000, 500))
"""Up to this length it is rounded up to so much; to whole seconds beyond."""

Observed = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """``why``: what deadtime follows from. ``doubt``: why not to trust it; empty when to."""

    warntime_ms: int
    deadtime_ms: int
    why: str
    shortest_ms: int
    """What the gaps and keepalive alone would allow."""
    doubt: str
    verdict: str
    """Of the timers that are in force."""


def advise(observed: Observed) -> Advice:
    """From the document of the control socket; there must have been beats."""
    largest_ms, keepalive_ms = observed["all"]["largest_ms"], observed["keepalive_ms"]
    floors = (
        (GAPS * largest_ms, f"twice the largest gap, {length(largest_ms)}"),
        (BEATS * keepalive_ms, "four times keepalive: three beats in a row may be lost"),
        (
            keepalive_ms + LEASE_MS,
            "keepalive + 1.4 s: a node that hangs has lost its addresses by then",
        ),
    )
    decisive_ms, why = max(floors, key=lambda floor: floor[0])
    deadtime_ms = _round_up(decisive_ms)
    return Advice(
        warntime_ms=deadtime_ms // 2,
        deadtime_ms=deadtime_ms,
        why=why,
        shortest_ms=_round_up(max(floors[0][0], floors[1][0])),
        doubt=_doubt(observed),
        verdict=_verdict(observed, deadtime_ms),
    )


def _doubt(observed: Observed) -> str:
    observed_s, beats = observed["observed_s"], observed["all"]["beats"]
    if observed["returned"]:
        times = "once" if observed["returned"] == 1 else f"{observed['returned']} times"
        return (
            f"{observed['peer']} was held for dead {times} and had only not been heard: how long "
            "that was is not among the gaps. If no link was cut, deadtime is too short"
        )
    if observed_s < TRUSTED_S or beats < TRUSTED_BEATS:
        return (
            f"{duration(observed_s)} and {beats} beats are too short: ask again after a day, with "
            "its busiest hour and its backups"
        )
    return ""


def _verdict(observed: Observed, advised_ms: int) -> str:
    deadtime_ms, largest_ms = observed["deadtime_ms"], observed["all"]["largest_ms"]
    times = f"{deadtime_ms / largest_ms:.1f} times the largest gap" if largest_ms else ""
    if deadtime_ms < GAPS * largest_ms:
        return f"too short: only {times}"
    if deadtime_ms < advised_ms:
        return f"short: {times}, but less than is recommended"
    return f"long enough: {times}"


def _round_up(ms: float) -> int:
    whole = -int(-ms // 1)
    step = next((step for limit, step in _STEPS_MS if whole <= limit), 1000)
    return -(-whole // step) * step


def ha_cf_time(ms: int) -> str:
    """As ha.cf has it: whole seconds without a unit."""
    return str(ms // 1000) if ms % 1000 == 0 else f"{ms}ms"


def length(ms: float) -> str:
    if ms < 10_000:  # noqa: PLR2004 - as the sentences of the log
        return f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"  # noqa: PLR2004
    return f"{ms / 1000:.1f} s"


def duration(seconds: int) -> str:
    """Two units, the greater ones."""
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
