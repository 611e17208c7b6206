r"""The netstring form: what every node of this version sends over UDP (protocol section 1.1).

    ###\n  LEN:(TYPE)NAME=VALUE,  ...  %%%\n  LEN:KEYNUMBER VALUE,

The last netstring is the outer authentication; it covers everything before it, as sent. It is cut
off and checked first, so that a stranger's bytes are not parsed any further than that.
Lengths are plain decimals without sign, blank or leading zero, and nothing may follow the end.
"""

import re
from typing import Final

from sidecar.wire.auth import Signature
from sidecar.wire.errors import Malformed, Oversized, Unauthenticated
from sidecar.wire.limits import MAX_FIELDS, NAME
from sidecar.wire.message import DIGIT_OF_KIND, KIND_OF_DIGIT, Field, FieldKind, Message

START: Final = b"###\n"
END: Final = b"%%%\n"

_HEAD = re.compile(rb"([1-9][0-9]{0,5}):\(([0-4])\)(" + NAME.encode() + rb")=")
_OUTER = re.compile(rb"([1-9][0-9]?):([^,]{1,99}),")
_COMMA: Final = ord(",")


def encode(message: Message) -> bytes:
    """The message without its outer authentication: exactly the bytes that this covers."""
    return b"".join([START, *map(encode_field, message.fields), END])


def encode_field(field: Field) -> bytes:
    """One field, as it stands among the others."""
    name, value = field.name.encode("ascii"), field.raw()
    length = len(b"(0)=") + len(name) + len(value)
    return b"%d:(%b)%b=%b," % (length, DIGIT_OF_KIND[field.kind], name, value)


def encode_outer(made: Signature) -> bytes:
    """The outer authentication, which follows the covered bytes."""
    text = made.encode().encode("ascii")
    return b"%d:%b," % (len(text), text)


def split(data: bytes) -> tuple[bytes, Signature]:
    """Cut a datagram into the covered bytes and the outer authentication.

    A value may hold the end mark too. The last one is the right one, since the authentication
    consists of digits and a blank.
    """
    at = data.rfind(END)
    if at < 0:
        raise Malformed("no end mark %%% after the fields")
    at += len(END)
    if at == len(data):
        raise Unauthenticated("nothing after the end mark %%%", reason="unsigned")
    outer = _OUTER.fullmatch(data, at)
    if outer is None or int(outer[1]) != len(outer[2]):
        raise Malformed(f"{data[at : at + 80]!r} after the end mark is no authentication")
    return data[:at], Signature.parse(outer[2])


def parse(covered: bytes) -> Message:
    """Read the fields between start and end mark."""
    at, last = len(START), len(covered) - len(END)
    fields: list[Field] = []
    while at < last:
        if len(fields) == MAX_FIELDS:
            raise Oversized(f"more than {MAX_FIELDS} fields")
        field, at = _parse_field(covered, at, last)
        fields.append(field)
    return Message(tuple(fields))


def _parse_field(covered: bytes, at: int, last: int) -> tuple[Field, int]:
    head = _HEAD.match(covered, at)
    if head is None:
        raise Malformed(f"byte {at}: {covered[at : at + 40]!r} does not begin a field")
    length, digit, name_read = head.groups()
    begin, end = head.end(), at + len(length) + 1 + int(length)
    if end >= last or end < begin or covered[end] != _COMMA:
        raise Malformed(f"byte {at}: the length {int(length)} of a field does not fit")
    name, kind, value = name_read.decode("ascii"), KIND_OF_DIGIT[digit], covered[begin:end]
    if kind is FieldKind.STRING:
        return Field(name, value.decode("utf-8", "surrogateescape"), kind), end + 1
    return Field(name, value, kind), end + 1
