"""A link that carries packets one way only is told of on both nodes, and decides nothing."""

from dataclasses import replace

from sidecar.core import dialect
from sidecar.core.announcements import BURST_NS
from sidecar.core.events import LinkFailed, QuestionHeard
from sidecar.core.occurrences import AddressAnnounced, LinkOneWay, NodeDied
from sidecar.core.terms import SECOND, LinkName
from sidecar.wire import fields
from tests.core.harness import ETH1, ETH2, MACS, VIP, Node, Wired, a_link, some_params
from tests.core.scenes import Scene, settled
from tests.core.scripted import KEEPALIVE_NS
from tests.core.test_links import two_links

WARNTIME_NS = 3 * KEEPALIVE_NS
BURST = 1 + len(BURST_NS)


def a_pair() -> Wired:
    pair = Wired(two_links())
    pair.start()
    assert heard(pair.a) == heard(pair.b) == {ETH1: True, ETH2: True}
    return pair


def heard(node: Node) -> dict[LinkName, bool | None]:
    """What the node's view says of each link."""
    return {link.name: link.heard_by_peer for link in node.cluster.view().nodes[1].links}


def told(node: Node) -> list[tuple[str, bool, bool]]:
    return [(o.link, o.one_way, o.heard_here) for o in node.told_of(LinkOneWay)]


def deafen(pair: Wired, node: Node, link: LinkName) -> None:
    """The node hears nothing on the link any more; what it sends on it arrives."""
    other = pair.a if node is pair.b else pair.b
    carry = other.carry

    def carry_the_rest(name: LinkName, data: bytes) -> None:
        if name != link:
            carry(name, data)

    other.carry = carry_the_rest


def test_two_well_nodes_hear_each_other_on_every_link():
    pair = a_pair()
    pair.world.run(5 * SECOND)
    assert told(pair.a) == told(pair.b) == []


def test_a_link_on_which_one_node_is_deaf_is_told_on_both():
    pair = a_pair()
    deafen(pair, pair.b, ETH2)
    pair.world.run(5 * SECOND)
    assert told(pair.a) == [(ETH2, True, True)]
    assert told(pair.b) == [(ETH2, True, False)]
    assert heard(pair.a) == {ETH1: True, ETH2: False}
    assert heard(pair.b) == {ETH1: True, ETH2: True}
    assert pair.a.told_of(NodeDied) == pair.b.told_of(NodeDied) == []
    assert pair.holders() == [pair.a.name]
    (sentence,) = [o.sentence() for o in pair.a.told_of(LinkOneWay)]
    assert sentence.startswith("link eth2 is one-way: node-b is heard here, but does not hear this")
    (sentence,) = [o.sentence() for o in pair.b.told_of(LinkOneWay)]
    assert sentence.startswith("link eth2 is one-way: node-a hears this node, but is not heard")


def test_its_mend_is_told_too():
    pair = a_pair()
    carry = pair.a.carry
    deafen(pair, pair.b, ETH2)
    pair.world.run(5 * SECOND)
    pair.a.carry = carry
    pair.world.run(1 * SECOND)
    assert told(pair.a)[1:] == [(ETH2, False, True)]
    assert told(pair.b)[1:] == [(ETH2, False, True)]
    assert heard(pair.a) == heard(pair.b) == {ETH1: True, ETH2: True}


def an_unheard_owner() -> Scene:
    """It holds the address, and hears a peer that says that it hears nobody."""
    scene = settled(some_params(links=(a_link(ETH1),)), sidecar=True)
    assert scene.held == {VIP}
    scene.peer.more = {dialect.HEARD: dialect.NOTHING, dialect.LINK: "eth1"}
    scene.run(10 * SECOND)  # its burst is over
    scene.node.forget()
    return scene


def announced(scene: Scene) -> int:
    return len(scene.node.told_of(AddressAnnounced))


def test_who_was_not_heard_announces_when_it_is_heard_again():
    """The peer may have taken the address meanwhile, told the clients, and let go of it again."""
    scene = an_unheard_owner()
    scene.run(5 * SECOND)
    assert announced(scene) == 0
    scene.peer.more[dialect.HEARD] = "eth1"
    scene.run(5 * SECOND)
    assert announced(scene) == BURST


