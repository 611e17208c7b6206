"""What is believed of what comes in, and why the rest is rejected (protocol sections 2.1, 3, 4)."""

import itertools

import pytest

from sidecar.core.events import PacketReceived
from sidecar.core.occurrences import NodeDied, PacketRejected, PacketsLost
from sidecar.core.terms import MILLISECOND, SECOND, LinkName, LinkStatus, NodeStatus
from sidecar.wire import fields
from sidecar.wire.auth import Key, Keyring, Method
from sidecar.wire.codec import Form, seal
from sidecar.wire.message import Message
from tests.core.harness import ETH1, KEY, NODE, NODE_UUID, PEER, PEER_UUID, some_params
from tests.core.scenes import Scene, just_started, settled
from tests.core.scripted import KEEPALIVE_NS


def rejections(scene: Scene) -> dict[str, int]:
    link = scene.node.cluster.links.find(ETH1)
    assert link is not None
    return dict(link.rejected)


def reasons_told(scene: Scene) -> list[str]:
    return [rejected.reason for rejected in scene.node.told_of(PacketRejected)]


def a_status(scene: Scene, **changes: str | bytes) -> Message:
    """The peer's next status, with fields changed; an empty value takes the field away."""
    peer = scene.peer
    values = peer.status_fields() | {fields.SEQ: f"{peer.seq + 1:x}", fields.HG: f"{7:x}"}
    message = peer.message(fields.STATUS, **values)
    for name, value in changes.items():
        message = message.with_fields((name, value)) if value else message.without(name)
    return message


def send(scene: Scene, message: Message, key: Key = KEY) -> None:
    scene.node.hear(ETH1, seal(message, key, Form.NETSTRING))


# --- rejected ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"###\n", b"###\n%%%\n", b">>>\nt=status\n", bytes(70)]
)
def test_bytes_that_are_no_message_are_malformed(data: bytes):
    """1: a datagram that starts with anything else is dropped."""
    scene = just_started()
    scene.node.hear(ETH1, data)
    assert sum(rejections(scene).values()) == 1
    assert set(rejections(scene)) <= {"malformed", "unsigned"}
    assert not scene.node.cluster.peer.met


@pytest.mark.parametrize("missing", [fields.T, fields.SRC, fields.TS])
def test_a_message_needs_a_type_a_source_and_a_time(missing: str):
    """2.1: without t, src or ts: dropped, ERROR."""
    scene = just_started()
    send(scene, a_status(scene, **{missing: ""}))
    assert rejections(scene) == {"malformed": 1}
    assert not scene.node.cluster.peer.met


def test_a_time_of_zero_is_dropped():
    """2.1: ts: value 0 is dropped."""
    scene = just_started()
    send(scene, a_status(scene, ts="0"))
    assert rejections(scene) == {"malformed": 1}


def test_a_sequenced_message_needs_a_number():
    """2.1: without seq: dropped, ERROR."""
    scene = just_started()
    send(scene, a_status(scene, seq=""))
    assert rejections(scene) == {"malformed": 1}


def test_a_message_signed_under_an_unknown_number_is_refused():
    """3.4: unknown number: refused."""
    scene = just_started()
    send(scene, a_status(scene), Key(9, Method.SHA1, KEY.text))
    assert rejections(scene) == {"unknown_key": 1}


def test_a_message_signed_with_another_text_is_refused():
    """3.4: wrong value: refused; a refused message counts as not received at all."""
    scene = just_started()
    send(scene, a_status(scene), Key(1, Method.SHA1, b"another text"))
    assert rejections(scene) == {"bad_auth": 1}
    link = scene.node.cluster.links.find(ETH1)
    assert link is not None
    assert (link.status, link.received) == (LinkStatus.DEAD, 0)


def test_a_message_under_a_configured_but_not_current_key_is_believed():
    """3.4: a robust peer accepts the key of that number, or its own current key."""
    other = Key(2, Method.SHA1, b"the key to come")
    scene = just_started(some_params(keyring=Keyring(KEY, (KEY, other))))
    send(scene, a_status(scene), other)
    assert rejections(scene) == {}
    assert scene.node.cluster.peer.met


@pytest.mark.parametrize("name", ["node-c", "NODE-B", ""])
def test_a_node_that_is_not_of_this_cluster_is_refused(name: str):
    """2.1: names are not lower-cased when they come in: NODE-B is a bad node."""
    scene = just_started()
    message = a_status(scene).with_fields((fields.SRC, name))
    send(scene, message)
    assert rejections(scene) == {"foreign_node": 1}
    assert not scene.node.cluster.peer.met


def test_own_packets_that_come_back_are_ignored():
    """8: bcast hears its own packets: ignored."""
    scene = just_started()
    own = scene.node.said(fields.STATUS)[0].message
    send(scene, own)
    assert rejections(scene) == {}
    assert not scene.node.cluster.peer.met
    link = scene.node.cluster.links.find(ETH1)
    assert link is not None
    assert link.status is LinkStatus.DEAD, "hearing oneself proves nothing about the peer"


