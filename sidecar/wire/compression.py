"""A message that travels compressed inside another (protocol section 1.4).

With `traditional_compression on` a real node replaces a large message by one of two fields: the
compressed bytes and the name of the algorithm. Inside is the whole message in classic form; the
outer authentication vouches for it. We read such messages and never send them.
"""

import zlib
from typing import Final

from sidecar.wire import classic
from sidecar.wire.errors import Malformed, Oversized
from sidecar.wire.fields import COMPRESSED_PAYLOAD, COMPRESSION_ALGORITHM
from sidecar.wire.limits import MAX_INFLATED
from sidecar.wire.message import Message

_FIELDS_OF_A_WRAPPER: Final = 2


def unwrap(message: Message) -> Message:
    """The message inside a wrapper; any other message as it is."""
    if message.find(COMPRESSED_PAYLOAD) is None:
        return message
    payload, algorithm = message.get_bytes(COMPRESSED_PAYLOAD), message.get(COMPRESSION_ALGORITHM)
    if len(message.fields) != _FIELDS_OF_A_WRAPPER or payload is None or algorithm is None:
        raise Malformed("a compressed message has a payload and the algorithm, and nothing else")
    if algorithm != "zlib":
        raise Malformed(
            f"compression {algorithm[:20]!r} is not supported: "
            "set `compression zlib` or `traditional_compression no` in ha.cf"
        )
    text = _inflate(payload)
    if not text.startswith(classic.START):
        raise Malformed("the compressed payload is no message in classic form")
    inner = classic.parse(text)
    if inner.find(COMPRESSED_PAYLOAD) is not None:
        raise Malformed("a compressed message inside a compressed message")
    return inner


def _inflate(payload: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(payload, MAX_INFLATED + 1)
    except zlib.error as error:
        raise Malformed(f"the compressed payload is damaged: {error}") from None
    if len(text) > MAX_INFLATED:
        raise Oversized(f"the message is larger than {MAX_INFLATED} bytes when decompressed")
    if not stream.eof or stream.unused_data:
        raise Malformed("the compressed payload is cut short or has bytes behind it")
    return text
