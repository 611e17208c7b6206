"""What a flood may make a core do: nothing that grows with it."""

import pytest

from sidecar.core import dialect, repeats
from sidecar.core.actions import SendPacket
from sidecar.core.events import PacketsRefused
from sidecar.core.links import LinkState
from sidecar.core.occurrences import PacketRejected
from sidecar.core.outbox import RESEND_MAX_PER_PAUSE
from sidecar.core.params import Link
from sidecar.core.terms import SECOND, LinkName, LinkStatus, Medium
from sidecar.wire import fields
from sidecar.wire.auth import Key, Method
from sidecar.wire.codec import Form, decode, seal
from tests.core.harness import ETH1, ETH2, NODE, PEER, Node, World, a_link, some_params
from tests.core.scenes import Scene, settled
from tests.core.scripted import ScriptedPeer


def link_of(scene: Scene) -> LinkState:
    (state,) = scene.node.cluster.links
    return state


def recorded(scene: Scene) -> list[bytes]:
    """What the peer says in a second, as somebody on the way could record it."""
    heard: list[bytes] = []
    hear = scene.node.hear

    def listen(link: object, data: bytes) -> None:
        del link
        heard.append(data)
        hear(ETH1, data)

    scene.node.hear = listen  # type: ignore[method-assign]
    scene.world.run(1 * SECOND)
    scene.node.hear = hear  # type: ignore[method-assign]
    return heard


def counted(scene: Scene) -> dict[str, int]:
    return dict(link_of(scene).rejected)


