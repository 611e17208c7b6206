"""Every captured datagram, byte for byte."""

import random

import pytest

from sidecar.wire import classic, netstring
from sidecar.wire.auth import Key, Keyring, Method, sign, signature
from sidecar.wire.codec import Form, seal, unseal
from sidecar.wire.errors import Unauthenticated, WireError
from sidecar.wire.fields import AUTH
from sidecar.wire.message import Message
from tests.wire.vectors import Captured, captured

ALL = captured()
PLAIN = [one for one in ALL if one.inflated is None]
COMPRESSED = [one for one in ALL if one.inflated is not None]
OUTER = [one for one in ALL if one.outer_value is not None]
INNER = [one for one in ALL if one.inner_value is not None]


def name_of(one: Captured) -> str:
    return one.name


def without_nul(one: Captured) -> bytes:
    """The datagram as we write it: no NUL after the classic text."""
    return one.data.removesuffix(b"\0") if one.form is Form.CLASSIC else one.data


def test_there_is_something_to_prove():
    assert len(ALL) > 200
    assert len(COMPRESSED) == 2
    assert {one.key.method for one in ALL} == {Method.CRC, Method.MD5, Method.SHA1}
    assert {one.form for one in ALL} == set(Form)


@pytest.mark.parametrize("one", PLAIN, ids=name_of)
def test_a_captured_datagram_is_accepted_with_the_fields_listed(one):
    sealed = unseal(one.data, one.keyring)
    assert sealed.message.fields == one.fields
    assert sealed.form is one.form
    assert sealed.key_number == one.key.number


@pytest.mark.parametrize("one", PLAIN, ids=name_of)
def test_a_captured_datagram_is_written_again_to_the_same_bytes(one):
    message = unseal(one.data, one.keyring).message
    assert seal(message, one.key, one.form, inner=False) == without_nul(one)


@pytest.mark.parametrize("one", PLAIN, ids=name_of)
def test_a_captured_datagram_is_signed_again_to_the_same_bytes(one):
    message = unseal(one.data, one.keyring).message
    has_inner = message.find(AUTH) is not None
    again = seal(message.without(AUTH), one.key, one.form, inner=has_inner)
    assert again == without_nul(one)


@pytest.mark.parametrize("one", COMPRESSED, ids=name_of)
def test_a_compressed_datagram_gives_the_message_inside(one):
    assert one.inflated is not None
    message = unseal(one.data, one.keyring).message
    assert message == classic.parse(one.inflated)
    assert classic.encode(message) + b"\0" == one.inflated


@pytest.mark.parametrize("one", COMPRESSED, ids=name_of)
def test_a_compressed_datagram_is_written_again_to_the_same_bytes(one):
    covered, _ = netstring.split(one.data)
    assert netstring.parse(covered).fields == one.fields
    assert seal(Message(one.fields), one.key, one.form, inner=False) == one.data


@pytest.mark.parametrize("one", OUTER, ids=name_of)
def test_the_outer_value_covers_the_listed_bytes(one):
    covered, made = netstring.split(one.data)
    assert len(covered) == one.outer_covered_bytes
    assert made.value == one.outer_value == sign(one.key, covered)


@pytest.mark.parametrize("one", INNER, ids=name_of)
def test_the_inner_value_covers_the_listed_text(one):
    assert one.inner_covered is not None
    message = Message(one.fields)
    assert classic.covered(message) == one.inner_covered
    assert signature(one.key, one.inner_covered).encode() == message.get(AUTH)
    assert sign(one.key, one.inner_covered) == one.inner_value


@pytest.mark.parametrize("one", [one for one in ALL if one.key.text], ids=name_of)
def test_another_key_text_refuses_a_captured_datagram(one):
    other = Key(one.key.number, one.key.method, one.key.text + b"x")
    with pytest.raises(Unauthenticated) as refused:
        unseal(one.data, Keyring(other, (other,)))
    assert refused.value.reason == "bad_auth"


@pytest.mark.parametrize("one", ALL, ids=name_of)
def test_an_unknown_key_number_refuses_a_captured_datagram(one):
    other = Key(one.key.number + 1, one.key.method, one.key.text)
    with pytest.raises(Unauthenticated) as refused:
        unseal(one.data, Keyring(other, (other,)))
    assert refused.value.reason == "unknown_key"


@pytest.mark.parametrize("one", ALL, ids=name_of)
def test_a_flipped_bit_anywhere_refuses_a_captured_datagram(one):
    dice = random.Random(one.name)
    data = without_nul(one)
    places = [*dice.sample(range(len(data)), 40), *range(8), *range(len(data) - 60, len(data))]
    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << dice.randrange(8)
        with pytest.raises(WireError):
            unseal(bytes(damaged), one.keyring)


# One of each method and form is enough where every length is tried.
SAMPLES = list({(one.key.method, one.form, one.inflated is None): one for one in ALL}.values())


@pytest.mark.parametrize("one", SAMPLES, ids=name_of)
def test_a_flipped_bit_at_each_place_refuses_a_datagram(one):
    data = without_nul(one)
    for place in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[place] ^= 1 << bit
            with pytest.raises(WireError):
                unseal(bytes(damaged), one.keyring)


@pytest.mark.parametrize("one", ALL, ids=name_of)
def test_a_datagram_cut_at_any_length_is_refused(one):
    data = without_nul(one)
    for length in range(len(data)):
        with pytest.raises(WireError):
            unseal(data[:length], one.keyring)


@pytest.mark.parametrize("one", ALL, ids=name_of)
@pytest.mark.parametrize("extra", [b"\n", b"\0\0", b"x", b",", b"%%%\n", b"<<<\n", b"\0\n"])
def test_bytes_after_the_end_refuse_a_datagram(one, extra):
    with pytest.raises(WireError):
        unseal(without_nul(one) + extra, one.keyring)


def test_a_nul_after_the_end_is_part_of_the_classic_form_only():
    for one in ALL:
        data = without_nul(one) + b"\0"
        if one.form is Form.CLASSIC:
            assert unseal(data, one.keyring).form is Form.CLASSIC
        else:
            with pytest.raises(WireError):
                unseal(data, one.keyring)
