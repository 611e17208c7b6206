"""A message that goes out on several links, each copy with another value of one field.

To encode a message costs more than all else that a beat does, and the copies of one differ in a
single word. So the other fields are encoded once, and each copy is put together from their bytes
and signed. It comes out as from codec.seal, to the byte: a test compares the two.
"""

from typing import Final, assert_never

from sidecar.wire import classic, netstring
from sidecar.wire.auth import Key, signature
from sidecar.wire.codec import Form, refuse_what_no_form_can_carry, within_limit
from sidecar.wire.fields import AUTH
from sidecar.wire.message import Field, FieldKind, Message

_ENCODE: Final = {Form.NETSTRING: netstring.encode_field, Form.CLASSIC: classic.encode_field}


class Copies:
    """The copies of one message that has no field `auth` yet; ``varies`` names a field of it."""

    def __init__(self, message: Message, key: Key, *, varies: str, inner: bool = True) -> None:
        """Raise ValueError when the message cannot be sent, as codec.seal does."""
        refuse_what_no_form_can_carry(message)
        at = [field.name for field in message.fields].index(varies)
        self._varies = varies
        self._key = key
        self._inner = inner
        self._before = message.fields[:at]
        self._after = message.fields[at + 1 :]
        self._encoded: dict[Form, tuple[bytes, bytes]] = {}
        self._fits_text = False

    def seal(self, value: str, form: Form) -> bytes:
        """The copy with this value, signed and encoded."""
        field = Field(self._varies, value, FieldKind.STRING)
        match form:
            case Form.NETSTRING:
                return within_limit(self._as_netstrings(field))
            case Form.CLASSIC:
                return within_limit(self._as_text(field))
            case _:
                assert_never(form)

    def _as_netstrings(self, field: Field) -> bytes:
        before, after = self._around(Form.NETSTRING)
        one = netstring.encode_field(field)
        auth = netstring.encode_field(self._auth(self._text(field))) if self._inner else b""
        covered = b"".join((netstring.START, before, one, after, auth, netstring.END))
        return covered + netstring.encode_outer(signature(self._key, covered))

    def _as_text(self, field: Field) -> bytes:
        classic.refuse_what_text_cannot_carry(field)
        if not self._fits_text:
            for one in (*self._before, *self._after):
                classic.refuse_what_text_cannot_carry(one)
            self._fits_text = True
        text = self._text(field)
        auth = classic.encode_field(self._auth(text))
        return b"".join((classic.START, text, auth, classic.END))

    def _text(self, field: Field) -> bytes:
        """What the inner authentication covers."""
        before, after = self._around(Form.CLASSIC)
        return before + classic.encode_field(field) + after

    def _auth(self, text: bytes) -> Field:
        return Field(AUTH, signature(self._key, text).encode(), FieldKind.STRING)

    def _around(self, form: Form) -> tuple[bytes, bytes]:
        """The fields before and after the one that varies, encoded when they are first wanted."""
        found = self._encoded.get(form)
        if found is None:
            encode = _ENCODE[form]
            found = b"".join(map(encode, self._before)), b"".join(map(encode, self._after))
            self._encoded[form] = found
        return found