def test_a_copy_of_what_was_heard_is_refused_and_no_sign_of_life() -> None:
    scene = settled()
    recording = recorded(scene)
    scene.peer.fall_silent()
    scene.node.forget()
    for _ in range(30):
        scene.world.run(SECOND // 10)
        for data in recording:
            scene.node.hear(ETH1, data)
    assert counted(scene)["repeated"] == 30 * len(recording)
    assert link_of(scene).status is LinkStatus.DEAD
    assert not scene.node.cluster.peer.alive
    assert scene.node.told_of(PacketRejected) == [], "copies are counted, not told"


def test_what_was_heard_by_one_link_is_new_by_the_other() -> None:
    """The same message goes out by every link, and shows on each that it carries."""
    node = Node(World(), some_params(links=(a_link(ETH1), a_link(ETH2))))
    peer = ScriptedPeer(node)
    node.start()
    peer.beat()
    peer.link = ETH2
    peer.say_again(peer.seq, fields.STATUS, **peer.status_fields())
    assert [state.status for state in node.cluster.links] == [LinkStatus.UP, LinkStatus.UP]


def test_a_packet_of_an_earlier_life_is_refused_without_its_key_being_tried() -> None:
    scene = settled()
    old = ScriptedPeer(scene.node, sidecar=True, generation=scene.peer.generation - 1)
    message = old.message(fields.STATUS, seq="99", hg=f"{old.generation:x}")
    forged = seal(message, Key(1, Method.SHA1, b"another key"), Form.NETSTRING)
    scene.node.hear(ETH1, forged)
    assert counted(scene) == {"replay": 1}


@pytest.mark.parametrize("form", Form)
def test_a_forged_packet_is_not_read(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no key must not be able to have a thousand fields parsed."""
    scene = settled()
    genuine = decode(recorded(scene)[-1]).message.without("auth")
    forged = seal(genuine, Key(1, Method.SHA1, b"another key"), form)

    def read(*_: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr("sidecar.wire.netstring.parse", read)
    monkeypatch.setattr("sidecar.wire.classic.parse", read)
    scene.node.hear(ETH1, forged)
    assert counted(scene) == {"bad_auth": 1}


def test_a_refused_packet_leads_to_no_action() -> None:
    scene = settled()
    scene.node.hear(ETH1, b"garbage")  # the first one is told
    scene.node.forget()
    for _ in range(100):
        scene.node.hear(ETH1, b"garbage")
    assert scene.node.actions == []


def test_what_is_due_is_done_between_two_refused_packets() -> None:
    """A flood is no reason for a late beat: nobody wakes a loop that is never idle."""
    scene = settled()
    scene.node.forget()
    for _ in range(100):
        scene.world.ns += SECOND // 100
        scene.node.hear(ETH1, b"garbage")
    assert len(scene.node.said(fields.STATUS)) == 5  # keepalive is 200 ms


def test_no_more_is_repeated_than_one_can_miss() -> None:
    scene = settled()
    scene.run(120 * SECOND)  # the first fifty are forgotten by then, which takes a word for each
    scene.node.forget()
    for number in range(400):
        scene.peer.whisper(fields.NS_REXMIT, firstseq="1", lastseq=str(50 + number))
    assert len(list(scene.node.wished(SendPacket))) == RESEND_MAX_PER_PAUSE
    scene.run(1 * SECOND)
    scene.node.forget()
    scene.peer.whisper(fields.NS_REXMIT, firstseq="300", lastseq="300")
    assert len(list(scene.node.wished(SendPacket))) == 1, "an honest request is answered again"


def test_chatter_has_a_limit_and_beats_have_none() -> None:
    scene = settled()
    for number in range(repeats.CHATTER_MAX + 50):
        scene.peer.whisper(fields.NS_ACKMSG, ackseq=f"{number:x}")
    assert counted(scene) == {"flood": 50}
    before = scene.node.cluster.peer.beat_ns
    scene.world.ns += SECOND // 20
    scene.peer.beat()
    assert scene.node.cluster.peer.beat_ns != before


def test_a_request_is_answered_again_after_a_while_and_its_copies_are_not() -> None:
    scene = settled()
    scene.node.forget()
    for _ in range(20):
        scene.peer.whisper(fields.NS_REXMIT, firstseq="1", lastseq="1", ts="6b0003e8")
        scene.world.ns += SECOND // 20
    assert counted(scene) == {"repeated": 10}, "every other one comes within 100 ms"
    assert len([sent for sent in scene.node.sent if sent.seq == 1]) == 4


def test_an_acknowledgement_of_what_was_never_sent_is_none() -> None:
    scene = settled()
    scene.peer.whisper(fields.NS_ACKMSG, ackseq="ffffff")
    assert scene.node.cluster.outbox.acknowledged < 1000


@pytest.mark.parametrize("name", ["\x13", "\0", "\n", "a,b", "x" * 300, "\udcff", "é"])
def test_a_name_that_no_link_has_does_not_go_back_to_the_peer(name: str) -> None:
    """It would be in every status from now on, by a serial line too, which cannot carry all."""
    line = Link(name=ETH2, medium=Medium.SERIAL, device="/dev/ttyS0")
    node = Node(World(), some_params(links=(a_link(ETH1), line)))
    peer = ScriptedPeer(node, sidecar=True)
    peer.more = {dialect.LINK: name}
    node.start()
    peer.begin_beating()
    node.world.run(1 * SECOND)
    assert node.said(fields.STATUS)[-1].get(dialect.HEARD) == dialect.NOTHING
    peer.more = {dialect.LINK: "ttyS0 of b"}
    node.world.run(1 * SECOND)
    assert node.said(fields.STATUS)[-1].get(dialect.HEARD) == "ttyS0 of b"


def test_strangers_by_the_thousand_take_no_room() -> None:
    scene = settled()
    for number in range(5000):
        message = scene.peer.message(fields.STATUS, seq="1", hg=f"{number:x}")
        scene.peer.send(message.with_fields((fields.SRC, f"node-{number}")))
    assert sum(counted(scene).values()) == 5000
    assert set(counted(scene)) == {"foreign_node", "flood"}
    assert len(link_of(scene).repeats._seen) <= repeats.REMEMBERED
    assert [node.name for node in scene.node.cluster.view().nodes] == [NODE, PEER]


def test_what_the_medium_refused_is_counted_told_once_and_leads_to_nothing() -> None:
    scene = settled()
    scene.node.forget()
    for _ in range(100):
        scene.node.step(PacketsRefused(link=ETH1, count=64))
    assert counted(scene) == {"flood": 6400}
    assert [told.count for told in scene.node.told_of(PacketRejected)] == [64]


def test_what_was_refused_on_a_link_that_is_gone_is_nobodys_business() -> None:
    scene = settled()
    scene.node.step(PacketsRefused(link=LinkName("eth9"), count=1))
    assert counted(scene) == {}
