"""How long things took, as counts in classes of length: some hundred numbers for any time.

A class is at most a sixteenth of its length wide, so that a quantile is told to some six per cent.
It is told as the upper end of its class, never shorter than it was, and the largest exactly.
"""

from dataclasses import dataclass
from typing import Final

_UNIT_NS: Final = 1 << 16
"""Shorter differences are not told apart: 65 µs."""
_CLASSES_BITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Lengths in nanoseconds; all 0 when there were none."""

    count: int = 0
    total_ns: int = 0
    median_ns: int = 0
    p99_ns: int = 0
    largest_ns: int = 0


NOTHING: Final = Summary()


class Distribution:
    __slots__ = ("_classes", "_count", "_largest_ns", "_total_ns")

    def __init__(self) -> None:
        self._classes: dict[int, int] = {}
        self._count = self._total_ns = self._largest_ns = 0

    def add(self, length_ns: int) -> None:
        which = _class_of(length_ns)
        self._classes[which] = self._classes.get(which, 0) + 1
        self._count += 1
        self._total_ns += length_ns
        self._largest_ns = max(self._largest_ns, length_ns)

    def summary(self) -> Summary:
        return Summary(
            count=self._count,
            total_ns=self._total_ns,
            median_ns=self._quantile(1, 2),
            p99_ns=self._quantile(99, 100),
            largest_ns=self._largest_ns,
        )

    def _quantile(self, part: int, whole: int) -> int:
        """The shortest length that at least this part of all do not exceed."""
        needed, seen = -(-self._count * part // whole), 0
        for which, count in sorted(self._classes.items()):
            seen += count
            if seen >= needed:
                return min(_end_of(which), self._largest_ns)
        return 0


def _class_of(length_ns: int) -> int:
    units = max(0, length_ns) // _UNIT_NS
    shift = max(0, units.bit_length() - _CLASSES_BITS - 1)
    return (shift << _CLASSES_BITS) + (units >> shift)


def _end_of(which: int) -> int:
    """The first length beyond the class, in nanoseconds."""
    shift = max(0, (which >> _CLASSES_BITS) - 1)
    units = which - (shift << _CLASSES_BITS)
    return ((units + 1) << shift) * _UNIT_NS
