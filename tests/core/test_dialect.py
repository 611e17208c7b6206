"""What a peer says in the fields of the dialect: read strictly, or left out as nonsense."""

import pytest

from sidecar.core.dialect import (
    LINK,
    MACS_MAX,
    decode_macs,
    decode_offer,
    decode_terms,
    decode_upto,
    encode_macs,
    encode_offer,
    encode_upto,
    names_link,
)
from sidecar.wire.auth import Key, Method
from sidecar.wire.codec import Form, seal
from sidecar.wire.message import Message

MAC = "02:00:00:00:00:0a"


def test_hardware_addresses_are_read_as_they_were_written():
    macs = {"eth0": MAC, "eth1.17": "0a:1B:2c:3D:4e:5F"}
    assert decode_macs(encode_macs(macs)) == macs


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "",
        "eth0",
        f"={MAC}",
        "eth0=02:00:00:00:00",
        "eth0=02-00-00-00-00-0a",
        "eth0=zz:00:00:00:00:0a",
        "eth0=02:00:00:00:00:0",
        "eth0=02:00:00:00:000:a",
        "eth0=\udcff2:00:00:00:00:0a",
        "eth0=\u06602:00:00:00:00:0a",
        f"eth0={MAC}\n",
    ],
)
def test_what_is_no_hardware_address_is_left_out(text: str):
    """It becomes the target of a probe frame: nothing but a MAC may get there."""
    assert decode_macs(text) == {}


def test_one_that_is_left_out_does_not_take_the_others_with_it():
    assert decode_macs(f"eth0=rubbish,eth1={MAC}") == {"eth1": MAC}


def test_no_more_of_them_are_kept_than_a_host_has():
    text = ",".join(f"eth{i}={MAC}" for i in range(10 * MACS_MAX))
    assert len(decode_macs(text)) == MACS_MAX


@pytest.mark.parametrize(("text", "terms"), [("1,2", (1, 2)), ("ff,0", (255, 0))])
def test_terms_are_local_and_foreign_in_hex(text: str, terms: tuple[int, int]):
    assert decode_terms(text) == terms


@pytest.mark.parametrize(
    "text", [None, "", "1", "1,", ",1", "x,1", "-1,2", "1,+2", "0x1,2", "1,2,3", "1 ,2", "9" * 40]
)
def test_terms_that_make_no_sense_are_none(text: str | None):
    assert decode_terms(text) is None


def test_the_newest_status_is_generation_and_number_in_hex():
    assert decode_upto(encode_upto(0x6A29, 255)) == (0x6A29, 255)


@pytest.mark.parametrize(
    "text", [None, "", "1", "1,", ",1", "x,1", "-1,2", "1,2,3", "1," + "9" * 17]
)
def test_a_newest_status_that_makes_no_sense_is_none(text: str | None):
    assert decode_upto(text) is None


@pytest.mark.parametrize("form", Form)
def test_the_link_that_a_status_went_out_by_is_seen_without_reading_it(form: Form):
    message = Message.of(("t", "status"), (LINK, "eth1"), ("seq", "1"))
    data = seal(message, Key(1, Method.SHA1, b"key"), form)
    assert names_link(data, "eth1")
    assert not names_link(data, "eth")
    assert not names_link(data, "eth10")
    assert not names_link(data, "th1")


@pytest.mark.parametrize("text", [None, "", "1", "1,", "g,node-a", "1,node a", "1," + "x" * 101])
def test_an_offer_that_cannot_be_read_is_as_if_it_were_not_numbered(text: str | None):
    assert decode_offer(text) == ""


def test_an_offer_is_read_as_it_was_written():
    text = encode_offer(26, "node-a")
    assert text == "1a,node-a"
    assert decode_offer(text) == text
