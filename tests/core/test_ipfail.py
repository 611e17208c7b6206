"""Who sees fewer ping nodes hands over (``respawn ... ipfail``; protocol section 7)."""

from typing import Any

import pytest

from sidecar.core.events import CarrierChanged, LinkFailed, Reloaded
from sidecar.core.ipfail import GIVE_UP
from sidecar.core.occurrences import GiveUpBegan, TakeoverBegan
from sidecar.core.params import Params, PingTarget
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback, NodeName
from sidecar.wire import fields
from sidecar.wire.message import Message
from tests.core.harness import (
    ETH1,
    ETH2,
    MACS,
    NODE,
    PEER,
    VIP,
    Node,
    Sent,
    Wired,
    a_group,
    a_link,
    mirrored,
    some_params,
)
from tests.core.scenes import Scene, settled
from tests.core.scripted import KEEPALIVE_NS

HOST = "10.0.0.1"
DEADPING_NS = 1 * SECOND
MESSAGES = (
    *(fields.NUM_PING_NODES, fields.YOU_ARE_DEAD, fields.ABORT_GIVEUP),
    fields.ASK_RESOURCES,
)


def with_ipfail(**changes: Any) -> Params:
    ping = (PingTarget(name=HOST, hosts=(HOST,)),)
    return some_params(**({"ping": ping, "deadping_ns": DEADPING_NS, "ipfail": True} | changes))


# --- between sidecars ----------------------------------------------------------------------------


class Duo:
    """Two sidecars and a ping node that each reaches, until a test cuts it off."""

    def __init__(self, params: Params | None = None) -> None:
        self.wired = Wired(params or with_ipfail())
        for node in self.wired.nodes:
            node.hands.reachable.add(HOST)
        self.wired.start()
        self.run(2 * SECOND)
        assert self.holders == [NODE]

    @property
    def a(self) -> Node:
        return self.wired.a

    @property
    def b(self) -> Node:
        return self.wired.b

    @property
    def holders(self) -> list[NodeName]:
        return self.wired.holders()

    def run(self, duration_ns: int) -> None:
        self.wired.world.run(duration_ns)

    def until_holder(self, name: NodeName) -> int:
        """How long that took."""
        begin_ns = self.wired.world.ns
        self.wired.world.run_until(lambda: self.holders == [name])
        return self.wired.world.ns - begin_ns


def test_the_holder_that_loses_the_ping_node_hands_over_to_the_one_that_sees_it():
    duo = Duo()
    duo.a.hands.reachable.clear()
    took_ns = duo.until_holder(PEER)
    assert took_ns <= DEADPING_NS + 2 * KEEPALIVE_NS + 100 * MILLISECOND
    assert [o.reason for o in duo.a.told_of(GiveUpBegan)] == ["ping_lost"]
    assert [o.reason for o in duo.b.told_of(TakeoverBegan)] == ["ping_lost"]
    assert "node-b sees more ping nodes" in duo.a.told_of(GiveUpBegan)[0].why


def test_no_address_is_held_twice_on_the_way():
    duo = Duo()
    duo.a.hands.reachable.clear()
    end_ns = duo.wired.world.ns + 3 * SECOND
    while duo.wired.world.ns < end_ns:
        duo.run(1 * MILLISECOND)
        assert len(duo.holders) <= 1


def test_it_goes_back_when_the_ping_node_is_seen_again():
    duo = Duo()
    duo.a.hands.reachable.clear()
    duo.until_holder(PEER)
    duo.run(5 * SECOND)
    assert duo.holders == [PEER]
    duo.a.hands.reachable.add(HOST)
    assert duo.until_holder(NODE) <= 2 * KEEPALIVE_NS + 200 * MILLISECOND
    assert [o.reason for o in duo.b.told_of(GiveUpBegan)] == ["failback"]


def test_it_stays_where_auto_failback_is_off():
    duo = Duo(with_ipfail(auto_failback=AutoFailback.OFF))
    duo.a.hands.reachable.clear()
    duo.until_holder(PEER)
    duo.a.hands.reachable.add(HOST)
    duo.run(20 * SECOND)
    assert duo.holders == [PEER]


def test_the_standby_that_loses_the_ping_node_changes_nothing():
    duo = Duo()
    duo.b.hands.reachable.clear()
    duo.run(20 * SECOND)
    assert duo.holders == [NODE]
    assert duo.a.told_of(GiveUpBegan) == []


