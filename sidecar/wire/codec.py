"""Seal a message for the wire, and unseal what came in.

This is the door of the package: it chooses between the two forms, adds and checks the
authentication (protocol section 3) and keeps the limits. Which fields a message must have, whom it
is for and whether it is old, is not asked here.

Unsealing raises nothing but WireError, whatever the bytes. Sealing a message that cannot be sent
is a mistake of the caller and raises ValueError.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from sidecar.wire import classic, netstring
from sidecar.wire.auth import Key, Keyring, Signature, signature, verify
from sidecar.wire.compression import unwrap
from sidecar.wire.errors import Malformed, Oversized
from sidecar.wire.fields import AUTH
from sidecar.wire.limits import MAX_DATAGRAM, MAX_FIELDS, NAME
from sidecar.wire.message import Field, FieldKind, Message

_NAME = re.compile(NAME)


class Form(StrEnum):
    """The two encodings; a receiver accepts both on every UDP medium."""

    NETSTRING = "netstring"
    CLASSIC = "classic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A message as it travelled: in which form, and signed under which key number."""

    message: Message
    form: Form
    key_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A datagram that was cut into what is covered and what was made of it, and not read yet."""

    form: Form
    made: Signature
    covered: bytes
    data: bytes

    def open(self) -> Sealed:
        """Decode. Raise WireError when what is covered is no message."""
        match self.form:
            case Form.NETSTRING:
                message = netstring.parse(self.covered)
            case Form.CLASSIC:
                message = classic.parse(self.data)
                if classic.covered(message) != self.covered:
                    raise Malformed("what was signed is not what was read")
            case _:
                assert_never(self.form)
        return Sealed(message=unwrap(message), form=self.form, key_number=self.made.number)


def seal(message: Message, key: Key, form: Form, *, inner: bool = True) -> bytes:
    """Sign and encode. The classic form is always signed inside, by a last field `auth`.

    A message that has a field `auth` already keeps it as it is: so a captured message can be
    encoded again to the same bytes.
    """
    refuse_what_no_form_can_carry(message)
    match form:
        case Form.NETSTRING:
            covered = netstring.encode(_with_inner(message, key) if inner else message)
            data = covered + netstring.encode_outer(signature(key, covered))
        case Form.CLASSIC:
            data = classic.encode(_with_inner(message, key))
        case _:
            assert_never(form)
    return within_limit(data)


def refuse_what_no_form_can_carry(message: Message) -> None:
    """Raise ValueError."""
    # One place is left for the inner authentication.
    if len(message.fields) >= MAX_FIELDS:
        raise ValueError(f"a message has at most {MAX_FIELDS - 1} fields besides auth")
    for field in message.fields:
        if not _NAME.fullmatch(field.name):
            raise ValueError(f"{field.name!r} cannot be the name of a field")
        if isinstance(field.value, str) is not (field.kind is FieldKind.STRING):
            raise ValueError(f"field {field.name}: a string holds text, every other kind bytes")


def within_limit(data: bytes) -> bytes:
    """The same, if it is no longer than a datagram may be. Raise ValueError."""
    if len(data) > MAX_DATAGRAM:
        raise ValueError(f"the message takes {len(data)} bytes; {MAX_DATAGRAM} are allowed")
    return data


def unseal(data: bytes, keyring: Keyring) -> Sealed:
    """Verify and decode one datagram or one frame of a serial line."""
    return verified(data, keyring).open()


def verified(data: bytes, keyring: Keyring) -> Envelope:
    """Verify without decoding, which costs several times as much."""
    envelope = _envelope(data)
    verify(keyring, envelope.made, envelope.covered)
    return envelope


def decode(data: bytes) -> Sealed:
    """Decode without verifying: for showing a datagram to a person, never for acting on it."""
    return _envelope(data).open()


def form_of(data: bytes) -> Form | None:
    """The form that the first four bytes announce."""
    if data.startswith(netstring.START):
        return Form.NETSTRING
    if data.startswith(classic.START):
        return Form.CLASSIC
    return None


def _envelope(data: bytes) -> Envelope:
    if len(data) > MAX_DATAGRAM:
        raise Oversized(f"{len(data)} bytes; {MAX_DATAGRAM} are allowed")
    form = form_of(data)
    match form:
        case Form.NETSTRING:
            covered, made = netstring.split(data)
        case Form.CLASSIC:
            covered, made = classic.split(data)
        case None:
            raise Malformed("begins neither like the netstring nor like the classic form")
        case _:
            assert_never(form)
    return Envelope(form=form, made=made, covered=covered, data=data)


def _with_inner(message: Message, key: Key) -> Message:
    if message.find(AUTH) is not None:
        return message
    made = signature(key, classic.covered(message))
    return Message((*message.fields, Field(AUTH, made.encode(), FieldKind.STRING)))
