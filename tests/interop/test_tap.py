"""Checks the ear of the scenarios itself; needs no real node."""

from sidecar.wire.auth import Key, Method
from sidecar.wire.codec import Form, seal
from sidecar.wire.message import Message
from tests.interop.plan import REAL
from tests.interop.tap import Tap

KEY = Key(number=1, method=Method.CRC, text=b"")
SETTLED = Message.of(("t", "resource"), ("src", REAL), ("rsc_hold", "all"), ("isstable", "1"))
MACH_DOWN = Message.of(("t", "resource"), ("src", REAL), ("rsc_hold", "foreign"))


def test_a_word_that_does_not_speak_of_it_takes_nothing_back():
    """mach_down's came after the other, on a machine that ran its scripts late."""
    tap = Tap()
    for message in (SETTLED, MACH_DOWN):
        tap.note(seal(message, KEY, Form.NETSTRING))
    newest = tap.last("resource", REAL)
    stable = tap.last("resource", REAL, field="isstable")
    assert newest is not None
    assert newest.get("rsc_hold") == "foreign"
    assert stable is not None
    assert stable.get("rsc_hold") == "all"
    assert tap.last("resource", REAL, field="info") is None