def test_who_was_not_heard_announces_when_the_peer_is_gone():
    scene = an_unheard_owner()
    scene.peer.fall_silent()
    scene.run(10 * SECOND)
    assert scene.node.told_of(NodeDied)
    assert announced(scene) == BURST


def test_who_is_not_heard_answers_a_peer_that_looks_for_the_owner():
    scene = an_unheard_owner()
    scene.node.step(QuestionHeard(address=VIP, mac=MACS[scene.peer.name]))
    assert announced(scene) == 1
    scene.peer.more[dialect.HEARD] = "eth1"
    scene.run(20 * SECOND)
    scene.node.forget()
    scene.node.step(QuestionHeard(address=VIP, mac=MACS[scene.peer.name]))
    assert announced(scene) == 0, "with a peer that hears it, all is settled by words"


def test_a_link_that_is_cut_both_ways_is_dead_and_not_one_way():
    pair = a_pair()
    pair.cut = {ETH2}
    pair.world.run(5 * SECOND)
    assert told(pair.a) == told(pair.b) == []
    assert heard(pair.a) == {ETH1: True, ETH2: False}


def test_links_may_have_other_names_on_the_other_node():
    names = (LinkName("bond0"), LinkName("ttyUSB0"))
    params = two_links()
    pair = Wired(params)
    there = {ETH1: names[0], ETH2: names[1]}
    here = {name: link for link, name in there.items()}
    pair.world.nodes.remove(pair.b)
    links = tuple(a_link(name) for name in names)
    pair.b = Node(
        pair.world,
        replace(pair.b.params, links=links),
        uuid=bytes(range(16, 32)),
        seed=2,
    )
    delay = Wired.DELAY_NS
    pair.a.carry = lambda link, data: pair.world.later(
        delay, lambda: pair.b.hear(there[link], data)
    )
    pair.b.carry = lambda link, data: pair.world.later(delay, lambda: pair.a.hear(here[link], data))
    pair.start()
    pair.world.run(5 * SECOND)
    assert heard(pair.a) == {ETH1: True, ETH2: True}
    assert heard(pair.b) == {names[0]: True, names[1]: True}
    assert told(pair.a) == told(pair.b) == []


def test_a_real_node_never_says_what_it_hears():
    scene = settled(two_links())
    scene.run(5 * SECOND)
    assert heard(scene.node) == {ETH1: None, ETH2: None}
    assert scene.node.told_of(LinkOneWay) == []
    assert scene.node.said(fields.STATUS)[-1].get(dialect.HEARD) == dialect.NOTHING


def test_a_link_that_failed_here_is_told_with_its_own_reason():
    pair = a_pair()
    pair.a.step(LinkFailed(link=ETH2, reason="a firewall forbids sending"))
    pair.world.run(5 * SECOND)
    assert told(pair.a) == []
    assert told(pair.b) == [(ETH2, True, False)]


def test_a_dead_peer_hears_nobody_knows_what():
    pair = a_pair()
    deafen(pair, pair.b, ETH2)
    pair.world.run(5 * SECOND)
    pair.partition()
    pair.world.run(3 * SECOND)
    assert heard(pair.a) == {ETH1: None, ETH2: None}
    assert len(told(pair.a)) == 1


def test_a_difference_is_told_only_when_it_lasts():
    scene = settled(some_params(links=(a_link(ETH1),)), sidecar=True)
    scene.peer.more = {dialect.HEARD: "eth1", dialect.LINK: "eth1"}
    scene.run(1 * SECOND)
    scene.peer.more[dialect.HEARD] = dialect.NOTHING
    scene.run(WARNTIME_NS - KEEPALIVE_NS)
    scene.peer.more[dialect.HEARD] = "eth1"
    scene.run(KEEPALIVE_NS)
    scene.peer.more[dialect.HEARD] = dialect.NOTHING
    scene.run(WARNTIME_NS - KEEPALIVE_NS)
    scene.peer.more[dialect.HEARD] = "eth1"
    scene.run(5 * SECOND)
    assert told(scene.node) == []
    scene.peer.more[dialect.HEARD] = dialect.NOTHING
    scene.run(WARNTIME_NS + 2 * KEEPALIVE_NS)
    assert told(scene.node) == [(ETH1, True, True)]
