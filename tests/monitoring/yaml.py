"""Writes YAML: what the files here need of it, in the form that people write by hand."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

Yaml = Mapping[str, "Yaml"] | Sequence["Yaml"] | str | int | float | bool

_PLAIN: Final = re.compile(r"[A-Za-z/][\w./ -]*(?<! )")
_OTHER_MEANING: Final = re.compile(r"true|false|yes|no|on|off|null|y|n", re.IGNORECASE)


def dump(value: Yaml) -> str:
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Yaml) -> Iterator[str]:
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from _entry(f"{key}:", inner)
        case list() | tuple():
            for inner in value:
                first, *rest = _lines(inner)
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)
        case _:
            yield _scalar(value)


def _entry(key: str, value: Yaml) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple) and value:
        yield key
        yield from (f"  {line}" for line in _lines(value))
    else:
        yield f"{key} {_scalar(value)}"


def _scalar(value: Yaml) -> str:
    """A plain word where it cannot be misread, else in single quotes, which know no escapes."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and not _OTHER_MEANING.fullmatch(value):
        return value
    assert "\n" not in value, "no line of these files spans lines"
    return "'" + value.replace("'", "''") + "'"
