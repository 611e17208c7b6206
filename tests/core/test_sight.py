"""The standby looks for the holder's address on the service network, and both tell what it sees."""

from sidecar.core import dialect
from sidecar.core.actions import ProbeAddress, ReleaseAddress
from sidecar.core.events import AddressProbed, CarrierChanged, ProbeFailed
from sidecar.core.occurrences import AddressSeen, AddressUnseen, ReadinessChanged
from sidecar.core.params import Address, ResourceGroup
from sidecar.core.sight import AGAIN_NS, EVERY_NS, LOOKED_FOR_MAX, SILENT_NEEDED
from sidecar.core.terms import SECOND
from sidecar.wire import fields
from tests.core.harness import (
    MACS,
    NODE,
    PEER,
    VIP,
    Node,
    Wired,
    a_group,
    a_timing,
    mirrored,
    some_params,
)
from tests.core.scenes import settled
from tests.costs.many import names, pair_with

TOLD_WITHIN_NS = EVERY_NS + SILENT_NEEDED * AGAIN_NS


def a_pair(*, seen: bool = True) -> Wired:
    """node-a holds, node-b stands by, and sees the address or does not."""
    pair = Wired()
    pair.start()
    assert pair.holders() == [NODE]
    if seen:
        see(pair)
    pair.world.run(TOLD_WITHIN_NS)
    return pair


def see(pair: Wired) -> None:
    pair.b.hands.owners[VIP] = MACS[NODE]


def lose_sight(pair: Wired) -> None:
    """The service network is dead for one of the two; carrier and heartbeat are well."""
    pair.b.hands.owners.clear()


def questions(node: Node) -> list[tuple[int, ProbeAddress]]:
    return list(node.wished(ProbeAddress))


def told(node: Node) -> list[tuple[str, bool]]:
    return [
        (type(o).__name__, o.held_here)
        for _, o in node.told
        if isinstance(o, AddressUnseen | AddressSeen)
    ]


def test_the_standby_asks_the_holders_own_hardware_address_at_a_slow_pace():
    pair = a_pair()
    for node in pair.nodes:
        node.forget()
    pair.world.run(60 * SECOND)
    asked = questions(pair.b)
    assert 11 <= len(asked) <= 13
    assert {question.mac for _, question in asked} == {MACS[NODE]}
    assert questions(pair.a) == []


def test_an_address_that_is_seen_is_no_news():
    pair = a_pair()
    pair.world.run(60 * SECOND)
    assert told(pair.a) == told(pair.b) == []
    assert pair.a.cluster.view().unseen == pair.b.cluster.view().unseen == ()


def test_an_address_that_the_standby_sees_no_more_is_told_on_both_nodes_and_stays():
    pair = a_pair()
    lose_sight(pair)
    pair.world.run(TOLD_WITHIN_NS)
    assert told(pair.a) == [("AddressUnseen", True)]
    assert told(pair.b) == [("AddressUnseen", False)]
    assert pair.holders() == [NODE]
    for node in pair.nodes:
        (loud,) = node.told_of(AddressUnseen)
        assert "one of the two nodes is cut off from that network" in loud.sentence()
        view = node.cluster.view()
        assert view.unseen == (VIP,)
        (reason,) = view.reasons
        assert VIP in reason
        assert node.told_of(ReadinessChanged)[-1].reasons == (reason,)


def test_too_few_silent_questions_say_nothing():
    pair = a_pair()
    before = len(questions(pair.b))
    lose_sight(pair)
    pair.world.run_until(lambda: len(questions(pair.b)) == before + 2)
    see(pair)
    pair.world.run(60 * SECOND)
    assert told(pair.a) == told(pair.b) == []


def test_its_return_is_told_on_both_nodes():
    pair = a_pair(seen=False)
    assert told(pair.b) == [("AddressUnseen", False)]
    see(pair)
    pair.world.run(2 * SECOND)
    assert told(pair.a)[1:] == [("AddressSeen", True)]
    assert told(pair.b)[1:] == [("AddressSeen", False)]
    assert pair.a.cluster.view().ready
    assert pair.b.cluster.view().ready


def test_what_is_not_seen_may_be_moved_by_hand():
    """It may help, and the peer is told that this node can serve all the same."""
    pair = a_pair(seen=False)
    (status, *_) = reversed(pair.b.said(fields.STATUS))
    assert status.get(dialect.SEES) == f"{VIP}=0"
    assert status.get(dialect.READY) == "1"
    assert pair.a.cluster.moves.obstacle() == ""


