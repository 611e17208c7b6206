"""The classic form: lines of text."""

import pytest

from sidecar.wire.auth import signature
from sidecar.wire.codec import Form, seal, unseal
from sidecar.wire.errors import Malformed, Oversized, Unauthenticated
from sidecar.wire.message import Field, FieldKind, Message
from tests.wire.keys import RING, SHA1, STATUS


def signed(lines: bytes, *, end: bytes = b"<<<\n") -> bytes:
    """A datagram with these lines, whatever they are, and the right inner authentication."""
    return b">>>\n%bauth=%b\n%b" % (lines, signature(SHA1, lines).encode().encode(), end)


def read(data: bytes) -> Message:
    return unseal(data, RING).message.without("auth")


def test_a_message_is_written_as_the_protocol_shows():
    message = Message.of(
        ("t", "status"), ("srcuuid", bytes.fromhex("a52f28a9628248769a05c79c27a9a238"))
    )
    lines = b"t=status\n(1)srcuuid=pS8oqWKCSHaaBcecJ6miOA==\n"
    assert seal(message, SHA1, Form.CLASSIC) == signed(lines)
    assert read(signed(lines)) == message


def test_the_inner_value_is_there_even_when_it_is_not_asked_for():
    assert seal(STATUS, SHA1, Form.CLASSIC, inner=False) == seal(STATUS, SHA1, Form.CLASSIC)


@pytest.mark.parametrize("end", [b"<<<\n", b"<<<\n\0"])
def test_a_nul_after_the_end_is_taken_or_left(end):
    assert read(signed(b"t=status\n", end=end)).kind == "status"


@pytest.mark.parametrize(
    "end",
    [
        b"",
        b"<<<",
        b"<<<\x00",
        b"<<<\n\x00\x00",
        b"<<<\n\n",
        b"<<<\nx",
        b"<<\n",
        b"<<<x\n",
        b"\x00<<<\n",
        b"x<<<\n",
        b"<<<\n<<<\n",
        b">>>\n<<<\n",
    ],
)
def test_any_other_end_is_malformed(end):
    with pytest.raises(Malformed):
        unseal(signed(b"t=status\n", end=end), RING)


def test_the_end_is_a_line_of_its_own():
    with pytest.raises(Malformed, match="does not end with a line <<<"):
        unseal(signed(b"t=status\n").replace(b"\n<<<", b"<<<"), RING)


def test_empty_lines_are_skipped():
    value = signature(SHA1, b"t=status\nst=up\n").encode().encode()
    message = read(b">>>\n\nt=status\n\n\nst=up\nauth=" + value + b"\n\n<<<\n")
    assert message == Message.of(("t", "status"), ("st", "up"))


def test_the_authentication_may_stand_anywhere():
    value = signature(SHA1, b"t=status\nst=up\n").encode().encode()
    message = read(b">>>\nt=status\nauth=" + value + b"\nst=up\n<<<\n")
    assert message == Message.of(("t", "status"), ("st", "up"))


def test_a_newline_in_a_value_travels_as_another_byte():
    message = Message.of(("info", "one\ntwo"))
    data = seal(message, SHA1, Form.CLASSIC)
    assert data.startswith(b">>>\ninfo=one\x13two\nauth=")
    assert read(data) == message


def test_a_value_may_hold_an_equal_sign_and_marks():
    message = Message.of(("info", "a=b"), ("more", ">>>"), ("last", "<<<"))
    assert read(seal(message, SHA1, Form.CLASSIC)) == message


def test_a_list_travels_as_it_is():
    message = Message((Field("names", b"1:a,1:b,", FieldKind.LIST),))
    data = seal(message, SHA1, Form.CLASSIC)
    assert b"\n(3)names=1:a,1:b,\n" in data
    assert read(data) == message


def test_an_empty_value_is_read_though_we_never_send_one():
    assert read(signed(b"info=\n(1)u=\n")) == Message.of(("info", ""), ("u", b""))


@pytest.mark.parametrize(
    "line",
    [
        b"status",
        b"=status",
        b"(1)=AAAA",
        b"(0)t=x",
        b"(5)t=x",
        b"(1t=x",
        b"()t=x",
        b"<<<x=1",
        b">>>",
        b">>>x=1",
        b" t=x",
        b"t =x",
        b"\xe4=x",
        b"n" * 129 + b"=x",
    ],
)
def test_a_line_that_is_no_name_and_value_spoils_the_message(line):
    with pytest.raises(Malformed, match=r"is no NAME=VALUE"):
        unseal(signed(b"t=status\n" + line + b"\n"), RING)


def test_a_nul_inside_is_malformed():
    with pytest.raises(Malformed, match="a NUL inside the text"):
        unseal(signed(b"t=sta\0tus\n"), RING)


@pytest.mark.parametrize("digit", [2, 4])
def test_a_nested_message_is_never_classic(digit):
    with pytest.raises(Malformed, match="nested"):
        unseal(signed(b"(%d)f=AAAA\n" % digit), RING)


@pytest.mark.parametrize(
    "text",
    [b"A", b"AA", b"AAA", b"AA==x", b"AAAA====", b"A A=", b"AB==", b"AAB=", b"-_8=", b"===="],
)
def test_base64_has_one_spelling(text):
    assert read(signed(b"(1)u=AA==\n")) == Message.of(("u", b"\0"))
    with pytest.raises(Malformed, match="field u: bad base64"):
        unseal(signed(b"(1)u=" + text + b"\n"), RING)


def test_a_message_without_authentication_is_unsigned():
    with pytest.raises(Unauthenticated) as refused:
        unseal(b">>>\nt=status\n<<<\n", RING)
    assert refused.value.reason == "unsigned"


def test_a_second_authentication_is_malformed():
    """Nothing covers what stands in it."""
    with pytest.raises(Malformed, match="more than one field auth"):
        unseal(signed(b"t=status\n", end=b"auth=1 00\n<<<\n"), RING)


def test_a_damaged_authentication_is_malformed():
    with pytest.raises(Malformed, match="no key number and hex value"):
        unseal(b">>>\nt=status\nauth=1\n<<<\n", RING)


def test_an_old_authentication_is_kept_and_therefore_refused():
    stale = seal(STATUS.with_fields(("auth", "1 00")), SHA1, Form.CLASSIC)
    with pytest.raises(Unauthenticated) as refused:
        unseal(stale, RING)
    assert refused.value.reason == "bad_auth"


def test_too_many_fields_are_oversized():
    assert len(read(signed(b"f=x\n" * 999)).fields) == 999
    with pytest.raises(Oversized, match="more than 1000 fields"):
        unseal(signed(b"f=x\n" * 1000), RING)


@pytest.mark.parametrize(
    "field",
    [
        Field("f", "a\0b", FieldKind.STRING),
        Field("f", "a\x13b", FieldKind.STRING),
        Field("f", b"a\nb", FieldKind.LIST),
        Field("f", b"a\0b", FieldKind.LIST),
        Field("f", b"x", FieldKind.NESTED),
        Field("f", b"x", FieldKind.COMPRESSED),
    ],
    ids=repr,
)
def test_what_text_cannot_carry_is_our_own_mistake(field):
    with pytest.raises(ValueError, match=r"field f: .*send the message in netstring form"):
        seal(Message((field,)), SHA1, Form.CLASSIC)


@pytest.mark.parametrize("value", ["", b""])
def test_we_send_no_empty_value(value):
    with pytest.raises(ValueError, match="field f: the classic form has no empty values"):
        seal(Message.of(("f", value)), SHA1, Form.CLASSIC)