def test_another_machine_of_the_same_name_is_told_of():
    """2.1: one uuid per node for good; another uuid under our name is another machine."""
    scene = just_started()
    send(scene, a_status(scene, src=NODE, srcuuid=b"another machine!"))
    assert rejections(scene) == {"same_name": 1}
    assert reasons_told(scene) == ["same_name"]


def test_a_former_life_is_a_replay():
    """4.1: lower generation: "attempted replay attack"; the node is then dead after deadtime."""
    scene = settled()
    scene.peer.fall_silent()
    scene.peer.generation -= 1
    for _ in range(9):
        scene.run(KEEPALIVE_NS)
        scene.peer.beat()
    assert rejections(scene) == {"replay": 9}
    assert len(scene.node.told_of(NodeDied)) == 1
    link = scene.node.cluster.links.find(ETH1)
    assert link is not None
    assert link.status is LinkStatus.DEAD, "a rejected packet does not keep a link up"


def test_a_flood_of_rejected_packets_does_not_flood_the_log():
    """3.4: the real daemon logs 15 lines per message; ours one in ten seconds, and counts."""
    scene = just_started()
    for _ in range(100):
        scene.run(90 * MILLISECOND)
        scene.node.hear(ETH1, b"rubbish")
    assert rejections(scene) == {"malformed": 100}
    assert len(scene.node.told_of(PacketRejected)) == 1
    scene.run(2 * SECOND)
    scene.node.hear(ETH1, b"rubbish")
    assert [told.count for told in scene.node.told_of(PacketRejected)] == [1, 101]


def test_packets_of_an_unknown_link_are_not_looked_at():
    scene = just_started()
    data = seal(a_status(scene), KEY, Form.NETSTRING)
    scene.node.step(PacketReceived(link=LinkName("eth9"), data=data))
    assert not scene.node.cluster.peer.met


# --- 2.1: whom a message is for ------------------------------------------------------------------


def answers(scene: Scene, *pairs: tuple[str, str | bytes]) -> bool:
    """Whether the node takes a reqnodes with these fields for its own."""
    scene.node.forget()
    peer = scene.peer
    peer.seq += 1
    message = peer.message(fields.REQNODES, seq=f"{peer.seq:x}", hg=f"{peer.generation:x}")
    peer.send(message.with_fields(*pairs))
    return bool(scene.node.said(fields.REPNODES))


def test_a_message_without_dest_is_for_everybody():
    assert answers(settled())


@pytest.mark.parametrize(("dest", "taken"), [(NODE, True), (PEER, False), ("NODE-A", False)])
def test_dest_is_compared_with_the_name_case_sensitively(dest: str, taken: bool):  # noqa: FBT001
    assert answers(settled(), (fields.DEST, dest)) is taken


@pytest.mark.parametrize(("uuid", "taken"), [(NODE_UUID, True), (PEER_UUID, False)])
def test_a_uuid_goes_before_the_name(uuid: bytes, taken: bool):  # noqa: FBT001
    """2.1: a non-zero destuuid is compared with the receiver's uuid, otherwise dest is compared."""
    dest = PEER if taken else NODE
    assert answers(settled(), (fields.DEST, dest), (fields.DESTUUID, uuid)) is taken


def test_a_uuid_of_zeros_is_not_known_and_dest_counts():
    """2.1: 16 zero bytes if not known."""
    assert answers(settled(), (fields.DEST, NODE), (fields.DESTUUID, bytes(16)))
    assert not answers(settled(), (fields.DEST, PEER), (fields.DESTUUID, bytes(16)))


def test_messages_to_others_still_count_in_the_sequence():
    """2.1: messages addressed to others still go through sequence tracking."""
    scene = settled()
    scene.peer.say(fields.REQNODES, dest="node-c")
    scene.run(2 * SECOND)
    assert scene.node.said(fields.NS_REXMIT) == []


# --- order ---------------------------------------------------------------------------------------


def test_a_message_before_the_first_status_is_not_believed():
    """4.1: the first message of a new life must be a status."""
    scene = just_started()
    scene.peer.tell("all", stable=True)
    takeover = scene.node.cluster.takeover
    assert takeover.holdings.other.word == "none"
    assert not scene.node.cluster.peer.met
    link = scene.node.cluster.links.find(ETH1)
    assert link is not None
    assert link.status is LinkStatus.UP, "5.5: any accepted packet counts for the link"


def test_an_older_resource_message_that_comes_late_says_nothing():
    """4.2: take holdings and stability only from the resource message with the highest seq."""
    scene = settled(holds="all")
    late = scene.peer.seq + 1
    scene.peer.seq += 1
    scene.peer.tell("none", stable=False, info="shutdown")
    hold = {fields.RSC_HOLD: "local", fields.RTYPE: "full", fields.ISSTABLE: "1"}
    scene.peer.say_again(late, fields.RESOURCE, **hold)
    takeover = scene.node.cluster.takeover
    assert (takeover.holdings.other.word, takeover.holdings.other_stable) == ("none", False)