def test_nothing_is_asked_where_the_interface_has_no_carrier():
    pair = a_pair()
    pair.b.step(CarrierChanged(interface="eth0", up=False))
    pair.b.forget()
    pair.world.run(60 * SECOND)
    assert questions(pair.b) == []
    assert told(pair.a) == told(pair.b) == []


def test_a_question_that_could_not_be_asked_says_nothing():
    pair = a_pair()
    lose_sight(pair)
    pair.b.hands.mute.add(ProbeAddress)
    for _ in range(10):
        pair.b.forget()
        pair.world.run_until(lambda: bool(questions(pair.b)))
        ((_, question),) = questions(pair.b)
        pair.b.step(ProbeFailed(op=question.op, address=VIP, reason="no carrier"))
    assert told(pair.a) == told(pair.b) == []


def test_an_answer_to_a_question_from_before_a_sleep_is_ignored():
    pair = a_pair()
    pair.b.hands.mute.add(ProbeAddress)
    pair.b.forget()
    pair.world.run_until(lambda: bool(questions(pair.b)))
    ((_, question),) = questions(pair.b)
    pair.b.cluster.sight.distrust()
    for _ in range(SILENT_NEEDED):
        pair.b.step(AddressProbed(op=question.op, address=VIP, answered_by=None))
    assert told(pair.b) == []


def test_the_silence_of_a_node_that_has_died_is_no_news_of_the_service_network():
    pair = Wired(some_params(timing=a_timing(warntime_ns=20 * SECOND, deadtime_ns=30 * SECOND)))
    pair.start()
    see(pair)
    pair.world.run(TOLD_WITHIN_NS)
    lose_sight(pair)
    pair.a.die()
    pair.world.run(29 * SECOND)
    assert len(questions(pair.b)) > SILENT_NEEDED
    assert told(pair.b) == []


def test_once_the_peer_is_dead_the_looking_has_an_end_and_the_takeover_its_own_questions():
    pair = a_pair(seen=False)
    pair.a.die()
    pair.world.run(5 * SECOND)
    assert pair.holders() == [PEER]
    assert pair.b.cluster.view().unseen == ()
    assert pair.b.cluster.view().ready


def test_what_is_looked_for_is_looked_for_no_more_once_it_is_here():
    pair = a_pair(seen=False)
    pair.a.die()
    pair.world.run(5 * SECOND)
    pair.b.forget()
    pair.b.cluster.timers.disarm(f"rival {VIP}")
    pair.world.run(20 * SECOND)
    assert questions(pair.b) == []


def test_the_holder_forgets_what_a_dead_peer_saw():
    pair = a_pair(seen=False)
    assert pair.a.cluster.view().unseen == (VIP,)
    pair.b.die()
    pair.world.run(5 * SECOND)
    assert pair.a.cluster.view().unseen == ()
    assert pair.a.cluster.view().ready
    assert list(pair.a.wished(ReleaseAddress)) == []


def test_the_holder_forgets_what_the_standby_looks_for_no_more_while_it_looks_for_others():
    other = Address(name="10.1.0.1", prefix=24, interface="eth2")
    also = ResourceGroup(name="10.1.0.1/24/eth2", preferred=NODE, resources=(other,))
    pair = Wired(some_params(groups=(a_group(NODE, VIP, "nginx"), also)))
    pair.start()
    for node in pair.nodes:
        node.step(CarrierChanged(interface="eth2", up=True, mac=MACS[node.name]))
    pair.b.hands.owners[other.name] = MACS[NODE]
    pair.world.run(TOLD_WITHIN_NS)
    assert pair.a.cluster.view().unseen == (VIP,)
    pair.b.step(CarrierChanged(interface="eth0", up=False))
    pair.world.run(TOLD_WITHIN_NS)
    assert pair.a.cluster.view().unseen == ()
    assert pair.a.cluster.view().ready


def test_a_real_heartbeat_node_is_not_looked_for():
    """It names no hardware address; a broadcast may be answered by others in its name."""
    scene = settled(mirrored(some_params()))
    assert scene.held == set()
    scene.run(60 * SECOND)
    assert questions(scene.node) == []


def test_of_many_addresses_on_one_network_some_stand_for_all():
    pair = pair_with(2 * LOOKED_FOR_MAX)
    pair.world.run(2 * EVERY_NS)
    asked = {question.address.name for _, question in questions(pair.b)}
    assert asked == set(names(LOOKED_FOR_MAX))


def test_nonsense_of_a_peer_is_left_out():
    assert dialect.decode_sees("10.0.0.1=0,fd00::1=1,x,=1,y=2,") == {
        "10.0.0.1": False,
        "fd00::1": True,
    }
