"""Messages and their fields."""

from dataclasses import FrozenInstanceError

import pytest

from sidecar.wire.errors import Malformed
from sidecar.wire.message import Field, FieldKind, Message

TWICE = Message.of(("t", "status"), ("st", "up"), ("st", "dead"), ("seq", "1"))


def test_text_makes_a_string_field_and_bytes_a_binary_one():
    message = Message.of(("src", "alpha"), ("srcuuid", b"\x01"))
    assert message.fields == (
        Field("src", "alpha", FieldKind.STRING),
        Field("srcuuid", b"\x01", FieldKind.BINARY),
    )


def test_a_message_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        TWICE.fields = ()  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        TWICE.fields[0].value = "x"  # type: ignore[misc]


def test_the_first_field_of_a_name_counts():
    assert TWICE.get("st") == "up"
    mixed = Message.of(("st", b"up"), ("st", "dead"))
    assert mixed.get("st") is None
    assert mixed.get_bytes("st") == b"up"


def test_text_and_bytes_are_asked_for_separately():
    message = Message.of(("src", "alpha"), ("srcuuid", b"\x01"))
    assert message.get("srcuuid") is None
    assert message.get_bytes("srcuuid") == b"\x01"
    assert message.get_bytes("src") is None
    assert message.get("dest") is None
    assert message.get_bytes("destuuid") is None


def test_the_kind_of_a_message_is_its_t():
    assert TWICE.kind == "status"
    assert Message.of(("st", "up")).kind == ""
    assert Message.of(("t", b"status")).kind == ""


def test_numbers_are_read_in_their_base():
    message = Message.of(("seq", "1f"), ("firstseq", "31"), ("hg", "FFFFFFFFFFFFFFFF"))
    assert message.hex_int("seq") == 31
    assert message.dec_int("firstseq") == 31
    assert message.hex_int("hg") == 2**64 - 1
    assert message.hex_int("ts") is None
    assert message.dec_int("ttl") is None


@pytest.mark.parametrize(
    "text",
    ["", "g", "0x1f", "-1", "+1", " 1", "1 ", "1_0", "1\n", "\u0661", "1" * 17, "1.0", "1\0"],
)
def test_what_is_no_hex_number_is_malformed(text):
    with pytest.raises(Malformed, match=r"field seq=.*should be 1 to 16 hex digits"):
        Message.of(("seq", text)).hex_int("seq")


@pytest.mark.parametrize("text", ["", "1f", "-1", "+1", " 1", "1_0", "\u0661", "1" * 20, "1\n"])
def test_what_is_no_decimal_number_is_malformed(text):
    with pytest.raises(Malformed, match=r"field ttl=.*should be 1 to 19 decimal digits"):
        Message.of(("ttl", text)).dec_int("ttl")


def test_a_number_in_a_binary_field_is_malformed():
    with pytest.raises(Malformed):
        Message.of(("seq", b"1")).hex_int("seq")


def test_the_text_of_a_refusal_is_short_however_long_the_value_is():
    with pytest.raises(Malformed) as refused:
        Message.of(("seq", "x" * 100_000)).hex_int("seq")
    assert len(str(refused.value)) < 200


def test_new_fields_go_to_the_end_and_known_ones_stay_in_place():
    changed = Message.of(("t", "status"), ("seq", "1"), ("ttl", "3")).with_fields(
        ("dest", "beta"), ("seq", "2"), ("ld", "0.1")
    )
    assert [(field.name, field.value) for field in changed.fields] == [
        ("t", "status"),
        ("seq", "2"),
        ("ttl", "3"),
        ("dest", "beta"),
        ("ld", "0.1"),
    ]


def test_a_replaced_field_is_the_only_one_of_its_name():
    assert TWICE.with_fields(("st", "init")) == Message.of(
        ("t", "status"), ("st", "init"), ("seq", "1")
    )


def test_a_removed_name_is_gone_altogether():
    assert TWICE.without("st") == Message.of(("t", "status"), ("seq", "1"))
    assert TWICE.without("dest") == TWICE


def test_bytes_that_are_no_text_survive_as_text():
    raw = bytes(range(256))
    field = Field("info", raw.decode("utf-8", "surrogateescape"), FieldKind.STRING)
    assert field.raw() == raw
