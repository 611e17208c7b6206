"""Whether a datagram was signed with a key of ours: yes or no, and nothing else of it.

The cheapest answer there is, for a flood of what strangers sign with other keys. It reads no more
than the authentication itself. What passes here is verified and read as always (codec.py): so this
may let through what is refused there, and must never refuse what is accepted there.
"""

import hmac
import re
from typing import Final

from sidecar.wire import classic, netstring
from sidecar.wire.auth import Keyring, sign
from sidecar.wire.fields import AUTH
from sidecar.wire.limits import MAX_DATAGRAM

_OUTER: Final = re.compile(rb"[1-9][0-9]?:(0|[1-9][0-9]{0,3}) ([0-9a-f]{1,64}),")
# It begins with the text itself, which the machine of patterns looks for the fastest.
_INNER: Final = re.compile(
    rb"%b=(?:(?<=\n%b=)|(?<=\n\([1-4]\)%b=))(0|[1-9][0-9]{0,3}) ([0-9a-f]{1,64})\n"
    % ((AUTH.encode(),) * 3)
)
_BLANK_LINES: Final = re.compile(rb"\n+")


def is_signed(data: bytes, keyring: Keyring) -> bool:
    """Whether a key of ours signed it. Never raises, whatever the bytes."""
    if len(data) > MAX_DATAGRAM:
        return False
    if data.startswith(netstring.START):
        at = data.rfind(netstring.END) + len(netstring.END)
        outer = _OUTER.fullmatch(data, at)
        return outer is not None and _fits(keyring, outer, data[:at])
    if data.startswith(classic.START):
        inner = _INNER.search(data)
        return inner is not None and _fits(keyring, inner, _text_around(data, inner))
    return False


def _text_around(data: bytes, inner: re.Match[bytes]) -> bytes:
    """The lines before and after the authentication's own; blank ones count for nothing."""
    line, end = data.rfind(b"\n", 0, inner.start()) + 1, data.rfind(classic.END)
    text = data[len(classic.START) : line] + data[inner.end() : end]
    return _BLANK_LINES.sub(b"\n", text).lstrip(b"\n") if b"\n\n" in data else text


def _fits(keyring: Keyring, made: re.Match[bytes], covered: bytes) -> bool:
    number, value = made.groups()
    candidates = keyring.candidates(int(number))
    return any(hmac.compare_digest(sign(one, covered).encode(), value) for one in candidates)
