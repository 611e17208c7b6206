"""Sealing and unsealing: limits, refusals, and every message there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.wire.auth import Key, Keyring, Method, signature
from sidecar.wire.codec import Form, Sealed, decode, form_of, seal, unseal
from sidecar.wire.errors import Malformed, Oversized, Unauthenticated, WireError
from sidecar.wire.limits import MAX_DATAGRAM
from sidecar.wire.message import Field, FieldKind, Message
from tests.wire.keys import CRC, RING, SHA1, STATUS
from tests.wire.strategies import classic_messages, messages

METHODS = [Key(7, method, b"" if method is Method.CRC else b"a key") for method in Method]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("key", METHODS, ids=lambda key: key.method)
def test_a_message_comes_back_signed_by_every_method_in_both_forms(form, key):
    sealed = unseal(seal(STATUS, key, form), Keyring(key, (key,)))
    assert sealed == Sealed(message=sealed.message, form=form, key_number=7)
    assert sealed.message.without("auth") == STATUS
    assert sealed.message.fields[-1].name == "auth"


def test_without_the_inner_authentication_a_netstring_message_is_as_it_was():
    assert unseal(seal(STATUS, SHA1, Form.NETSTRING, inner=False), RING).message == STATUS


@given(messages, st.booleans())
def test_any_message_survives_the_netstring_form(message, inner):
    sealed = unseal(seal(message, CRC, Form.NETSTRING, inner=inner), RING)
    assert sealed.message.without("auth") == message
    assert sealed.form is Form.NETSTRING


@given(classic_messages)
def test_a_message_that_text_can_carry_survives_the_classic_form(message):
    sealed = unseal(seal(message, CRC, Form.CLASSIC), RING)
    assert sealed.message.without("auth") == message
    assert sealed.form is Form.CLASSIC


@given(messages)
def test_the_classic_form_carries_a_message_exactly_or_not_at_all(message):
    try:
        data = seal(message, CRC, Form.CLASSIC)
    except ValueError as refused:
        assert "the classic form" in str(refused)  # noqa: PT017 - both outcomes are right
    else:
        assert unseal(data, RING).message.without("auth") == message


@given(messages)
def test_writing_what_was_read_gives_the_same_bytes(message):
    data = seal(message, SHA1, Form.NETSTRING)
    assert seal(unseal(data, RING).message, SHA1, Form.NETSTRING) == data


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused_and_nothing_else(data):
    for start in (b"", b"###\n", b">>>\n"):
        with pytest.raises(WireError) as refused:
            unseal(start + data, RING)
        assert refused.value.reason in {
            "malformed",
            "oversized",
            "unknown_key",
            "bad_auth",
            "unsigned",
        }


# Pieces that the parsers know, in an order that they do not.
_PIECES = st.lists(
    st.sampled_from(
        [
            b"###\n",
            b"%%%\n",
            b">>>\n",
            b"<<<\n",
            b"6:(0)f=x,",
            b"f=x\n",
            b"(1)u=AA==\n",
            b"\n",
            b"auth=2 ",
            b"8:(0)t=ns,",
            b"5:2 abc,",
            b"\x00",
            b"(",
            b")",
            b"=",
            b":",
            b",",
            b"9",
            b"23:(1)_compressed_payload=x,",
            b"29:(0)_compression_algorithm=zlib,",
        ]
    )
    | st.binary(max_size=5),
    max_size=30,
).map(b"".join)


@given(_PIECES)
def test_what_a_holder_of_the_key_signs_is_read_or_refused(pieces):
    """A right signature on rubbish reaches the parsers behind it."""
    netstrings = b"###\n" + pieces + b"%%%\n"
    outer = signature(CRC, netstrings).encode().encode()
    text = b">>>\n%bauth=%b\n<<<\n" % (pieces, signature(CRC, pieces).encode().encode())
    for data in (netstrings + b"%d:%b," % (len(outer), outer), text):
        try:
            sealed = unseal(data, RING)
        except WireError:
            continue
        assert sealed.key_number == CRC.number


@pytest.mark.parametrize(
    "data", [b"", b"#", b"###", b">>>", b"%%%\n", b"<<<\n", b"\0###\n", b"###\r\n"]
)
def test_what_begins_like_neither_form_is_malformed(data):
    assert form_of(data) is None
    with pytest.raises(Malformed, match="begins neither like"):
        unseal(data, RING)


def test_more_bytes_than_a_message_may_have_are_oversized():
    with pytest.raises(Oversized):
        unseal(b"###\n" + bytes(MAX_DATAGRAM), RING)


@pytest.mark.parametrize("form", Form)
def test_a_message_of_the_full_size_is_sent_and_one_byte_more_is_not(form):
    overhead = len(seal(Message.of(("f", "x" * 200_000)), SHA1, form)) - 200_000
    full = MAX_DATAGRAM - overhead
    data = seal(Message.of(("f", "x" * full)), SHA1, form)
    assert len(data) == MAX_DATAGRAM
    assert unseal(data, RING).message.get("f") == "x" * full
    with pytest.raises(ValueError, match=f"{MAX_DATAGRAM} are allowed"):
        seal(Message.of(("f", "x" * (full + 1))), SHA1, form)


@pytest.mark.parametrize("form", Form)
def test_a_message_of_too_many_fields_is_not_sent(form):
    most = Message((Field("f", "x", FieldKind.STRING),) * 999)
    assert unseal(seal(most, SHA1, form), RING).message.without("auth") == most
    with pytest.raises(ValueError, match="at most 999 fields"):
        seal(Message((*most.fields, most.fields[0])), SHA1, form)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(
    "name", ["", "a=b", "a\n", "a b", "(1)a", "<<<", ">>>", "\xe4", "a\0", "n" * 129]
)
def test_a_name_that_the_wire_does_not_know_is_not_sent(form, name):
    with pytest.raises(ValueError, match="cannot be the name of a field"):
        seal(Message.of((name, "x")), SHA1, form)


@pytest.mark.parametrize(
    "field", [Field("f", "x", FieldKind.BINARY), Field("f", b"x", FieldKind.STRING)], ids=repr
)
def test_a_value_of_the_wrong_type_is_not_sent(field):
    with pytest.raises(ValueError, match="field f: a string holds text"):
        seal(Message((field,)), SHA1, Form.NETSTRING)


def test_text_that_no_bytes_decode_to_is_not_sent():
    with pytest.raises(ValueError, match="surrogates not allowed"):
        seal(Message.of(("f", "\ud800")), SHA1, Form.NETSTRING)


@pytest.mark.parametrize("form", Form)
def test_fields_of_the_same_name_are_all_kept_and_the_first_counts(form):
    message = Message.of(("st", "up"), ("t", "status"), ("st", "dead"))
    got = unseal(seal(message, SHA1, form), RING).message
    assert got.without("auth") == message
    assert got.get("st") == "up"


@pytest.mark.parametrize("form", Form)
def test_decoding_shows_what_unsealing_refuses(form):
    data = seal(STATUS, Key(5, Method.MD5, b"unknown"), form)
    with pytest.raises(Unauthenticated):
        unseal(data, RING)
    shown = decode(data)
    assert shown.message.without("auth") == STATUS
    assert (shown.form, shown.key_number) == (form, 5)
