"""Every captured datagram, damaged in every way: refused, or read as what it was.

FUZZ_MUTATIONS says how often each of them is damaged (CI: 25).
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from random import Random

from sidecar.wire import netstring
from sidecar.wire.auth import signature
from sidecar.wire.codec import Form, decode, seal, unseal
from sidecar.wire.errors import WireError
from sidecar.wire.glance import glance
from sidecar.wire.limits import MAX_DATAGRAM
from sidecar.wire.message import Message
from sidecar.wire.stream import Splitter
from tests.wire.vectors import Captured, captured

MUTATIONS = int(os.environ.get("FUZZ_MUTATIONS", "25"))
VECTORS = captured()
PIECES = (
    *(
        b"###\n",
        b"%%%\n",
        b">>>\n",
        b"<<<\n",
        b"\n",
        b"\0",
        b"\x13",
        b",",
        b":",
        b"=",
        b"(0)",
        b"(2)",
    ),
    *(b"auth=", b"hg=", b"seq=", b"1:", b"999999:", b"\xff\xfe", b"A" * 300, b"4:(0)a=,"),
)


def damaged(data: bytes, chance: Random) -> bytes:
    """One to three changes: a bit, a cut, a piece more, a piece twice, two places exchanged."""
    for _ in range(chance.randrange(1, 4)):
        at, to = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
        match chance.randrange(6):
            case 0 if at < len(data):
                changed = data[at] ^ (1 << chance.randrange(8))
                data = data[:at] + bytes((changed,)) + data[at + 1 :]
            case 1:
                data = data[:at] + data[to:]
            case 2:
                data = data[:at] + chance.choice(PIECES) + data[at:]
            case 3:
                data = data[:to] + data[at:to] + data[to:]
            case 4:
                data = data[at:to] + data[:at] + data[to:]
            case _:
                data = data[:at]
    return data


def damages(vector: Captured) -> Iterator[bytes]:
    chance = Random(vector.name)
    return (damaged(vector.data, chance) for _ in range(MUTATIONS))


def read(vector: Captured, data: bytes) -> Message | None:
    try:
        return unseal(data, vector.keyring).message
    except WireError:
        return None


def test_a_damaged_datagram_is_refused_or_what_it_was() -> None:
    for vector in VECTORS:
        genuine = unseal(vector.data, vector.keyring).message
        for data in damages(vector):
            assert read(vector, data) in (None, genuine), (vector.name, data)
            with suppress(WireError):
                decode(data)
            glance(data)


def test_a_damaged_datagram_with_a_good_signature_is_read_or_refused() -> None:
    """A holder of the key may sign anything; nothing but a WireError may come of it."""
    for vector in VECTORS:
        for data in damages(vector):
            covered = netstring.START + data[4:-4] + netstring.END
            read(vector, covered + netstring.encode_outer(signature(vector.key, covered)))


def test_a_glance_sees_what_is_there() -> None:
    """It refuses, so that it must not see another generation or number than the reader does."""
    for vector in VECTORS:
        if vector.inflated is not None:
            continue  # nothing is in plain sight
        message = decode(vector.data).message
        seen = glance(vector.data)
        assert seen.source == (message.get("src") or "").encode(), vector.name
        assert seen.generation == message.hex_int("hg"), vector.name
        assert seen.seq == message.hex_int("seq"), vector.name
        assert seen.sequenced is not message.kind.startswith("NS_"), vector.name


def test_damaged_frames_on_a_line_cost_no_memory_and_not_the_next_good_one() -> None:
    chance = Random(1)
    splitter = Splitter()
    frames = [seal(m, v.key, Form.CLASSIC) for v, m in text_messages()]
    for _ in range(20 * MUTATIONS):
        noise = damaged(chance.choice(frames), chance)
        splitter.feed(noise)
        assert len(splitter._line) + len(splitter._frame or b"") <= MAX_DATAGRAM
        good = chance.choice(frames)
        splitter.feed(b"\n")  # as a sender begins
        assert good in splitter.feed(good)


def text_messages() -> Iterator[tuple[Captured, Message]]:
    """Those that the classic form carries."""
    for vector in VECTORS:
        message = decode(vector.data).message
        try:
            seal(message, vector.key, Form.CLASSIC)
        except ValueError:
            continue
        yield vector, message
