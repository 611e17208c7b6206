"""What this node says: envelope, numbers, retransmission (protocol sections 2.1, 4.2 and 4.3)."""

from dataclasses import replace

import pytest

from sidecar.core import dialect
from sidecar.core.events import LinkFailed
from sidecar.core.params import PingTarget
from sidecar.core.terms import MILLISECOND, SECOND, LinkStatus, Medium
from sidecar.wire import fields
from sidecar.wire.codec import Form, form_of, unseal
from tests.core.harness import (
    ETH1,
    ETH2,
    NODE,
    NODE_UUID,
    PEER,
    START_NS,
    WALL_S,
    Node,
    Sent,
    World,
    a_link,
    some_params,
)
from tests.core.scenes import Scene, just_started, settled, starting


def first_of(scene: Scene, kind: str) -> Sent:
    return scene.node.said(kind)[0]


# --- 2.1: the envelope ---------------------------------------------------------------------------


def test_own_fields_come_first_then_the_envelope_and_the_authentication_last():
    """2.1: message-specific fields first, then src, srcuuid, seq, hg, ts, ttl, auth."""
    status = first_of(just_started(), fields.STATUS).message
    names = [field.name for field in status.fields]
    assert names[:4] == ["t", "st", "dt", "protocol"]
    assert names[-7:] == ["src", "srcuuid", "seq", "hg", "ts", "ttl", "auth"]


def test_the_envelope_says_who_when_and_how_often():
    """2.1: src lower case, srcuuid raw, seq, hg and ts in hex, ttl decimal: 3 for two nodes."""
    node = Node(World(), some_params(), generation=0x6B059CF4)
    node.start()
    status = node.said(fields.STATUS)[0].message
    assert status.get(fields.SRC) == NODE
    assert status.get_bytes(fields.SRCUUID) == NODE_UUID
    assert status.get(fields.SEQ) == "1"
    assert status.get(fields.HG) == "6b059cf4"
    assert status.get(fields.TS) == f"{WALL_S + START_NS // SECOND:x}"
    assert status.get(fields.TTL) == "3"


def test_ping_nodes_count_in_ttl():
    """2.1 and 11.20: 4 with one ping node."""
    scene = just_started(some_params(ping=(PingTarget(name="10.0.0.1", hosts=("10.0.0.1",)),)))
    assert first_of(scene, fields.STATUS).get(fields.TTL) == "4"


def test_with_msgfmt_netstring_there_is_no_inner_authentication():
    """1.1: with msgfmt netstring the field auth is absent."""
    scene = just_started(some_params(inner_auth=False))
    assert first_of(scene, fields.STATUS).message.find(fields.AUTH) is None


def test_udp_carries_netstrings_and_a_serial_line_the_classic_form():
    """1.1 and 8: every UDP datagram in netstring form; serial always the classic form."""
    serial = a_link(ETH2, Medium.SERIAL)
    world = World()
    node = Node(world, some_params(links=(a_link(), serial)))
    forms: dict[str, set[Form | None]] = {ETH1: set(), ETH2: set()}
    node.carry = lambda link, data: forms[link].add(form_of(data))
    node.start()
    world.run(1 * SECOND)
    assert forms == {ETH1: {Form.NETSTRING}, ETH2: {Form.CLASSIC}}


def test_what_is_sent_is_signed_with_the_current_key():
    """3.4: a peer must sign with the very key that the real node signs with."""
    world = World()
    node = Node(world)
    seen: list[bytes] = []
    node.carry = lambda _link, data: seen.append(data)
    node.start()
    assert {unseal(data, node.params.keyring).key_number for data in seen} == {1}


# --- 4.2: numbers --------------------------------------------------------------------------------


def test_sequenced_messages_are_numbered_from_1_without_a_gap():
    """4.2: seq starts at 1 and increases by one for every message not beginning with NS_."""
    scene = starting()
    scene.run(10 * SECOND)
    numbers = [sent.seq for sent in scene.node.sent if not sent.kind.startswith("NS_")]
    assert len(numbers) > 40
    assert numbers == list(range(1, len(numbers) + 1))


def test_unsequenced_messages_carry_no_number():
    """2.1: seq is not on NS_ messages."""
    scene = settled()
    scene.run(5 * SECOND)
    acks = scene.node.said(fields.NS_ACKMSG)
    assert acks
    assert all(ack.message.find(fields.SEQ) is None for ack in acks)
    assert all(ack.get(fields.DEST) == PEER for ack in acks)


def test_every_message_goes_out_on_all_open_links_with_one_number():
    """8: every message goes out on all media; the later copies count as duplicates."""
    scene = just_started(some_params(links=(a_link(), a_link(ETH2))))
    scene.run(2 * SECOND)
    # The copies of a status differ in the name of the link that they went by.
    by_link = {
        link: [
            sent.message.without(dialect.LINK).without("auth")
            for sent in scene.node.sent
            if sent.link == link
        ]
        for link in (ETH1, ETH2)
    }
    # When the first link opened, the second was not open yet.
    assert len(by_link[ETH2]) > 8
    assert by_link[ETH1][-len(by_link[ETH2]) :] == by_link[ETH2]


