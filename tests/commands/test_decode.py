"""`sidecar decode`: one record for each captured datagram."""

import json
from collections.abc import Iterator

import pytest

from sidecar.commands.decode import decode
from sidecar.wire.codec import Form, seal
from sidecar.wire.message import Message
from tests.wire.keys import RING, SHA1, STATUS
from tests.wire.vectors import by_name, captured

SHOWN = {
    "t": "status",
    "st": "active",
    "dt": "3e8",
    "protocol": "1",
    "src": "alpha",
    "srcuuid": "000102030405060708090a0b0c0d0e0f",
    "seq": "1f",
    "hg": "6b059cf4",
    "ts": "6b059cf3",
    "ttl": "3",
}


@pytest.mark.parametrize("form", Form)
def test_a_datagram_is_shown_with_form_key_and_fields(form):
    (record,) = decode(RING, [seal(STATUS, SHA1, form).hex() + "\n"])
    fields = record.pop("fields")
    assert record == {"ok": True, "form": form.value, "key": 1, "error": None}
    assert isinstance(fields, dict)
    assert fields.pop("auth").startswith("1 ")
    assert fields == SHOWN


def test_every_captured_datagram_is_fine():
    for one in captured():
        (record,) = decode(one.keyring, [one.data.hex()])
        assert record["ok"], one.name
        assert json.loads(json.dumps(record)) == record


def test_a_compressed_datagram_is_shown_with_the_fields_inside():
    one = by_name("messages-compressed-0-None")
    (record,) = decode(one.keyring, [one.data.hex()])
    assert isinstance(record["fields"], dict)
    assert record["fields"]["t"] == "bigtest"


def test_a_datagram_of_another_key_is_refused_but_shown():
    one = by_name("messages-sha1-1-status")
    (record,) = decode(RING, [one.data.hex()])
    assert (record["ok"], record["form"], record["key"]) == (False, "netstring", 1)
    assert str(record["error"]).startswith("line 1: bad_auth: the sha1 value of key number 1")
    assert isinstance(record["fields"], dict)
    assert record["fields"]["src"] == "hbp-a"


def test_a_damaged_datagram_is_refused_with_what_is_known():
    assert list(decode(RING, [seal(STATUS, SHA1, Form.CLASSIC)[:-1].hex()])) == [
        {
            "ok": False,
            "form": "classic",
            "key": None,
            "fields": {},
            "error": "line 1: malformed: the text does not end with a line <<<",
        }
    ]


@pytest.mark.parametrize("text", ["zz", "abc", "0x23", "\u0663\u0663", "\udcff"])
def test_a_line_that_is_no_hex_is_refused_and_the_next_one_read(text):
    first, second = decode(RING, [text, seal(STATUS, SHA1, Form.CLASSIC).hex()])
    assert first == {
        "ok": False,
        "form": None,
        "key": None,
        "fields": {},
        "error": "line 1: not hex; give each datagram as one line of hex",
    }
    assert second["ok"]


def test_blank_lines_are_skipped_and_counted():
    (record,) = decode(RING, ["\n", "   ", "zz\n", ""])
    assert str(record["error"]).startswith("line 3: ")


def test_a_repeated_name_is_shown_with_its_count():
    message = Message.of(("st", "up"), ("st", "dead"), ("st", "init"))
    (record,) = decode(RING, [seal(message, SHA1, Form.NETSTRING, inner=False).hex()])
    assert record["fields"] == {"st": "up", "st#2": "dead", "st#3": "init"}


def test_text_that_is_no_utf8_can_be_printed():
    message = Message.of(("info", b"gr\xfc\xc3\xbc".decode("utf-8", "surrogateescape")))
    (record,) = decode(RING, [seal(message, SHA1, Form.NETSTRING, inner=False).hex()])
    assert record["fields"] == {"info": "gr\\xfc\xfc"}


def test_lines_are_read_one_at_a_time():
    def lines() -> Iterator[str]:
        yield seal(STATUS, SHA1, Form.CLASSIC).hex()
        raise AssertionError("read ahead")

    assert next(decode(RING, lines()))["ok"]