def test_an_older_status_that_comes_late_says_nothing():
    scene = settled()
    late = scene.peer.seq + 1
    scene.peer.seq += 1
    scene.peer.beat()
    scene.peer.say_again(late, fields.STATUS, st="up", dt="1")
    assert scene.node.cluster.peer.status is NodeStatus.ACTIVE
    assert scene.node.cluster.peer.dead_after_ns == 1 * SECOND


def test_a_resource_of_a_new_life_is_news_whatever_its_number():
    """4.1: sequence tracking is reset."""
    scene = settled(holds="all")
    scene.peer.restart()
    scene.peer.beat()
    scene.peer.tell("local", stable=True)
    assert scene.node.cluster.takeover.holdings.other.word == "local"


def test_a_message_that_was_missing_is_acted_on_when_it_comes():
    """4.2: lower: deliver if it fills a noted gap."""
    scene = settled()
    missing = scene.peer.seq + 1
    scene.peer.seq += 1
    scene.peer.beat()
    scene.node.forget()
    scene.peer.say_again(missing, fields.REQNODES, dest=NODE)
    assert len(scene.node.said(fields.REPNODES)) == 1


# --- 4.3, 4.4 on the wire ------------------------------------------------------------------------


def test_a_missing_number_is_requested_in_decimal_until_it_comes():
    """4.3: its own NS_rexmit with firstseq = lastseq, in decimal, every 250 ms."""
    scene = settled()
    scene.peer.fall_silent()
    scene.peer.begin_beating()
    scene.run(5 * SECOND)
    missing = scene.peer.seq + 1
    assert missing > 0xF
    scene.peer.seq += 1
    scene.node.forget()
    scene.run(1 * SECOND)
    requests = scene.node.said(fields.NS_REXMIT)
    assert [r.get(fields.FIRSTSEQ) for r in requests] == [str(missing)] * len(requests)
    assert [r.get(fields.LASTSEQ) for r in requests] == [str(missing)] * len(requests)
    assert {r.get(fields.DEST) for r in requests} == {PEER}
    steps = [b.ns - a.ns for a, b in itertools.pairwise(requests)]
    assert steps
    assert set(steps) == {250 * MILLISECOND}
    lost = scene.node.told_of(PacketsLost)
    assert [(one.count, one.first, one.last) for one in lost] == [(1, missing, missing)]
    scene.peer.say_again(missing, fields.STATUS, **scene.peer.status_fields())
    scene.node.forget()
    scene.run(1 * SECOND)
    assert scene.node.said(fields.NS_REXMIT) == []


def test_a_refused_number_is_not_requested_again():
    """4.3: NS_nak_rexmit, in hex, closes the gap."""
    scene = settled()
    missing = scene.peer.seq + 1
    scene.peer.seq += 1
    scene.run(500 * MILLISECOND)
    assert scene.node.said(fields.NS_REXMIT)
    scene.peer.whisper(fields.NS_NAK_REXMIT, firstseq=f"{missing:x}", info="seqno not found")
    scene.node.forget()
    scene.run(2 * SECOND)
    assert scene.node.said(fields.NS_REXMIT) == []


def test_requests_end_when_the_peer_is_dead():
    """4.3: until the node is dead."""
    scene = settled()
    scene.peer.seq += 1
    scene.peer.beat()
    scene.peer.fall_silent()
    scene.run(1 * SECOND)
    scene.node.forget()
    scene.run(5 * SECOND)
    assert scene.node.said(fields.NS_REXMIT) == []


def test_a_peer_that_says_no_protocol_gets_no_acknowledgements():
    """4.4: opting out."""
    scene = settled()
    scene.peer.acknowledges = False
    scene.peer.beat()
    scene.node.forget()
    scene.run(6 * SECOND)
    assert scene.node.said(fields.NS_ACKMSG) == []


def test_one_message_in_ten_is_acknowledged():
    """4.4: with 200 ms keepalive one ack every 2 s."""
    scene = settled()
    scene.run(20 * SECOND)
    acks = scene.node.said(fields.NS_ACKMSG)
    assert len(acks) == 10
    assert all(ack.get(fields.DEST) == PEER for ack in acks)
    numbers = [int(ack.get(fields.ACKSEQ) or "", 16) for ack in acks]
    assert [b - a for a, b in itertools.pairwise(numbers)] == [10] * 9


def test_a_second_copy_is_not_acted_on():
    """4.2: same as last: duplicate, updates only the link status."""
    scene = settled()
    scene.peer.say(fields.REQNODES, dest=NODE)
    scene.peer.say_again(scene.peer.seq, fields.REQNODES, dest=NODE)
    assert len(scene.node.said(fields.REPNODES)) == 1


def test_an_unknown_type_is_harmless():
    """2.2: a type a node does not know is harmless."""
    scene = settled()
    for kind in (
        fields.IP_REQUEST_RESP,
        fields.STONITH,
        fields.HBAPI_CLSTAT,
        "ping_of_death",
        fields.QUERY_CSTATUS,
        fields.DELNODE,
    ):
        scene.peer.say(kind, dest=NODE, ipaddr="10.0.0.100/24/eth0:0", ok="OK", weown="yes")
    scene.run(1 * SECOND)
    assert {sent.kind for sent in scene.node.sent} <= {fields.STATUS, fields.NS_ACKMSG}
