"""Ping nodes as the core judges them (ha.cf ping, ping_group, deadping; protocol section 5.6)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidecar.core.actions import ClaimAddress, SendPing
from sidecar.core.events import PingReplied, Reloaded, Woke
from sidecar.core.occurrences import PingChanged
from sidecar.core.params import Params, PingTarget
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.wire import fields
from sidecar.wire.auth import Key, Keyring, Method
from sidecar.wire.codec import Form, form_of, seal, unseal
from sidecar.wire.message import Message
from tests.core.hands import PING_NS
from tests.core.harness import KEY, NODE, Node, World, some_params
from tests.core.scenes import alone, just_started
from tests.core.scripted import KEEPALIVE_NS

ROUTER = PingTarget(name="10.0.0.1", hosts=("10.0.0.1",))
GROUP = PingTarget(name="routers", hosts=("10.0.0.2", "10.0.0.3"), is_group=True)
DEADPING_NS = 1 * SECOND
VECTORS = Path(__file__).parent.parent / "vectors"


def with_ping(*targets: PingTarget, **changes: Any) -> Params:
    return some_params(ping=targets or (ROUTER,), deadping_ns=DEADPING_NS, **changes)


def a_node(params: Params, *reachable: str) -> Node:
    node = Node(World(), params)
    node.hands.reachable = set(reachable)
    node.start()
    return node


def told(node: Node) -> list[tuple[str, bool]]:
    return [(change.target, change.up) for change in node.told_of(PingChanged)]


def up(node: Node) -> dict[str, bool]:
    return {target.name: target.up for target in node.cluster.view().ping}


def pings(node: Node) -> list[SendPing]:
    return [action for _, action in node.wished(SendPing)]


def test_each_target_gets_one_echo_with_each_status():
    """5.6: for every status message one echo request to each ping node."""
    node = a_node(with_ping(ROUTER, GROUP))
    node.world.run(5 * SECOND)
    assert len(node.said(fields.STATUS)) > 20
    for target in (ROUTER, GROUP):
        sent = [ping for ping in pings(node) if ping.target == target]
        assert len(sent) == len(node.said(fields.STATUS))


def test_within_a_second_the_same_is_sent_again_and_no_longer():
    node = a_node(with_ping(ROUTER))
    node.world.run(10 * SECOND)
    times = {unseal(ping.data, node.params.keyring).message.get(fields.TS) for ping in pings(node)}
    assert len(times) >= 10
    assert len({ping.data for ping in pings(node)}) == len(times)


def test_an_answer_to_a_question_of_the_second_before_counts():
    node = a_node(with_ping(ROUTER))
    asked = pings(node)[0].data
    node.world.run(2 * SECOND)
    assert up(node) == {ROUTER.name: False}
    assert pings(node)[-1].data != asked
    node.step(PingReplied(target=ROUTER.name, data=asked))
    assert up(node) == {ROUTER.name: True}


@pytest.mark.parametrize(("target", "info"), [(ROUTER, "ping"), (GROUP, "ping_group")])
def test_the_payload_is_what_the_target_would_say_of_itself(target, info):
    node = a_node(with_ping(target))
    message = unseal(pings(node)[0].data, node.params.keyring).message
    assert form_of(pings(node)[0].data) is Form.NETSTRING
    assert [(field.name, field.value) for field in message.fields[:4]] == [
        ("t", "NS_st"),
        ("st", "ping"),
        ("info", info),
        ("src", target.name),
    ]
    assert [field.name for field in message.fields[4:]] == ["ts", "auth"]


def test_the_payload_is_made_as_a_real_node_makes_it():
    """5.6, a captured echo: the same fields, key and time give the same bytes."""
    captured = json.loads((VECTORS / "messages-ping-icmp.json").read_text())["datagrams"][0]
    key = Key(1, Method.SHA1, b"hbpSecretOne")
    real = bytes.fromhex(captured["datagram_hex"])
    message = unseal(real, Keyring(key, (key,))).message
    name = message.get(fields.SRC)
    assert name is not None
    node = Node(
        World(),
        with_ping(PingTarget(name=name, hosts=(name,)), keyring=Keyring(key, (key,))),
    )
    node.start()
    ours = unseal(pings(node)[0].data, node.params.keyring).message
    at_its_time = ours.with_fields((fields.TS, message.get(fields.TS) or "")).without(fields.AUTH)
    assert seal(at_its_time, key, Form.NETSTRING) == real


def test_a_target_that_answers_is_up_and_that_is_no_news_at_the_start():
    node = a_node(with_ping(), "10.0.0.1")
    node.world.run(3 * SECOND)
    assert up(node) == {"10.0.0.1": True}
    assert told(node) == []


def test_a_target_that_was_never_heard_is_lost_after_deadping():
    node = a_node(with_ping())
    begin_ns = node.world.ns
    node.world.run(5 * SECOND)
    assert told(node) == [("10.0.0.1", False)]
    assert node.when_told(PingChanged) == [begin_ns + DEADPING_NS]


def test_a_target_is_lost_when_it_was_silent_for_deadping():
    node = a_node(with_ping(), "10.0.0.1")
    node.world.run(3 * SECOND)
    node.hands.reachable.clear()
    cut_ns = node.world.ns
    node.world.run(5 * SECOND)
    (lost_ns,) = node.when_told(PingChanged)
    last_reply_ns = lost_ns - DEADPING_NS
    assert cut_ns - KEEPALIVE_NS <= last_reply_ns <= cut_ns + PING_NS
    assert up(node) == {"10.0.0.1": False}


def test_one_lost_echo_is_no_loss():
    node = a_node(with_ping(), "10.0.0.1")
    node.world.run(3 * SECOND)
    node.hands.reachable.clear()
    node.world.run(DEADPING_NS - 2 * KEEPALIVE_NS)
    node.hands.reachable.add("10.0.0.1")
    node.world.run(5 * SECOND)
    assert told(node) == []


def test_a_target_that_answers_again_is_told():
    node = a_node(with_ping())
    node.world.run(2 * SECOND)
    node.hands.reachable.add("10.0.0.1")
    node.world.run(1 * SECOND)
    assert told(node) == [("10.0.0.1", False), ("10.0.0.1", True)]


def test_any_member_speaks_for_its_group():
    node = a_node(with_ping(ROUTER, GROUP), "10.0.0.1", "10.0.0.2", "10.0.0.3")
    node.world.run(2 * SECOND)
    node.hands.reachable.discard("10.0.0.2")
    node.world.run(3 * SECOND)
    assert up(node) == {"10.0.0.1": True, "routers": True}
    assert node.cluster.ping.count == 2
    node.hands.reachable.discard("10.0.0.3")
    node.world.run(3 * SECOND)
    assert up(node) == {"10.0.0.1": True, "routers": False}
    assert node.cluster.ping.count == 1
    assert not node.cluster.ping.all_lost


def test_a_forged_reply_counts_for_nothing():
    node = a_node(with_ping(ROUTER, GROUP))
    genuine = {ping.target.name: ping.data for ping in pings(node)}
    stranger = Key(1, Method.SHA1, b"another key")
    forged = (
        b"",
        b"pong",
        genuine["10.0.0.1"][:-1],
        genuine["routers"],  # right, but another target's
        seal(unseal(genuine["10.0.0.1"], node.params.keyring).message, stranger, Form.NETSTRING),
        seal(Message.of(("t", "status"), ("src", "10.0.0.1"), ("ts", "1")), KEY, Form.NETSTRING),
    )
    for data in forged:
        node.step(PingReplied(target="10.0.0.1", data=data))
        assert not up(node)["10.0.0.1"]
    node.step(PingReplied(target="nobody", data=genuine["10.0.0.1"]))
    assert up(node) == {"10.0.0.1": False, "routers": False}
    node.step(PingReplied(target="10.0.0.1", data=genuine["10.0.0.1"]))
    assert up(node)["10.0.0.1"]


def test_a_node_that_slept_does_not_blame_its_ping_nodes():
    node = a_node(with_ping(), "10.0.0.1")
    node.world.run(2 * SECOND)
    node.frozen = True
    node.world.run(10 * SECOND)
    node.frozen = False
    node.step(Woke())
    node.world.run(1 * SECOND)
    assert told(node) == []
    node.hands.reachable.clear()
    node.world.run(2 * SECOND)
    assert told(node) == [("10.0.0.1", False)]


def slept_past_deadping() -> Node:
    """For less than a deadtime."""
    node = a_node(replace(with_ping(), deadping_ns=500 * MILLISECOND), "10.0.0.1")
    node.world.run(2 * SECOND)
    node.frozen = True
    node.world.run(700 * MILLISECOND)
    node.frozen = False
    return node


def test_a_node_that_slept_past_deadping_asks_again_before_it_blames_them():
    node = slept_past_deadping()
    node.step(Woke())
    node.world.run(3 * SECOND)
    assert told(node) == []


def test_a_ping_node_that_is_silent_after_a_sleep_is_lost_a_keepalive_later():
    node = slept_past_deadping()
    node.hands.reachable.clear()
    node.step(Woke())
    woke_ns = node.world.ns
    node.world.run(3 * SECOND)
    assert node.when_told(PingChanged) == [woke_ns + KEEPALIVE_NS]


def test_who_wakes_late_each_time_finds_a_ping_node_lost_all_the_same():
    node = slept_past_deadping()
    node.hands.reachable.clear()
    for _ in range(5):
        node.step(Woke())
        node.frozen = True
        node.world.run(50 * MILLISECOND)
        node.frozen = False
    assert told(node) == [("10.0.0.1", False)]


def test_a_reload_keeps_what_is_known_and_drops_what_is_gone():
    node = a_node(with_ping(ROUTER, GROUP), "10.0.0.1", "10.0.0.3")
    node.world.run(2 * SECOND)
    other = PingTarget(name="10.0.0.9", hosts=("10.0.0.9",))
    node.step(Reloaded(params=replace(node.params, ping=(other, GROUP))))
    assert up(node) == {"10.0.0.9": False, "routers": True}
    node.world.run(3 * SECOND)
    assert told(node) == [("10.0.0.9", False)]
    assert {ping.target.name for _, ping in node.actions[-20:] if isinstance(ping, SendPing)} == {
        "10.0.0.9",
        "routers",
    }


# --- safety rule 4 -------------------------------------------------------------------------------


def test_who_hears_neither_the_peer_nor_a_ping_node_is_cut_off_and_takes_nothing():
    node = a_node(with_ping())
    node.world.run(30 * SECOND)
    assert list(node.wished(ClaimAddress)) == []
    node.hands.reachable.add("10.0.0.1")
    node.world.run(5 * SECOND)
    assert node.hands.addresses == {"10.0.0.100"}


def test_a_lost_ping_node_alone_moves_nothing():
    scene = alone(with_ping())
    assert scene.held == set()
    scene = just_started(with_ping(), sidecar=True)
    scene.node.hands.reachable.add("10.0.0.1")
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=True, term="0,0")
    scene.run(3 * SECOND)
    assert scene.held == {"10.0.0.100"}
    scene.node.hands.reachable.clear()
    scene.run(30 * SECOND)
    assert told(scene.node) == [("10.0.0.1", False)]
    assert scene.held == {"10.0.0.100"}


def test_a_holder_that_is_cut_off_from_everything_lets_go():
    node = a_node(with_ping(), "10.0.0.1")
    node.world.run(5 * SECOND)
    assert node.hands.addresses == {"10.0.0.100"}
    node.hands.reachable.clear()
    node.world.run(DEADPING_NS + 200 * MILLISECOND)
    assert node.hands.addresses == set()
    assert node.name == NODE


def test_a_node_that_is_cut_off_claims_nothing_when_a_reload_names_other_ping_nodes():
    node = a_node(with_ping(ROUTER), "10.0.0.1")
    node.world.run(5 * SECOND)
    node.hands.reachable.clear()
    node.world.run(5 * SECOND)
    node.forget()
    node.step(Reloaded(params=replace(node.params, ping=(GROUP,))))
    node.world.run(5 * SECOND)
    assert list(node.wished(ClaimAddress)) == []
    node.hands.reachable.add("10.0.0.3")
    node.world.run(5 * SECOND)
    assert node.hands.addresses == {"10.0.0.100"}
