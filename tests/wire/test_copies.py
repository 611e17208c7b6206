"""Copies of one message are what sealing each of them by itself gives."""

import pytest

from sidecar.wire.auth import Key, Keyring, Method
from sidecar.wire.codec import Form, seal, unseal
from sidecar.wire.copies import Copies
from sidecar.wire.limits import MAX_DATAGRAM, MAX_FIELDS
from sidecar.wire.message import Message

KEY = Key(2, Method.SHA1, b"a key")
STATUS = Message.of(
    ("t", "status"), ("st", "active"), ("link", "none"), ("src", "a"), ("srcuuid", bytes(16))
)


@pytest.mark.parametrize("inner", [True, False])
@pytest.mark.parametrize("form", Form)
def test_a_copy_is_to_the_byte_what_seal_makes(form: Form, inner: bool):  # noqa: FBT001
    copies = Copies(STATUS, KEY, varies="link", inner=inner)
    for name in ("eth1", "/dev/ttyS0", "x" * 200):
        expected = seal(STATUS.with_fields(("link", name)), KEY, form, inner=inner)
        assert copies.seal(name, form) == expected


def test_both_forms_of_one_message_can_be_made():
    copies = Copies(STATUS, KEY, varies="link")
    for form in (*Form, *Form):
        sealed = unseal(copies.seal("eth1", form), Keyring(KEY, (KEY,)))
        assert sealed.message.get("link") == "eth1"


def test_a_value_that_makes_it_too_long_is_refused():
    with pytest.raises(ValueError, match="are allowed"):
        Copies(STATUS, KEY, varies="link").seal("x" * MAX_DATAGRAM, Form.NETSTRING)


def test_a_value_that_the_classic_form_cannot_carry_is_refused():
    with pytest.raises(ValueError, match="no empty values"):
        Copies(STATUS, KEY, varies="link").seal("", Form.CLASSIC)


def test_a_message_of_too_many_fields_is_refused():
    many = Message.of(("link", "none"), *((f"f{number}", "x") for number in range(MAX_FIELDS)))
    with pytest.raises(ValueError, match="fields besides auth"):
        Copies(many, KEY, varies="link")
