"""The sieve of a flood: it refuses what another key has signed, and nothing that would be read."""

from random import Random

import pytest

from sidecar.wire.auth import Key, Keyring, Method
from sidecar.wire.codec import Form, seal, verified
from sidecar.wire.errors import WireError
from sidecar.wire.limits import MAX_DATAGRAM
from sidecar.wire.message import Message
from sidecar.wire.sieve import is_signed
from tests.wire.test_mutated import VECTORS, damages

OURS = Key(1, Method.SHA1, b"ours")
OLDER = Key(2, Method.SHA1, b"older")
THEIRS = Key(1, Method.SHA1, b"theirs")
KEYRING = Keyring(current=OURS, keys=(OURS, OLDER))
WORDS = Message.of(("t", "status"), ("src", "node-b"), ("seq", "1"))


def accepted(data: bytes, keyring: Keyring) -> bool:
    try:
        verified(data, keyring)
    except WireError:
        return False
    return True


def test_what_real_nodes_have_signed_passes() -> None:
    for vector in VECTORS:
        assert is_signed(vector.data, vector.keyring), vector.name


def test_nothing_is_refused_that_would_be_read_and_hardly_anything_damaged_passes() -> None:
    damaged = passed = 0
    for vector in VECTORS:
        for data in damages(vector):
            read = accepted(data, vector.keyring)
            signed = is_signed(data, vector.keyring)
            assert signed or not read, (vector.name, data)
            damaged += not read
            passed += signed and not read
    assert passed < damaged / 20


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("key", [OURS, OLDER], ids=["the current key", "another of our keys"])
def test_a_key_of_ours_is_enough(form: Form, key: Key) -> None:
    assert is_signed(seal(WORDS, key, form), KEYRING)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("method", Method)
def test_what_another_key_has_signed_is_refused(form: Form, method: Method) -> None:
    foreign = seal(WORDS, Key(1, Method.SHA1, b"theirs"), form)
    assert not is_signed(foreign, KEYRING)
    unknown = seal(WORDS, Key(9, method, b"ours"), form)
    assert not is_signed(unknown, KEYRING)


def test_our_current_key_under_the_number_of_another_one_passes_as_it_is_read() -> None:
    """A real node picks only the method by the number, and always takes its current text."""
    data = seal(WORDS, Key(OLDER.number, Method.SHA1, OURS.text), Form.NETSTRING)
    assert accepted(data, KEYRING)
    assert is_signed(data, KEYRING)


@pytest.mark.parametrize(
    "blanks", [b"\n", b"\n\n\n"], ids=["one blank line", "several blank lines"]
)
def test_blank_lines_count_for_nothing(blanks: bytes) -> None:
    data = seal(WORDS, OURS, Form.CLASSIC)
    for at, byte in enumerate(data):
        if byte == ord("\n"):
            stretched = data[: at + 1] + blanks + data[at + 1 :]
            assert is_signed(stretched, KEYRING) or not accepted(stretched, KEYRING), stretched


def test_a_typed_authentication_is_one() -> None:
    data = seal(WORDS, OURS, Form.CLASSIC).replace(b"\nauth=", b"\n(1)auth=")
    assert is_signed(data, KEYRING) or not accepted(data, KEYRING)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"###\n",
        b"###\n%%%\n",
        b"%%%\n42:1 00,",
        b">>>\n<<<\n",
        b">>>\nauth=1 00\n",
        b">>>\nauth=1 00\n<<<\n",
        b">>>\nxauth=1 00\n<<<\n",
        b"hello",
        b"###\n" + bytes(MAX_DATAGRAM),
    ],
)
def test_bytes_that_nobody_signed_are_refused(data: bytes) -> None:
    assert not is_signed(data, KEYRING)


def test_it_never_raises() -> None:
    chance = Random(1)
    for start in (b"", b"###\n", b">>>\n", b">>>\nauth=", b"###\n%%%\n42:"):
        for _ in range(300):
            is_signed(start + chance.randbytes(chance.randrange(60)), KEYRING)