def test_nothing_is_sent_on_a_link_that_cannot_carry():
    scene = just_started(some_params(links=(a_link(), a_link(ETH2))))
    scene.node.step(LinkFailed(link=ETH1, reason="the device is gone"))
    scene.node.forget()
    scene.run(1 * SECOND)
    assert {sent.link for sent in scene.node.sent} == {ETH2}
    assert all(link.status is LinkStatus.DEAD for link in scene.node.cluster.links)


# --- 4.3: retransmission -------------------------------------------------------------------------


def request(scene: Scene, first: int, last: int | None = None) -> list[Sent]:
    """Ask for numbers, in decimal; return what came back at once."""
    scene.node.forget()
    last = first if last is None else last
    scene.peer.whisper(fields.NS_REXMIT, firstseq=str(first), lastseq=str(last))
    return list(scene.node.sent)


def test_a_requested_message_is_sent_again_as_it_was():
    """4.3: the same message again: same fields, same seq and ts, newly encoded and signed."""
    scene = settled()
    scene.run(1 * SECOND)
    original = scene.node.said(fields.STATUS)[0]
    scene.run(3 * SECOND)
    assert original.seq is not None
    again = request(scene, original.seq)
    assert [sent.message for sent in again] == [original.message]


def test_requested_numbers_are_read_as_decimal():
    """4.3 and 11.3: firstseq and lastseq of NS_rexmit are decimal, unlike every other number."""
    scene = settled()
    scene.run(4 * SECOND)
    assert [sent.seq for sent in request(scene, 10)] == [10]


def test_a_range_is_answered_number_by_number():
    scene = settled()
    scene.run(3 * SECOND)
    assert [sent.seq for sent in request(scene, 3, 6)] == [3, 4, 5, 6]


def test_one_request_is_answered_with_50_messages_at_most():
    """4.3: at most 50 per request."""
    scene = settled()
    scene.run(20 * SECOND)
    assert [sent.seq for sent in request(scene, 1, 90)] == list(range(1, 51))


def test_a_message_is_not_repeated_again_within_240_ms():
    """4.3: not again within 240 ms."""
    scene = settled()
    assert len(request(scene, 2)) == 1
    scene.run(239 * MILLISECOND)
    assert request(scene, 2) == []
    scene.run(1 * MILLISECOND)
    # With other bytes: a copy of the last request is taken for an echo.
    assert [sent.seq for sent in request(scene, 1, 2)] == [1, 2]


def test_the_last_500_messages_are_kept_and_older_ones_refused_in_hex():
    """4.3: history: 500; left the history: NS_nak_rexmit, firstseq in hex."""
    scene = settled()
    scene.run(110 * SECOND)
    last = max(sent.seq or 0 for sent in scene.node.sent)
    assert last > 520
    oldest = last - 499
    assert [sent.seq for sent in request(scene, oldest)] == [oldest]
    (refusal,) = request(scene, oldest - 1)
    assert refusal.kind == fields.NS_NAK_REXMIT
    assert refusal.get(fields.FIRSTSEQ) == f"{oldest - 1:x}"
    assert refusal.get(fields.DEST) == PEER
    assert refusal.get(fields.INFO) == "seqno not found"


def test_what_was_acknowledged_is_not_sent_again():
    """4.3: requests for numbers that the requester has already acknowledged: ignored silently."""
    scene = settled()
    scene.run(3 * SECOND)
    scene.peer.whisper(fields.NS_ACKMSG, ackseq="a")
    assert [sent.seq for sent in request(scene, 9, 12)] == [11, 12]


def test_what_an_earlier_life_acknowledged_is_sent_again_to_the_next():
    """Seed 19097: a node that started anew asked in vain, four times a second, without end."""
    scene = settled()
    scene.run(3 * SECOND)
    scene.peer.whisper(fields.NS_ACKMSG, ackseq="a")
    scene.peer.restart()
    scene.peer.beat()
    assert [sent.seq for sent in request(scene, 9, 12)] == [9, 10, 11, 12]


def test_numbers_that_were_never_used_are_not_answered():
    """4.3: numbers not yet used: nothing is sent."""
    assert request(settled(), 4711) == []


@pytest.mark.parametrize("dest", ["node-c", PEER])
def test_a_request_to_another_node_is_not_answered(dest: str):
    """2.1: for NS_ messages only dest counts."""
    scene = settled()
    scene.node.forget()
    scene.peer.whisper(fields.NS_REXMIT, dest=dest, firstseq="2", lastseq="2")
    assert scene.node.sent == []


def test_the_hopfudge_of_ha_cf_counts_in_ttl():
    """2.1 and 9.1: hopfudge + number of configured nodes."""
    scene = just_started(replace(some_params(), hopfudge=4))
    assert first_of(scene, fields.STATUS).get(fields.TTL) == "6"
