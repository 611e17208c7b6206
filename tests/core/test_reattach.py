"""A sidecar that was killed finds its own address still in the kernel when it is started again."""

from random import Random

from sidecar.core import dialect
from sidecar.core.actions import ClaimAddress, ReleaseAddress
from sidecar.core.cluster import Cluster
from sidecar.core.events import AddressLost, LinkRefused
from sidecar.core.occurrences import NodeDied
from sidecar.core.params import Boot
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback
from sidecar.wire import fields
from tests.core.harness import ETH1, NODE, NODE_UUID, PEER, VIP, Node, Wired, some_params

OFF = some_params(auto_failback=AutoFailback.OFF)


def killed_and_restarted(pair: Wired, after_ns: int, *, node: Node | None = None) -> Node:
    """The process ends and a new one starts; the address stays in the kernel, its lease runs."""
    old = node or pair.a
    addresses = set(old.hands.addresses)
    old.exited = True
    pair.world.run(after_ns)
    new = Node(pair.world, old.params, generation=8, seed=5)
    boot = Boot(generation=8, uuid=NODE_UUID, left=tuple(sorted(addresses)))
    new.cluster = Cluster(old.params, Random(5), boot)
    new.hands.addresses = addresses
    if old is pair.a:
        pair.a = new
        pair.wire(new)
    else:
        pair.b = new
        pair.wire(new)
    new.start()
    return new


def test_it_takes_its_address_back_without_letting_go_of_it():
    pair = Wired()
    pair.start()
    new = killed_and_restarted(pair, 300 * MILLISECOND)
    pair.world.run(2 * SECOND)
    assert pair.holders() == [NODE]
    assert list(new.wished(ClaimAddress))
    assert not list(new.wished(ReleaseAddress))


def holding_for_the_other() -> Wired:
    """The stand-in has taken over and keeps it, though the preferred node is back."""
    pair = Wired(OFF)
    pair.start()
    pair.a.die()
    pair.world.run(3 * SECOND)
    pair.a = Node(pair.world, OFF, generation=9, seed=6)
    pair.wire(pair.a)
    pair.a.start()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [PEER]
    return pair


def test_it_takes_back_what_it_held_for_the_other_node():
    pair = holding_for_the_other()
    new = killed_and_restarted(pair, 300 * MILLISECOND, node=pair.b)
    pair.world.run(3 * SECOND)
    assert pair.holders() == [PEER]
    assert not list(new.wished(ReleaseAddress))


def test_its_claims_age_is_told_after_the_word_for_real_nodes_which_has_none():
    """Seed 13495: the newest word counts. The age was lost, and what was sent again of it came too
    late: after a partition both claims were as old, and the owner of long ago let go.
    """
    pair = holding_for_the_other()
    new = killed_and_restarted(pair, 300 * MILLISECOND, node=pair.b)
    pair.world.run(3 * SECOND)
    said = new.said(fields.RESOURCE)
    without = next(n for n, word in enumerate(said) if word.get(fields.INFO) == "mach_down")
    terms = [word.get(dialect.TERMS) for word in said[without:]]
    assert terms[0] is None
    assert terms[1] is not None
    assert "ffffffff" not in terms[1]


def test_a_peer_that_only_waits_for_its_lease_to_end_lets_it_go_on():
    """The peer knows from a refused packet that it is gone, long before its lease ends."""
    pair = Wired(OFF)
    pair.start()
    pair.b.hands.owners[VIP] = "02:00:00:00:00:0a"
    pair.a.exited = True
    pair.world.run(2 * MILLISECOND)
    pair.b.step(LinkRefused(link=ETH1))
    pair.b.step(LinkRefused(link=ETH1))
    pair.world.run(400 * MILLISECOND)
    assert [one.refused for one in pair.b.told_of(NodeDied)] == [True]
    new = killed_and_restarted(pair, 0)
    pair.world.run(3 * SECOND)
    assert pair.holders() == [NODE]
    assert not list(new.wished(ReleaseAddress))
    assert not list(pair.b.wished(ClaimAddress))


def test_it_does_not_fight_a_peer_that_has_taken_over():
    pair = Wired(OFF)
    pair.start()
    pair.b.hands.owners[VIP] = "02:00:00:00:00:0a"
    pair.a.exited = True
    pair.world.run(1_500 * MILLISECOND)
    assert VIP not in pair.b.hands.addresses
    pair.b.hands.owners.clear()
    pair.a.hands.addresses.clear()  # its lease has ended
    pair.world.run(2 * SECOND)
    assert VIP in pair.b.hands.addresses
    new = killed_and_restarted(pair, 0)
    pair.world.run(3 * SECOND)
    assert pair.holders() == [PEER]
    assert not list(new.wished(ClaimAddress))


def test_what_it_need_not_hold_is_released_once_that_is_decided():
    pair = Wired(OFF)
    pair.start()
    pair.a.die()
    pair.world.run(3 * SECOND)
    new = Node(pair.world, OFF, generation=8, seed=5)
    new.cluster = Cluster(OFF, Random(5), Boot(generation=8, uuid=NODE_UUID, left=(VIP,)))
    pair.a = new
    pair.wire(new)
    new.start()
    assert not list(new.wished(ReleaseAddress))
    pair.world.run(1 * SECOND)
    assert [action.address.name for _, action in new.wished(ReleaseAddress)] == [VIP]


def test_a_lease_that_ended_meanwhile_is_no_loss():
    node = Node(Wired().world, generation=8)
    node.cluster = Cluster(node.params, Random(5), Boot(generation=8, uuid=NODE_UUID, left=(VIP,)))
    node.start()
    node.step(AddressLost(address=VIP, reason="its lease ended"))
    assert node.cluster.view().groups[0].resources[0].lost == 0  # type: ignore[union-attr]
