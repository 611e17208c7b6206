"""A message: an ordered list of named fields, immutable (protocol sections 1.3 and 2).

The same name may occur twice on the wire. The rule is: the first one found in order is the one
that counts, for every getter here; the others are kept, because the authentication covers them.

A string field may hold any bytes. It is held as utf-8 text in which bytes that are no utf-8 are
escaped as surrogates, so that encoding it again gives the very bytes that were received.
Fields of the other kinds are held as raw bytes and never looked into.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from sidecar.wire.errors import Malformed
from sidecar.wire.fields import T

_HEX = re.compile(r"[0-9A-Fa-f]{1,16}")
_DECIMAL = re.compile(r"[0-9]{1,19}")


class FieldKind(IntEnum):
    """The type digit of a field on the wire."""

    STRING = 0
    BINARY = 1
    NESTED = 2  # a whole message as value; not used with haresources
    LIST = 3  # netstrings one after the other; not used with haresources
    COMPRESSED = 4  # a nested message, compressed; not used with haresources


DIGIT_OF_KIND: Final = {kind: b"%d" % kind for kind in FieldKind}
KIND_OF_DIGIT: Final = {digit: kind for kind, digit in DIGIT_OF_KIND.items()}


@dataclass(frozen=True, slots=True)
class Field:
    """One named value: text for a STRING, raw bytes for every other kind."""

    name: str
    value: str | bytes
    kind: FieldKind

    @classmethod
    def of(cls, name: str, value: str | bytes) -> Self:
        kind = FieldKind.STRING if isinstance(value, str) else FieldKind.BINARY
        return cls(name, value, kind)

    def raw(self) -> bytes:
        """The value as bytes, exactly as received."""
        if isinstance(self.value, str):
            return self.value.encode("utf-8", "surrogateescape")
        return self.value


@dataclass(frozen=True, slots=True)
class Message:
    """Fields in the order of the wire."""

    fields: tuple[Field, ...]

    @classmethod
    def of(cls, *pairs: tuple[str, str | bytes]) -> Self:
        """A message of string fields (text) and binary fields (bytes)."""
        return cls(tuple(Field.of(name, value) for name, value in pairs))

    def find(self, name: str) -> Field | None:
        """The first field of that name."""
        for field in self.fields:
            if field.name == name:
                return field
        return None

    def get(self, name: str) -> str | None:
        """The text of a string field; None when it is absent or no string."""
        field = self.find(name)
        return field.value if field is not None and isinstance(field.value, str) else None

    def texts(self) -> dict[str, str]:
        """The text of each string field, for who wants many of them."""
        first = {field.name: field.value for field in reversed(self.fields)}
        return {name: value for name, value in first.items() if isinstance(value, str)}

    def get_bytes(self, name: str) -> bytes | None:
        """The bytes of a field that is no string; None when it is absent or a string."""
        field = self.find(name)
        return field.value if field is not None and isinstance(field.value, bytes) else None

    def hex_int(self, name: str) -> int | None:
        """A number as most are written on the wire: lower-case hex without a prefix."""
        return self._int(name, _HEX, 16, "1 to 16 hex digits")

    def dec_int(self, name: str) -> int | None:
        """A decimal number, as in ttl, num_ping and the fields of NS_rexmit."""
        return self._int(name, _DECIMAL, 10, "1 to 19 decimal digits")

    def _int(self, name: str, pattern: re.Pattern[str], base: int, wanted: str) -> int | None:
        field = self.find(name)
        if field is None:
            return None
        # The pattern is stricter than int(), which takes signs, blanks, underscores and "0x".
        if not isinstance(field.value, str) or not pattern.fullmatch(field.value):
            raise Malformed(f"field {name}={field.value!r:.80} should be {wanted}")
        return int(field.value, base)

    @property
    def kind(self) -> str:
        """The message type; empty when the message names none."""
        return self.get(T) or ""

    def with_fields(self, *pairs: tuple[str, str | bytes]) -> Self:
        """A copy with these fields: in the place of the first of that name, otherwise at the end.

        Further fields of a replaced name are dropped, so that the new value is the only one.
        """
        fields = {name: Field.of(name, value) for name, value in pairs}
        kept: list[Field] = []
        placed: set[str] = set()
        for field in self.fields:
            if field.name not in fields:
                kept.append(field)
            elif field.name not in placed:
                kept.append(fields[field.name])
                placed.add(field.name)
        kept.extend(field for name, field in fields.items() if name not in placed)
        return type(self)(tuple(kept))

    def without(self, name: str) -> Self:
        """A copy with no field of that name."""
        return type(self)(tuple(field for field in self.fields if field.name != name))
