"""Authentication values and the choice of the key."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.wire.auth import Key, Keyring, Method, Signature, sign, signature, verify
from sidecar.wire.errors import Malformed, Unauthenticated
from tests.wire.vectors import values

OLD = Key(1, Method.SHA1, b"old secret")
NEW = Key(2, Method.SHA1, b"new secret")
PLAIN = Key(3, Method.CRC, b"")
COVERED = b"covered bytes"


@pytest.mark.parametrize("case", values(), ids=lambda case: f"{case.key.method}-{case.what}")
def test_a_captured_value_is_made_again(case):
    assert sign(case.key, case.covered) == case.value


@pytest.mark.parametrize(
    ("method", "value"),
    [  # RFC 2202 and RFC 4231, second test case of each
        (Method.MD5, "750c783e6ab0b503eaa86e310a5db738"),
        (Method.SHA1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (Method.SHA256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ],
)
def test_the_published_values_are_made_again(method, value):
    assert sign(Key(1, method, b"Jefe"), b"what do ya want for nothing?") == value


def test_a_key_longer_than_a_block_is_hashed_first():
    """RFC 4231, test case 6."""
    value = sign(
        Key(1, Method.SHA256, b"\xaa" * 131),
        b"Test Using Larger Than Block-Size Key - Hash Key First",
    )
    assert value == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"


def crc_bit_by_bit(covered: bytes) -> int:
    """The protocol's own words: most significant bit first, from 0, complemented."""
    register = 0
    for byte in covered:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x104C11DB7 if register & 0x80000000 else 0)
    return register ^ 0xFFFFFFFF


@given(st.binary(max_size=200))
def test_the_crc_is_that_of_the_polynomial_worked_out_bit_by_bit(covered):
    assert sign(PLAIN, covered) == f"{crc_bit_by_bit(covered):x}"


def test_a_crc_is_written_without_leading_zeros():
    lengths = {len(sign(PLAIN, str(number).encode())) for number in range(500)}
    assert min(lengths) < max(lengths) == 8


@pytest.mark.parametrize("key", [OLD, NEW, PLAIN])
def test_a_value_made_with_the_key_of_its_number_is_accepted(key):
    verify(Keyring(NEW, (OLD, NEW, PLAIN)), signature(key, COVERED), COVERED)


def test_a_value_made_with_our_current_key_is_accepted_under_another_number_of_the_same_method():
    """What a real node demands of us, a robust peer has to accept from it."""
    made = Signature(OLD.number, sign(NEW, COVERED))
    verify(Keyring(NEW, (OLD, NEW)), made, COVERED)


def test_a_value_made_with_our_current_key_is_refused_under_a_number_of_another_method():
    made = Signature(PLAIN.number, sign(NEW, COVERED))
    with pytest.raises(Unauthenticated) as refused:
        verify(Keyring(NEW, (PLAIN, NEW)), made, COVERED)
    assert refused.value.reason == "bad_auth"


def test_a_value_made_with_a_key_that_is_neither_is_refused():
    third = Key(4, Method.SHA1, b"third secret")
    made = Signature(OLD.number, sign(third, COVERED))
    with pytest.raises(Unauthenticated) as refused:
        verify(Keyring(NEW, (OLD, NEW, third)), made, COVERED)
    assert refused.value.reason == "bad_auth"


def test_the_current_key_counts_even_when_it_is_not_listed():
    verify(Keyring(NEW, ()), signature(NEW, COVERED), COVERED)


def test_an_unknown_number_is_refused_even_with_the_right_value():
    with pytest.raises(Unauthenticated, match="no key number 9 in authkeys") as refused:
        verify(Keyring(NEW, (OLD, NEW)), Signature(9, sign(NEW, COVERED)), COVERED)
    assert refused.value.reason == "unknown_key"


def test_values_are_compared_in_constant_time(monkeypatch):
    compared = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare)
    with pytest.raises(Unauthenticated):
        verify(Keyring(NEW, (NEW,)), signature(NEW, COVERED), COVERED)
    assert compared == [(sign(NEW, COVERED), sign(NEW, COVERED))]


def test_an_upper_case_value_is_no_value():
    with pytest.raises(Malformed):
        Signature.parse(b"1 ABCDEF")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"1",
        b"1 ",
        b" 1 ab",
        b"1  ab",
        b"1 ab ",
        b"1 ab\n",
        b"+1 ab",
        b"01 ab",
        b"1 0xab",
        b"-1 ab",
        b"1_0 ab",
        b"99999 ab",
        b"1 " + b"a" * 65,
        b"\xd9\xa1 ab",
        b"1\tab",
    ],
)
def test_an_authentication_is_a_decimal_number_a_blank_and_hex(text):
    with pytest.raises(Malformed):
        Signature.parse(text)


def test_an_authentication_is_read_as_it_is_written():
    made = signature(OLD, COVERED)
    assert Signature.parse(made.encode().encode()) == made
    assert Signature.parse(b"0 7b14371") == Signature(0, "7b14371")
