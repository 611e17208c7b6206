"""Reads the captured datagrams of tests/vectors."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidecar.wire.auth import Key, Keyring, Method
from sidecar.wire.codec import Form
from sidecar.wire.message import Field, FieldKind

_VECTORS = Path(__file__).parent.parent / "vectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """One datagram and everything that is known about it."""

    name: str
    data: bytes
    form: Form
    fields: tuple[Field, ...]
    key: Key
    outer_covered_bytes: int | None
    outer_value: str | None
    inner_covered: bytes | None
    inner_value: str | None
    inflated: bytes | None  # the message inside, when the datagram is a compressed one

    @property
    def keyring(self) -> Keyring:
        return Keyring(self.key, (self.key,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One authentication value."""

    what: str
    key: Key
    covered: bytes
    value: str


def captured() -> list[Captured]:
    paths = [*sorted(_VECTORS.glob("messages-*.json")), _VECTORS / "accepted-forms.json"]
    return [
        _datagram(f"{path.stem}-{index}-{raw['type']}", raw)
        for path in paths
        for index, raw in enumerate(json.loads(path.read_text())["datagrams"])
    ]


def by_name(name: str) -> Captured:
    return next(one for one in captured() if one.name == name)


def values() -> list[Value]:
    return [
        Value(
            what=raw["what"],
            key=Key(1, Method(raw["method"]), (raw["key"] or "").encode()),
            covered=bytes.fromhex(raw["message_hex"]),
            value=raw["value"],
        )
        for raw in json.loads((_VECTORS / "auth.json").read_text())["cases"]
    ]


def _datagram(name: str, raw: dict[str, Any]) -> Captured:
    auth = raw["auth"]
    outer, inner = auth.get("outer", {}), auth.get("inner", {})
    return Captured(
        name=name,
        data=bytes.fromhex(raw["datagram_hex"]),
        form=Form(raw["format"]),
        fields=tuple(map(_field, raw["fields"])),
        key=Key(auth["key_number"], Method(auth["method"]), (auth["key"] or "").encode()),
        outer_covered_bytes=outer.get("covered_bytes"),
        outer_value=outer.get("value"),
        inner_covered=bytes.fromhex(inner["message_hex"]) if inner else None,
        inner_value=inner.get("value"),
        inflated=bytes.fromhex(raw["decompressed_hex"]) if "decompressed_hex" in raw else None,
    )


def _field(raw: dict[str, Any]) -> Field:
    kind = FieldKind(raw["field_type"])
    if kind is FieldKind.STRING:
        return Field(raw["name"], raw["value"], kind)
    return Field(raw["name"], bytes.fromhex(raw["value_hex"]), kind)
