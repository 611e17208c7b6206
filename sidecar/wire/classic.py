r"""The classic form: lines of text, always on serial lines (protocol section 1.2).

    >>>\n  NAME=VALUE\n  (1)NAME=BASE64\n  ...  auth=KEYNUMBER VALUE\n  <<<\n

Some senders append one NUL. A newline in a string travels as byte 0x13. The authentication covers
the text of the fields, written anew from what was read: whatever differs from the way in which we
would have written it (another base64 spelling, say) is refused or fails the check.
"""

import binascii
import re
from typing import Final, assert_never

from sidecar.wire.auth import Signature
from sidecar.wire.errors import Malformed, Oversized, Unauthenticated
from sidecar.wire.fields import AUTH
from sidecar.wire.limits import MAX_FIELDS, NAME
from sidecar.wire.message import KIND_OF_DIGIT, Field, FieldKind, Message

START: Final = b">>>\n"
END: Final = b"<<<\n"

_NEWLINE_STAND_IN: Final = b"\x13"
_AUTH_LINES: Final = tuple(
    b"%b%b=" % (kind, AUTH.encode()) for kind in (b"", b"(1)", b"(2)", b"(3)", b"(4)")
)
_LINE = re.compile(rb"(?:\(([1-4])\))?(" + NAME.encode() + rb")=(.*)", re.DOTALL)


def covered(message: Message) -> bytes:
    """The text that the inner authentication covers: every field but `auth`."""
    return b"".join(encode_field(field) for field in message.fields if field.name != AUTH)


def encode(message: Message) -> bytes:
    """The message as text. A message that this form cannot carry is a ValueError."""
    for field in message.fields:
        refuse_what_text_cannot_carry(field)
    return b"".join([START, *map(encode_field, message.fields), END])


def parse(data: bytes) -> Message:
    """Read a message that begins with the start line."""
    return Message(tuple(map(_parse_line, _lines(data))))


def split(data: bytes) -> tuple[bytes, Signature]:
    """Tell the covered text and the authentication apart, and read nothing else.

    What stands in `auth` is not covered, so a second one could be slipped in: it is refused.
    """
    made: list[bytes] = []
    others: list[bytes] = []
    for line in _lines(data):
        if b"=" not in line:  # two frames run together, say: it is damage, not a wrong key
            raise Malformed(f"line {line[:40]!r} is no NAME=VALUE")
        (made if line.startswith(_AUTH_LINES) else others).append(line)
    if not made:
        raise Unauthenticated("no field auth", reason="unsigned")
    if len(made) > 1:
        raise Malformed("more than one field auth")
    others.append(b"")  # every line has its end
    return b"\n".join(others), Signature.parse(made[0].partition(b"=")[2])


def _lines(data: bytes) -> list[bytes]:
    text = data.removesuffix(b"\0")
    if b"\0" in text:
        raise Malformed("a NUL inside the text")
    if not text.endswith(b"\n" + END):
        raise Malformed("the text does not end with a line <<<")
    lines = [line for line in text[len(START) : -len(END)].split(b"\n") if line]
    if len(lines) > MAX_FIELDS:
        raise Oversized(f"more than {MAX_FIELDS} fields")
    return lines


def encode_field(field: Field) -> bytes:
    """One field, as it stands among the others."""
    name, raw = field.name.encode("ascii"), field.raw()
    match field.kind:
        case FieldKind.STRING:
            return b"%b=%b\n" % (name, raw.replace(b"\n", _NEWLINE_STAND_IN))
        case FieldKind.BINARY | FieldKind.COMPRESSED:
            return b"(%d)%b=%b\n" % (field.kind, name, _base64(raw))
        case FieldKind.NESTED | FieldKind.LIST:
            return b"(%d)%b=%b\n" % (field.kind, name, raw)
        case _:
            assert_never(field.kind)


def _base64(raw: bytes) -> bytes:
    return binascii.b2a_base64(raw, newline=False)


def refuse_what_text_cannot_carry(field: Field) -> None:
    """Raise ValueError."""
    raw = field.raw()
    if not raw:
        # A real node's parser is unsafe there.
        raise ValueError(f"field {field.name}: the classic form has no empty values")
    match field.kind:
        case FieldKind.STRING:
            bad = b"\0" in raw or _NEWLINE_STAND_IN in raw
        case FieldKind.BINARY:
            bad = False
        case FieldKind.LIST:
            bad = b"\0" in raw or b"\n" in raw
        case FieldKind.NESTED | FieldKind.COMPRESSED:
            bad = True  # Heartbeat itself sends such a message in netstring form only.
        case _:
            assert_never(field.kind)
    if bad:
        raise ValueError(
            f"field {field.name}: the classic form cannot carry this {field.kind.name} value; "
            "send the message in netstring form"
        )


def _parse_line(line: bytes) -> Field:
    found = _LINE.fullmatch(line)
    if found is None:
        raise Malformed(f"line {line[:40]!r} is no NAME=VALUE")
    name, kind, text = found[2].decode("ascii"), KIND_OF_DIGIT[found[1] or b"0"], found[3]
    match kind:
        case FieldKind.STRING:
            raw = text.replace(_NEWLINE_STAND_IN, b"\n")
            return Field(name, raw.decode("utf-8", "surrogateescape"), kind)
        case FieldKind.BINARY:
            return Field(name, _parse_base64(name, text), kind)
        case FieldKind.LIST:
            return Field(name, text, kind)
        case FieldKind.NESTED | FieldKind.COMPRESSED:
            raise Malformed(f"field {name}: a nested message is never sent in the classic form")
        case _:
            assert_never(kind)


def _parse_base64(name: str, text: bytes) -> bytes:
    try:
        raw = binascii.a2b_base64(text)
    except binascii.Error as error:
        raise Malformed(f"field {name}: bad base64: {error}") from None
    # The decoder skips strange bytes and unused bits; then one value would have many spellings.
    if _base64(raw) != text:
        raise Malformed(f"field {name}: bad base64: not spelled in the one right way")
    return raw
