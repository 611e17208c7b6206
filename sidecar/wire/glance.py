"""A first glance at a datagram: its source, generation and number, before anything is verified.

Computing an authentication value costs ten times as much, and reading the whole message fifty
times. So what is glanced at may be used to refuse a datagram early, and never for anything else:
whoever sent it may have written what he liked. Both forms are read by the same patterns; a field of
another type, or a value that contains such text, only leads to a glance that finds less or more.
"""

import re
from dataclasses import dataclass
from typing import Final

from sidecar.wire.fields import HG, SEQ, SRC, UNSEQUENCED_PREFIX, T

_SOURCE: Final = re.compile(rb"[)\n]%b=([^,\n]{1,128})[,\n]" % SRC.encode())
_GENERATION: Final = re.compile(rb"[)\n]%b=([0-9A-Fa-f]{1,16})[,\n]" % HG.encode())
_SEQ: Final = re.compile(rb"[)\n]%b=([0-9A-Fa-f]{1,16})[,\n]" % SEQ.encode())
_UNSEQUENCED: Final = re.compile(rb"[)\n]%b=%b" % (T.encode(), UNSEQUENCED_PREFIX.encode()))


@dataclass(frozen=True, slots=True)
class Glance:
    """What the datagram claims; None for what it does not say in plain sight."""

    source: bytes | None
    generation: int | None
    seq: int | None
    sequenced: bool


def glance(data: bytes) -> Glance:
    """Never raises, whatever the bytes."""
    source, generation, seq = _SOURCE.search(data), _GENERATION.search(data), _SEQ.search(data)
    return Glance(
        source[1] if source else None,
        int(generation[1], 16) if generation else None,
        int(seq[1], 16) if seq else None,
        _UNSEQUENCED.search(data) is None,
    )
