"""A first glance at a datagram: its source, generation and number, before anything is verified.

Computing an authentication value costs several times as much, and reading the whole message twenty
times. So what is glanced at may be used to refuse a datagram early, and never for anything else:
whoever sent it may have written what he liked. A value that contains text of this kind only leads
to a glance that finds less or more.
"""

import re
from dataclasses import dataclass
from typing import Final

from sidecar.wire import netstring
from sidecar.wire.fields import HG, SEQ, SRC, UNSEQUENCED_PREFIX, T

_VALUE_MAX: Final = 128
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{1,16}")
_SOURCE: Final = b"%b=" % SRC.encode()
_GENERATION: Final = b"%b=" % HG.encode()
_SEQ: Final = b"%b=" % SEQ.encode()
_UNSEQUENCED: Final = b"%b=%b" % (T.encode(), UNSEQUENCED_PREFIX.encode())


@dataclass(frozen=True, slots=True)
class Glance:
    """What the datagram claims; None for what it does not say in plain sight."""

    source: bytes | None
    generation: int | None
    seq: int | None
    sequenced: bool


def glance(data: bytes) -> Glance:
    """Never raises, whatever the bytes."""
    # What stands before a string field's name, and after its value.
    before, after = (b")", b",") if data.startswith(netstring.START) else (b"\n", b"\n")
    return Glance(
        _value(data, before + _SOURCE, after),
        _hex(_value(data, before + _GENERATION, after)),
        _hex(_value(data, before + _SEQ, after)),
        before + _UNSEQUENCED not in data,
    )


def _value(data: bytes, name: bytes, after: bytes) -> bytes | None:
    at = data.find(name)
    if at < 0:
        return None
    begin = at + len(name)
    end = data.find(after, begin, begin + _VALUE_MAX)
    return data[begin:end] if end > begin else None


def _hex(value: bytes | None) -> int | None:
    return int(value, 16) if value is not None and _HEX.fullmatch(value) else None
