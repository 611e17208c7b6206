"""The kinds of values in ha.cf: times, truth values, whole numbers (protocol section 9.1).

Each function gives the value or raises BadValue, whose text says what is wrong and what to write.
"""

import re
from collections.abc import Iterable
from typing import Final

from sidecar.config.problems import quote
from sidecar.core.terms import MILLISECOND, SECOND

MAX_TIME_S: Final = 1_000_000  # more than eleven days: surely not meant

# Twelve digits are enough for every time; more would only cost time to convert.
_TIME = re.compile(r"([0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})([^0-9.].*)?", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,12}", re.ASCII)
_NS_OF_UNIT: Final = {"": SECOND, "ms": MILLISECOND, "us": MILLISECOND // 1000}
_TRUE: Final = frozenset({"true", "on", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "off", "no", "n", "0"})


class BadValue(ValueError):
    """What was written is no value of the wanted kind."""


def parse_time(written: str) -> int:
    """Nanoseconds, rounded to whole milliseconds as Heartbeat rounds them."""
    found = _TIME.fullmatch(written)
    if found is None:
        raise BadValue(
            f"{quote(written)} is no time: write seconds as a number (2 or 0.5) "
            "or milliseconds with `ms` (500ms)"
        )
    unit = found[2] or ""
    # Heartbeat compares only the first letters, in either case: msec and MS are fine.
    factor = _NS_OF_UNIT.get(unit[:2].lower())
    if factor is None:
        raise BadValue(_bad_unit(found[1], unit))
    whole, _, decimals = found[1].partition(".")
    parts = 10 ** len(decimals)
    time_ms = _rounded(int(whole + decimals) * factor, parts * MILLISECOND)
    if time_ms > MAX_TIME_S * 1000:
        raise BadValue(f"{quote(written)} is more than {MAX_TIME_S} s: write a shorter time")
    return time_ms * MILLISECOND


def _rounded(number: int, by: int) -> int:
    """The quotient, a half to the even side."""
    quotient, rest = divmod(number, by)
    return quotient + (2 * rest > by or (2 * rest == by and quotient % 2 == 1))


def _bad_unit(number: str, unit: str) -> str:
    if unit.lower() in {"s", "sec", "secs", "second", "seconds"}:
        return (
            f"{quote(number + unit)} is no time: seconds have no unit in ha.cf, "
            f"write {number} (a Heartbeat node refuses {quote(unit)} too)"
        )
    return (
        f"{quote(number + unit)} has the unknown unit {quote(unit)}: write seconds without a unit, "
        "or use `ms` or `us`"
    )


def parse_boolean(written: str) -> bool:
    word = written.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValue(f"{quote(written)} is neither yes nor no: write `on` or `off`")


def parse_integer(written: str, lowest: int, highest: int) -> int:
    if _INTEGER.fullmatch(written) and lowest <= int(written) <= highest:
        return int(written)
    raise BadValue(
        f"{quote(written)} is no whole number from {lowest} to {highest}: write one of these"
    )


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """A question with the nearest known word, or nothing. Follows a full sentence."""
    import difflib  # noqa: PLC0415 - who made no mistake need not wait for it

    near = difflib.get_close_matches(written[:40].lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else ""


def say_time(time_ns: int) -> str:
    """A time for people: `30 s`, `0.25 s`."""
    return f"{time_ns / SECOND:.3f}".rstrip("0").rstrip(".") + " s"
