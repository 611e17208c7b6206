"""An occurrence as names and plain values, for machines: the event stream and the JSON log.

Both show the same keys, so a reader of one can read the other. Durations leave as milliseconds,
with the unit last in the name, because nobody reads nanoseconds. Never adds a time: whoever shows
the record knows the clock.
"""

from dataclasses import fields

from sidecar.core.occurrences import Occurrence
from sidecar.core.terms import MILLISECOND

Value = str | int | float | bool | list[str] | None


def record_of(occurrence: Occurrence) -> dict[str, Value]:
    """The fields of an occurrence in their order; ``gap_ns`` becomes ``gap_ms``."""
    record: dict[str, Value] = {}
    for field in fields(occurrence):
        value = getattr(occurrence, field.name)
        if field.name.endswith("_ns"):
            record[f"{field.name.removesuffix('_ns')}_ms"] = milliseconds(value)
        elif isinstance(value, tuple):
            record[field.name] = [str(item) for item in value]
        else:
            record[field.name] = value
    return record


def milliseconds(ns: int) -> float:
    """Milliseconds with microseconds behind the point, as a log wants them."""
    return round(ns / MILLISECOND, 3)
