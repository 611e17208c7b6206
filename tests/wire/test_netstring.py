"""The netstring form, refused to the byte."""

import pytest

from sidecar.wire.auth import signature
from sidecar.wire.codec import Form, seal, unseal
from sidecar.wire.errors import Malformed, Oversized, Unauthenticated
from sidecar.wire.message import FieldKind, Message
from tests.wire.keys import RING, SHA1, STATUS


def signed(fields: bytes) -> bytes:
    """A datagram with these fields, whatever they are, and the right outer authentication."""
    covered = b"###\n" + fields + b"%%%\n"
    text = signature(SHA1, covered).encode().encode()
    return covered + b"%d:%b," % (len(text), text)


def fields_of(data: bytes) -> list[tuple[str, str | bytes]]:
    return [(field.name, field.value) for field in unseal(data, RING).message.fields]


def test_a_message_is_written_as_the_protocol_shows():
    assert seal(Message.of(("t", "status"), ("u", b"\0,")), SHA1, Form.NETSTRING, inner=False) == (
        signed(b"11:(0)t=status,7:(1)u=\0,,")
    )


def test_a_value_may_hold_any_byte_even_the_marks():
    value = "%%%\n###\n4:(0)=,\0\n=\x13"
    message = Message.of(("info", value), ("raw", value.encode()))
    assert unseal(seal(message, SHA1, Form.NETSTRING, inner=False), RING).message == message


def test_a_value_that_looks_like_the_end_of_the_datagram_is_a_value():
    looks = signed(b"11:(0)t=status,").decode()
    message = Message.of(("info", looks))
    assert unseal(seal(message, SHA1, Form.NETSTRING, inner=False), RING).message == message


def test_an_empty_value_is_read():
    assert fields_of(signed(b"5:(0)t=,")) == [("t", "")]


def test_a_datagram_without_fields_is_a_message_without_fields():
    assert fields_of(signed(b"")) == []


def test_only_the_outer_value_counts():
    """As with a real node, a wrong inner value changes nothing."""
    message = STATUS.with_fields(("auth", "1 00"))
    assert unseal(seal(message, SHA1, Form.NETSTRING), RING).message == message


@pytest.mark.parametrize("digit", [2, 3, 4])
def test_the_other_kinds_are_carried_as_they_are(digit):
    (field,) = unseal(signed(b"9:(%d)f=\0\n,\x13," % digit), RING).message.fields
    assert (field.kind, field.value) == (FieldKind(digit), b"\0\n,\x13")


@pytest.mark.parametrize("digit", b"56789x")
def test_a_kind_that_is_never_sent_is_malformed(digit):
    with pytest.raises(Malformed, match="does not begin a field"):
        unseal(signed(b"6:(%c)f=x," % digit), RING)


@pytest.mark.parametrize(
    "fields",
    [
        b"+6:(0)f=x,",
        b" 6:(0)f=x,",
        b"06:(0)f=x,",
        b"-6:(0)f=x,",
        b"6 :(0)f=x,",
        b"0x6:(0)f=x,",
        b":(0)f=x,",
        b"0:,",
        b"6(0)f=x,",
        b"6:0)f=x,",
        b"6:(0f=x,",
        b"6:()f=x,",
        b"6:(00)f=x,",
        b"6:(0)=xy,",
        b"5:(0)fx,",
        b"7:(0)f f=x,",
        b"7:(0)\xe4f=x,",
        b"6:(0)f\n=,",
        b"6:(0)(=x,",
        b"6:(0)f=x;",
        b"6:(0)f=x",
        b"6:(0)f=x,,",
        b"6:(0)f=x,x",
        b"6:(0)f=x,%",
        b"9999999:(0)f=x,",
        b"9" * 5000 + b":(0)f=x,",
        b"4:(0)a,6:(0)f=x,",
        b"200:(0)" + b"n" * 129 + b"=" + b"v" * 67 + b",",
    ],
)
def test_fields_in_any_other_spelling_are_malformed(fields):
    with pytest.raises(Malformed):
        unseal(signed(fields), RING)


@pytest.mark.parametrize("length", [1, 4, 5, 7, 8, 9, 10, 11, 12, 999_999])
def test_a_length_that_does_not_fit_is_malformed(length):
    assert fields_of(signed(b"6:(0)f=x,")) == [("f", "x")]
    with pytest.raises(Malformed, match=f"the length {length} of a field does not fit"):
        unseal(signed(b"%d:(0)f=x," % length), RING)


def test_a_datagram_without_the_outer_authentication_is_unsigned():
    with pytest.raises(Unauthenticated) as refused:
        unseal(b"###\n11:(0)t=status,%%%\n", RING)
    assert refused.value.reason == "unsigned"


def test_a_datagram_without_the_end_mark_is_malformed():
    with pytest.raises(Malformed, match="no end mark"):
        unseal(b"###\n11:(0)t=status,", RING)


@pytest.mark.parametrize(
    "outer",
    [
        b"042:%b,",
        b"+42:%b,",
        b" 42:%b,",
        b"42 :%b,",
        b"43:%b,",
        b"41:%b,",
        b"42:%b",
        b"42:%b;",
        b"42:%b,\n",
        b"42:%b,,",
        b"0:,",
        b"%b",
    ],
)
def test_an_outer_authentication_in_any_other_spelling_is_malformed(outer):
    covered = b"###\n11:(0)t=status,%%%\n"
    text = signature(SHA1, covered).encode().encode()
    assert unseal(covered + b"42:%b," % text, RING).key_number == 1
    with pytest.raises(Malformed):
        unseal(covered + (outer % text if b"%b" in outer else outer), RING)


def test_a_stranger_gets_no_further_than_the_signature():
    """Fields that would be malformed are not even looked at."""
    data = bytearray(signed(b"rubbish"))
    data[-2] = ord("0") if data[-2] != ord("0") else ord("1")
    with pytest.raises(Unauthenticated):
        unseal(bytes(data), RING)


def test_too_many_fields_are_oversized():
    assert len(fields_of(signed(b"6:(0)f=x," * 1000))) == 1000
    with pytest.raises(Oversized, match="more than 1000 fields"):
        unseal(signed(b"6:(0)f=x," * 1001), RING)
