"""Frames out of the bytes of a serial line."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.wire.codec import Form, seal, unseal
from sidecar.wire.errors import WireError
from sidecar.wire.limits import MAX_DATAGRAM
from sidecar.wire.stream import Splitter
from tests.wire.keys import RING, SHA1, STATUS
from tests.wire.vectors import captured

FRAME = seal(STATUS, SHA1, Form.CLASSIC)
OTHER = seal(STATUS.with_fields(("seq", "20")), SHA1, Form.CLASSIC)
SERIAL = [one for one in captured() if one.form is Form.CLASSIC and not one.data.endswith(b"\0")]


def feed(*pieces: bytes) -> tuple[list[bytes], Splitter]:
    splitter = Splitter()
    return [frame for piece in pieces for frame in splitter.feed(piece)], splitter


def test_captured_messages_one_after_the_other_are_taken_apart():
    frames, splitter = feed(b"".join(one.data for one in SERIAL))
    assert frames == [one.data for one in SERIAL]
    assert (splitter.dropped, splitter.dropped_bytes) == (0, 0)
    for one, frame in zip(SERIAL, frames, strict=True):
        assert unseal(frame, one.keyring).message.fields == one.fields


@given(st.lists(st.integers(0, len(FRAME + OTHER)), max_size=12))
def test_frames_are_the_same_however_the_bytes_arrive(cuts):
    line = FRAME + OTHER
    edges = [0, *sorted(cuts), len(line)]
    pieces = [line[start:end] for start, end in itertools.pairwise(edges)]
    assert feed(*pieces)[0] == [FRAME, OTHER]


def test_frames_arrive_byte_by_byte():
    frames, _ = feed(*(bytes([byte]) for byte in FRAME + OTHER))
    assert frames == [FRAME, OTHER]


def test_a_frame_is_given_only_once_its_last_line_is_complete():
    splitter = Splitter()
    assert splitter.feed(FRAME[:-1]) == []
    assert splitter.feed(FRAME[-1:]) == [FRAME]


def test_noise_before_and_between_frames_is_dropped_and_counted():
    frames, splitter = feed(b"~noise\n<<<\n", FRAME, b"x\n\n", OTHER)
    assert frames == [FRAME, OTHER]
    assert splitter.dropped == 0
    assert splitter.dropped_bytes == len(b"~noise\n<<<\n") + len(b"x\n\n")


def test_a_new_start_line_inside_a_frame_starts_anew():
    frames, splitter = feed(FRAME[:50] + b"\n", OTHER)
    assert frames == [OTHER]
    assert splitter.dropped == 1
    assert splitter.dropped_bytes == 51


def test_a_frame_that_lost_its_end_in_the_middle_of_a_line_costs_the_next_one_too():
    frames, _ = feed(FRAME[:50], OTHER, FRAME)
    assert len(frames) == 2
    with pytest.raises(WireError):
        unseal(frames[0], RING)
    assert frames[1] == FRAME


def test_start_and_end_lines_are_known_by_how_they_begin():
    """As a real node compares them; that the message is then refused is the codec's part."""
    assert feed(b">>>x\nt=a\n<<<y\n")[0] == [b">>>x\nt=a\n<<<y\n"]


def test_a_break_or_a_nul_before_a_start_line_does_no_harm():
    frames, splitter = feed(b"\0" + FRAME + b"\0\0" + OTHER)
    assert frames == [FRAME, OTHER]
    assert splitter.dropped_bytes == 3


@given(st.binary(max_size=200))
def test_after_any_noise_and_a_newline_the_next_frames_are_found(noise):
    frames, _ = feed(noise + b"\n", FRAME, OTHER)
    assert frames[-2:] == [FRAME, OTHER]


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b">>>\n", b"<<<\n", b"\n"]), max_size=30))
def test_no_byte_is_lost_uncounted(pieces):
    frames, splitter = feed(*pieces)
    held = len(splitter._line) + len(splitter._frame or b"")
    assert sum(map(len, pieces)) == sum(map(len, frames)) + splitter.dropped_bytes + held


def test_a_frame_without_an_end_is_given_up_at_the_limit():
    splitter = Splitter()
    splitter.feed(b">>>\n")
    line = b"f=" + b"x" * 997 + b"\n"
    fed = 0
    while not splitter.dropped:
        assert splitter.feed(line) == []
        fed += 1
        assert fed * len(line) <= MAX_DATAGRAM + len(line)
    assert fed * len(line) >= MAX_DATAGRAM - len(line)
    assert splitter.feed(FRAME) == [FRAME]
    assert splitter.dropped == 1


def test_a_line_without_an_end_is_given_up_at_the_limit_and_skipped_to_its_newline():
    splitter = Splitter()
    assert splitter.feed(b"x" * (MAX_DATAGRAM + 1)) == []
    assert splitter.feed(b">>>\n") == []  # still the same line, so no frame begins here
    assert splitter.feed(FRAME) == [FRAME]
    assert splitter.dropped == 0
    assert splitter.dropped_bytes == MAX_DATAGRAM + 1 + len(b">>>\n")


def test_a_line_without_an_end_takes_no_more_memory_than_the_limit():
    splitter = Splitter()
    for _ in range(3 * MAX_DATAGRAM // 1000):
        assert splitter.feed(b"x" * 1000) == []
        assert len(splitter._line) <= MAX_DATAGRAM


def test_a_frame_of_the_full_size_is_given():
    text = b"x" * (MAX_DATAGRAM - len(b">>>\nf=\n<<<\n"))
    frame = b">>>\nf=" + text + b"\n<<<\n"
    assert len(frame) == MAX_DATAGRAM
    assert feed(frame)[0] == [frame]
    assert feed(frame.replace(b"f=", b"ff="))[0] == []