@pytest.mark.parametrize("later_ns", [0, 1, KEEPALIVE_NS // 2, KEEPALIVE_NS])
@pytest.mark.parametrize("first", [NODE, PEER])
def test_nothing_moves_when_both_lose_it(first, later_ns):
    duo = Duo()
    nodes = sorted(duo.wired.nodes, key=lambda node: node.name != first)
    nodes[0].hands.reachable.clear()
    duo.run(later_ns)
    nodes[1].hands.reachable.clear()
    duo.run(20 * SECOND)
    for node in nodes:
        node.hands.reachable.add(HOST)
        duo.run(later_ns)
    duo.run(20 * SECOND)
    assert duo.holders == [NODE]
    assert duo.a.told_of(GiveUpBegan) == []


def test_without_ipfail_a_lost_ping_node_moves_nothing():
    duo = Duo(with_ipfail(ipfail=False))
    duo.a.hands.reachable.clear()
    duo.run(20 * SECOND)
    assert duo.holders == [NODE]


def test_nothing_goes_to_a_node_that_is_not_ready():
    duo = Duo()
    duo.b.step(CarrierChanged(interface="eth0", up=False))
    duo.run(1 * SECOND)
    duo.a.hands.reachable.clear()
    duo.run(10 * SECOND)
    assert duo.holders == [NODE]
    duo.b.step(CarrierChanged(interface="eth0", up=True, mac=MACS[PEER]))
    duo.until_holder(PEER)


def test_who_does_not_know_its_own_count_yet_hands_nothing_over():
    wired = Wired(with_ipfail(deadping_ns=10 * SECOND))
    wired.b.hands.reachable.add(HOST)
    wired.start()
    wired.world.run(8 * SECOND)
    assert wired.holders() == [NODE]
    wired.world.run(3 * SECOND)
    assert wired.holders() == [PEER]


def test_sidecars_do_not_send_the_messages_of_ipfail():
    duo = Duo()
    duo.a.hands.reachable.clear()
    duo.run(5 * SECOND)
    for node in duo.wired.nodes:
        assert ipfail_messages(node) == []


def test_of_two_ping_nodes_the_loss_of_one_is_enough():
    both = (PingTarget(name=HOST, hosts=(HOST,)), PingTarget(name="10.0.0.2", hosts=("10.0.0.2",)))
    wired = Wired(with_ipfail(ping=both))
    for node in wired.nodes:
        node.hands.reachable |= {HOST, "10.0.0.2"}
    wired.start()
    wired.world.run_until(lambda: wired.holders() == [NODE])
    wired.a.hands.reachable.discard("10.0.0.2")
    wired.world.run_until(lambda: wired.holders() == [PEER])
    assert wired.a.cluster.ping.count == 1


@pytest.mark.parametrize("first", ["the standby learns of one more", "the holder of one less"])
def test_ping_nodes_that_one_node_knows_and_the_other_not_yet_move_nothing(first: str):
    """The files are changed on one node after the other; all ping nodes answer all the while."""
    both = with_ipfail(ping=(*with_ipfail().ping, PingTarget(name="10.0.0.2", hosts=(HOST,))))
    if first == "the standby learns of one more":
        duo = Duo(with_ipfail())
        duo.b.step(Reloaded(params=mirrored(both)))
    else:
        duo = Duo(both)
        duo.a.step(Reloaded(params=with_ipfail()))
    duo.run(10 * SECOND)
    assert duo.holders == [NODE]


def test_what_is_due_is_not_done_when_a_reload_has_switched_ipfail_off():
    duo = Duo()
    duo.a.hands.reachable.clear()
    duo.wired.world.run_until(lambda: duo.a.cluster.timers.is_armed(GIVE_UP))
    without = with_ipfail(ipfail=False)
    duo.a.step(Reloaded(params=without))
    duo.b.step(Reloaded(params=mirrored(without)))
    duo.run(10 * SECOND)
    assert duo.holders == [NODE]


# --- with a real Heartbeat -----------------------------------------------------------------------


def ipfail_messages(node: Node) -> list[Sent]:
    return node.said(*MESSAGES[:3], fields.HBAPI_CLSTAT)


def beside_a_real_node(holds: str = "none", **changes: Any) -> Scene:
    """Both stable; the node reaches its ping node."""
    scene = settled(with_ipfail(**changes), holds=holds)
    scene.node.hands.reachable.add(HOST)
    scene.run(1 * SECOND)
    scene.node.forget()
    return scene


def said(scene: Scene) -> list[tuple[str, str | None]]:
    """Kind and number or info of what the node's ipfail said."""
    return [
        (sent.kind, sent.get(fields.NUM_PING) or sent.get(fields.INFO))
        for sent in scene.node.said(*MESSAGES)
    ]


def count_of_peer(scene: Scene, number: int) -> None:
    scene.peer.say(
        fields.NUM_PING_NODES, num_ping=str(number), dest=NODE, from_id="ipfail", to_id="ipfail"
    )


def test_it_signs_on_when_communication_is_up():
    """7: hbapi-clstat st=join, so that the real node's ipfail tells its count."""
    scene = settled(with_ipfail())
    (join,) = joins(scene)
    assert [join.get(name) for name in ("st", "from_id", "to_id", "info", "client_gen")] == [
        "join",
        "ipfail",
        "ipfail",
        "signon",
        "0",
    ]


def joins(scene: Scene) -> list[Message]:
    """Of all that was said since the start."""
    said = scene.node.cluster.outbox._history.values()
    return [message for message in said if message.kind == fields.HBAPI_CLSTAT]


def test_it_does_not_sign_on_where_ipfail_is_off():
    assert joins(settled(with_ipfail(ipfail=False))) == []
    assert joins(settled(with_ipfail(ping=()))) == []


def test_a_loss_is_told_as_a_count():
    scene = beside_a_real_node()
    scene.node.hands.reachable.clear()
    scene.run(2 * SECOND)
    (told,) = scene.node.said(fields.NUM_PING_NODES)
    assert [told.get(name) for name in ("num_ping", "dest", "to_id", "from_id")] == [
        "0",
        PEER,
        "ipfail",
        "ipfail",
    ]


def test_a_return_is_told_as_a_count():
    scene = beside_a_real_node()
    scene.node.hands.reachable.clear()
    scene.run(2 * SECOND)
    scene.node.forget()
    scene.node.hands.reachable.add(HOST)
    scene.run(1 * SECOND)
    assert said(scene) == [(fields.NUM_PING_NODES, "1")]


def test_the_join_of_the_other_is_answered_with_the_count():
    scene = beside_a_real_node()
    scene.peer.say(fields.HBAPI_CLSTAT, st="leave", from_id="ipfail", to_id="ipfail")
    assert said(scene) == []
    scene.peer.say(fields.HBAPI_CLSTAT, st="join", from_id="ipfail", to_id="ipfail")
    assert said(scene) == [(fields.NUM_PING_NODES, "1")]


def test_a_message_to_another_client_is_not_ours():
    scene = beside_a_real_node()
    scene.peer.say(fields.HBAPI_CLSTAT, st="join", from_id="cibmon", to_id="cibmon")
    scene.peer.say(fields.NUM_PING_NODES, num_ping="0", dest=NODE, to_id="other")
    assert said(scene) == []


def test_a_dead_link_is_told_as_a_count():
    """7: any link of any node goes dead."""
    scene = beside_a_real_node(links=(a_link(ETH1), a_link(ETH2)))
    scene.node.step(LinkFailed(link=ETH2, reason="the device is gone"))
    assert said(scene) == [(fields.NUM_PING_NODES, "1")]


def test_who_sees_more_tells_the_other_so():
    scene = beside_a_real_node()
    count_of_peer(scene, 0)
    assert said(scene) == [(fields.YOU_ARE_DEAD, None)]


@pytest.mark.parametrize("word", ["count", "you_are_dead"])
def test_who_sees_fewer_gives_up_all_after_two_beats(word):
    scene = beside_a_real_node()
    if word == "count":
        count_of_peer(scene, 2)
    else:
        scene.peer.say(fields.YOU_ARE_DEAD, dest=NODE, to_id="ipfail")
    begin_ns = scene.world.ns
    scene.run(1 * SECOND)
    (ask,) = scene.node.said(fields.ASK_RESOURCES)
    assert (ask.get(fields.RSC_HOLD), ask.get(fields.INFO)) == ("all", "me")
    assert ask.ns - begin_ns == 2 * KEEPALIVE_NS


def test_an_abort_cancels_it():
    scene = beside_a_real_node()
    scene.peer.say(fields.YOU_ARE_DEAD, dest=NODE, to_id="ipfail")
    scene.run(KEEPALIVE_NS)
    scene.peer.say(fields.ABORT_GIVEUP, dest=NODE, to_id="ipfail")
    scene.run(20 * SECOND)
    assert said(scene) == []


def test_equal_counts_abort_on_both_nodes():
    scene = beside_a_real_node()
    scene.peer.say(fields.YOU_ARE_DEAD, dest=NODE, to_id="ipfail")
    count_of_peer(scene, 1)
    scene.run(20 * SECOND)
    assert said(scene) == [(fields.ABORT_GIVEUP, None)]


def standing_in(**changes: Any) -> Scene:
    """The node holds the group of the peer, which is well again."""
    scene = beside_a_real_node(groups=(a_group(PEER, VIP),), **changes)
    scene.peer.fall_silent()
    scene.run(4 * SECOND)
    assert scene.held == {VIP}
    scene.node.cluster.takeover.holdings.failback_armed = (
        False  # as after a hand-over, not after a death
    )
    scene.peer.restart()
    scene.peer.begin_beating()
    scene.run(500 * MILLISECOND)
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=True)
    scene.run(500 * MILLISECOND)
    scene.node.cluster.takeover.holdings.failback_armed = False
    scene.node.forget()
    return scene


def test_equal_counts_give_foreign_groups_back_after_two_beats():
    scene = standing_in()
    count_of_peer(scene, 1)
    begin_ns = scene.world.ns
    scene.run(1 * SECOND)
    assert said(scene)[0] == (fields.ABORT_GIVEUP, None)
    (ask,) = scene.node.said(fields.ASK_RESOURCES)
    assert (ask.get(fields.RSC_HOLD), ask.get(fields.INFO)) == ("foreign", "me")
    assert ask.ns - begin_ns == 2 * KEEPALIVE_NS


def test_equal_counts_that_end_a_give_up_give_nothing_back():
    scene = standing_in()
    scene.peer.say(fields.YOU_ARE_DEAD, dest=NODE, to_id="ipfail")
    count_of_peer(scene, 1)
    scene.run(5 * SECOND)
    assert said(scene) == [(fields.ABORT_GIVEUP, None)]


def test_equal_counts_give_nothing_back_where_auto_failback_is_off():
    scene = standing_in(auto_failback=AutoFailback.OFF)
    count_of_peer(scene, 1)
    scene.run(5 * SECOND)
    assert said(scene) == [(fields.ABORT_GIVEUP, None)]


def test_a_give_up_in_flux_is_told_again_after_10_s():
    """7: it is remembered while the cluster is not stable."""
    scene = beside_a_real_node()
    scene.peer.tell("none", stable=False)
    scene.peer.say(fields.YOU_ARE_DEAD, dest=NODE, to_id="ipfail")
    scene.run(5 * SECOND)
    assert said(scene) == []
    scene.peer.tell("none", stable=True)
    begin_ns = scene.world.ns
    scene.run(10 * SECOND)
    (again,) = scene.node.said(fields.NUM_PING_NODES)
    assert 5 * SECOND < again.ns - begin_ns < 10 * SECOND


def test_a_give_up_whose_offer_came_to_nothing_is_told_again_soon_after():
    """As when both offered something in the same instant: neither takes, and each waits 10 s."""
    scene = beside_a_real_node()
    scene.node.hands.reachable.clear()
    scene.run(2 * SECOND)
    scene.peer.say(fields.YOU_ARE_DEAD, dest=NODE, to_id="ipfail")
    scene.run(1 * SECOND)
    assert scene.node.said(fields.ASK_RESOURCES)[-1].get(fields.INFO) == "me"
    scene.peer.ask("foreign", "me")
    scene.node.forget()
    scene.run(9 * SECOND)
    assert said(scene) == []
    scene.run(2 * SECOND)
    assert said(scene) == [(fields.NUM_PING_NODES, "0")]


def test_nothing_is_compared_before_the_own_count_is_known():
    scene = settled(with_ipfail(deadping_ns=60 * SECOND))
    count_of_peer(scene, 0)
    count_of_peer(scene, 1)
    scene.run(5 * SECOND)
    assert said(scene) == []


def test_a_count_that_is_missing_says_nothing():
    scene = beside_a_real_node()
    scene.peer.say(fields.NUM_PING_NODES, dest=NODE, to_id="ipfail")
    scene.run(5 * SECOND)
    assert said(scene) == []
