"""A message that travels compressed inside another."""

import bz2
import zlib

import pytest

from sidecar.wire.codec import Form, seal, unseal
from sidecar.wire.errors import Malformed, Oversized
from sidecar.wire.limits import MAX_INFLATED
from sidecar.wire.message import Message
from tests.wire.keys import RING, SHA1, STATUS

TEXT = seal(STATUS, SHA1, Form.CLASSIC) + b"\0"


def wrapped(payload: bytes, algorithm: str = "zlib") -> Message:
    return Message.of(("_compressed_payload", payload), ("_compression_algorithm", algorithm))


def unseal_wrapper(message: Message, form: Form = Form.NETSTRING) -> Message:
    return unseal(seal(message, SHA1, form, inner=False), RING).message


@pytest.mark.parametrize("text", [TEXT, TEXT.removesuffix(b"\0")])
def test_the_message_inside_is_what_counts(text):
    assert unseal_wrapper(wrapped(zlib.compress(text))).without("auth") == STATUS


def test_the_inner_authentication_inside_is_not_asked_for():
    text = b">>>\nt=status\nauth=1 00\n<<<\n"
    assert unseal_wrapper(wrapped(zlib.compress(text))).kind == "status"


def test_bz2_is_refused_with_a_word_on_what_to_do():
    with pytest.raises(Malformed, match="'bz2' is not supported: set `compression zlib`"):
        unseal_wrapper(wrapped(bz2.compress(TEXT), "bz2"))


@pytest.mark.parametrize(
    "message",
    [
        wrapped(zlib.compress(TEXT)).with_fields(("t", "status")),
        wrapped(zlib.compress(TEXT)).without("_compression_algorithm"),
        wrapped(zlib.compress(TEXT)).with_fields(("_compressed_payload", "text")),
        wrapped(zlib.compress(TEXT)).with_fields(("_compression_algorithm", b"zlib")),
    ],
)
def test_a_wrapper_has_two_fields_and_no_more(message):
    with pytest.raises(Malformed, match="a payload and the algorithm, and nothing else"):
        unseal_wrapper(message)


def test_a_payload_that_is_no_zlib_stream_is_malformed():
    with pytest.raises(Malformed, match="damaged"):
        unseal_wrapper(wrapped(b"rubbish"))


@pytest.mark.parametrize("payload", [zlib.compress(TEXT)[:-1], zlib.compress(TEXT) + b"x", b""])
def test_a_payload_ends_where_the_stream_ends(payload):
    with pytest.raises(Malformed, match="cut short or has bytes behind it"):
        unseal_wrapper(wrapped(payload))


def test_a_payload_that_grows_without_end_is_oversized():
    with pytest.raises(Oversized, match="when decompressed"):
        unseal_wrapper(wrapped(zlib.compress(b">>>\n" + bytes(50 * MAX_INFLATED))))


def test_a_message_of_the_full_size_is_read():
    frame = len(b">>>\nf=\n<<<\n")
    text = b">>>\nf=" + b"x" * (MAX_INFLATED - frame) + b"\n<<<\n"
    assert len(text) == MAX_INFLATED
    assert unseal_wrapper(wrapped(zlib.compress(text))).get("f") == "x" * (MAX_INFLATED - frame)
    with pytest.raises(Oversized):
        unseal_wrapper(wrapped(zlib.compress(text.replace(b"f=", b"ff="))))


def test_only_the_classic_form_is_expected_inside():
    with pytest.raises(Malformed, match="no message in classic form"):
        unseal_wrapper(wrapped(zlib.compress(seal(STATUS, SHA1, Form.NETSTRING))))


def test_a_wrapper_inside_a_wrapper_is_malformed():
    inside = seal(wrapped(zlib.compress(TEXT)), SHA1, Form.CLASSIC)
    with pytest.raises(Malformed, match="inside a compressed message"):
        unseal_wrapper(wrapped(zlib.compress(inside)))
