"""Authentication values: how a message is signed, and which key may have signed it.

Algorithms and key numbers are those of a Heartbeat 3 node (protocol sections 3.3 and 3.4). sha256
is ours: HMAC-SHA256, for a pair in which both nodes are sidecars. Nothing here knows a wire form.

A real node picks only the algorithm by the key number of a netstring message and always takes the
text of its own current key. So a value is accepted when it was made with the key of that number,
or with our own current key if that has the same method.
"""

import hmac
import re
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Self, assert_never

from sidecar.wire.errors import Malformed, Unauthenticated

_SIGNATURE = re.compile(rb"(0|[1-9][0-9]{0,3}) ([0-9a-f]{1,64})")

# Each byte with its bits in the opposite order.
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Method(StrEnum):
    """The methods of authkeys."""

    CRC = "crc"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"


@dataclass(frozen=True, slots=True)
class Key:
    """One line of authkeys. The text is empty for crc."""

    number: int
    method: Method
    text: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys of authkeys, and the one that we sign with."""

    current: Key
    keys: tuple[Key, ...]

    def find(self, number: int) -> Key | None:
        if number == self.current.number:
            return self.current
        for key in self.keys:
            if key.number == number:
                return key
        return None

    def candidates(self, number: int) -> tuple[Key, ...]:
        """The keys that may have made a value of this number: none when it is not in authkeys."""
        key = self.find(number)
        if key is None:
            return ()
        if self.current != key and self.current.method == key.method:
            return key, self.current
        return (key,)


@dataclass(frozen=True, slots=True)
class Signature:
    """What stands in the field `auth` and after the last field: key number, blank, value."""

    number: int
    value: str

    @classmethod
    def parse(cls, text: bytes) -> Self:
        found = _SIGNATURE.fullmatch(text)
        if found is None:
            raise Malformed(f"{text[:80]!r} is no key number and hex value")
        return cls(int(found[1]), found[2].decode("ascii"))

    def encode(self) -> str:
        return f"{self.number} {self.value}"


def sign(key: Key, covered: bytes) -> str:
    """The authentication value of some bytes, in lower-case hex."""
    match key.method:
        case Method.CRC:
            return f"{_crc(covered):x}"
        case Method.MD5 | Method.SHA1 | Method.SHA256:
            begun = _begun(key.method, key.text).copy()
            begun.update(covered)
            return begun.hexdigest()
        case _:
            assert_never(key.method)


def signature(key: Key, covered: bytes) -> Signature:
    """The value together with the number of the key that made it."""
    return Signature(key.number, sign(key, covered))


def verify(keyring: Keyring, made: Signature, covered: bytes) -> None:
    """Raise Unauthenticated unless a key of ours made that signature for these bytes."""
    candidates = keyring.candidates(made.number)
    if not candidates:
        raise Unauthenticated(f"no key number {made.number} in authkeys", reason="unknown_key")
    # The comparison takes the same time wherever the first difference is.
    if not any(hmac.compare_digest(sign(one, covered), made.value) for one in candidates):
        raise Unauthenticated(
            f"the {candidates[0].method} value of key number {made.number} is wrong: "
            "another key text on the other node, or damage on the way",
            reason="bad_auth",
        )


@lru_cache(maxsize=16)
def _begun(method: Method, text: bytes) -> hmac.HMAC:
    """An HMAC that has read the key and nothing else, to be copied for each message: to begin anew
    each time takes half as long again.
    """
    return hmac.new(text, digestmod=method.value)


def _crc(covered: bytes) -> int:
    """CRC-32, most significant bit first, from 0, complemented, without the length.

    zlib has the CRC-32 of the same polynomial with the bits of every byte and of the result
    mirrored. It complements the value that it starts from: all ones stands for 0.
    """
    mirrored = zlib.crc32(covered.translate(_MIRROR), 0xFFFFFFFF)
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRROR), "big")
