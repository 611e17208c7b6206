"""Two owners after a partition between sidecars: the older claim stays (safety rule 5)."""

from dataclasses import replace

import pytest

from sidecar.core import dialect
from sidecar.core.actions import Announce, ClaimAddress, ReleaseAddress, RenewLease
from sidecar.core.claims import SIDES, Claims
from sidecar.core.events import (
    AddressLost,
    CarrierChanged,
    StandbyRequested,
)
from sidecar.core.occurrences import GiveUpBegan, SplitBrainEnded, SplitBrainSuspected
from sidecar.core.params import Address, ResourceGroup
from sidecar.core.questions import Questions
from sidecar.core.standby import OFFER_MAX_NS
from sidecar.core.terms import (
    MILLISECOND,
    SECOND,
    AutoFailback,
    ContainerState,
    Holding,
    Moment,
    ResourceState,
)
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.codec import unseal
from sidecar.wire.message import Message
from tests.core.harness import (
    ETH1,
    MACS,
    NODE,
    PEER,
    VIP,
    VIP_OF_PEER,
    Node,
    Wired,
    a_group,
    some_params,
)
from tests.core.scenes import settled


def partitioned(*, for_ns: int = 5 * SECOND, pair: Wired | None = None) -> Wired:
    """Both hear nothing of each other and, with the service network cut too, both hold all."""
    pair = pair or settled_pair()
    pair.partition()
    pair.world.run(for_ns)
    assert pair.holders() == [NODE, PEER]
    return pair


def settled_pair(**changes: object) -> Wired:
    pair = Wired(some_params(**changes))
    pair.start()
    return pair


def splits(node: Node) -> tuple[int, int]:
    return len(node.told_of(SplitBrainSuspected)), len(node.told_of(SplitBrainEnded))


def said_to_hold(node: Node) -> list[str | None]:
    return [message.get(fields.RSC_HOLD) for message in node.said(fields.RESOURCE)]


def test_the_owner_that_has_held_longest_keeps_the_address():
    """Safety rule 5: a heal costs nothing."""
    pair = partitioned()
    for node in pair.nodes:
        node.forget()
    pair.heal()
    pair.world.run(1 * SECOND)
    assert pair.holders() == [NODE]
    assert pair.a.told_of(GiveUpBegan) == []
    assert [gave.reason for gave in pair.b.told_of(GiveUpBegan)] == ["conflict"]


def test_the_owner_that_has_held_longest_keeps_it_also_where_it_is_not_preferred():
    """The stand-in took over first; the preferred node came back blind and claimed it too."""
    pair = settled_pair(auto_failback=AutoFailback.OFF)
    params = pair.a.params
    pair.a.die()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [PEER]
    pair.partition()
    pair.a = Node(pair.world, params, generation=8)
    pair.wire(pair.a)
    pair.a.start()
    pair.world.run(5 * SECOND)
    assert pair.holders() == [NODE, PEER]
    pair.heal()
    pair.world.run(2 * SECOND)
    assert pair.holders() == [PEER]


def test_the_owner_that_lost_it_and_has_it_back_tells_since_when_it_holds_it():
    """Or the other one, knowing nothing of the newer claim, would make one that looks as old."""
    pair = settled_pair(auto_failback=AutoFailback.OFF)
    pair.a.step(StandbyRequested(request=1, which="all"))
    pair.world.run(1 * SECOND)
    pair.a.hands.owners[VIP] = MACS[PEER]
    pair.partition()
    pair.world.run(3 * SECOND)
    pair.heal()
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER], "the other one wished for it, and found its owner"
    pair.a.hands.owners.clear()
    for node, up in ((pair.a, False), (pair.b, False), (pair.b, True), (pair.a, True)):
        node.step(CarrierChanged(interface="eth0", up=up, mac=MACS[node.name]))
        pair.world.run(1 * SECOND)
    partitioned(pair=pair)
    pair.heal()
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]


def test_the_claim_of_a_node_that_slept_is_not_confirmed_by_a_peer_that_it_only_excuses():
    """Nothing is heard of it, which took the address over meanwhile and has held it longest."""
    pair = settled_pair(auto_failback=AutoFailback.OFF)
    pair.partition()
    pair.a.frozen = True
    pair.world.run(3 * SECOND)
    pair.a.hands.addresses.clear()  # the lease has ended
    pair.a.frozen = False
    pair.world.run(900 * MILLISECOND)
    assert pair.a.cluster.peer.alive
    assert pair.holders() == [NODE, PEER]
    pair.heal()
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]


def lease_ends(node: Node) -> None:
    """The kernel renewed it no more, and has taken it away."""
    node.hands.mute.add(RenewLease)
    node.world.run(node.params.timing.lease_s * SECOND)
    node.hands.mute.remove(RenewLease)
    node.step(AddressLost(address=VIP, reason="its lease ended"))


def lost_and_claimed_again(node: Node) -> str:
    """The number of the question that follows; empty when nothing is asked."""
    lease_ends(node)
    return claimed_again(node)


def claimed_again(node: Node) -> str:
    node.forget()
    node.world.run_until(lambda: bool(node.said(fields.RESOURCE)))
    (told,) = node.said(fields.RESOURCE)
    return told.get(dialect.ASK) or ""


def is_forfeited(node: Node) -> bool:
    return node.cluster.takeover.holdings.claims.encode().startswith("ffffffff,")


def test_a_claim_that_came_true_anew_is_confirmed_by_an_answer_of_the_peer():
    scene = settled(sidecar=True)
    assert lost_and_claimed_again(scene.node)
    assert is_forfeited(scene.node)
    scene.peer.tell("local", stable=True, term="0,0")
    assert not is_forfeited(scene.node)


def test_a_claim_whose_confirmation_is_lost_is_asked_about_again_with_the_next_beat():
    scene = settled(sidecar=True)
    number = lost_and_claimed_again(scene.node)
    scene.run(scene.node.params.timing.keepalive_ns - 10 * MILLISECOND)
    assert len(scene.node.said(fields.RESOURCE)) == 1
    scene.run(20 * MILLISECOND)
    assert [told.get(dialect.ASK) for told in scene.node.said(fields.RESOURCE)] == [number, number]
    scene.peer.tell("local", stable=True, term="0,0")
    assert not is_forfeited(scene.node)


def test_a_claim_that_came_true_anew_is_confirmed_at_once_by_a_peer_that_has_just_heard_us():
    """It cannot have held this node for dead meanwhile."""
    pair = settled_pair()
    assert lost_and_claimed_again(pair.a) == ""
    assert not is_forfeited(pair.a)


@pytest.mark.parametrize(
    ("lives_ago", "beats_ago", "asks"),
    [(0, 0, False), (0, 1, False), (0, 5, True), (0, -100, True), (1, 0, True)],
)
def test_only_a_status_of_this_life_that_the_peer_has_had_for_less_than_a_deadtime_counts(
    lives_ago: int, beats_ago: int, *, asks: bool
):
    scene = settled(sidecar=True)
    lease_ends(scene.node)
    newest = int(scene.node.said(fields.STATUS)[-1].get(fields.SEQ) or "", 16)
    life = scene.node.cluster.boot.generation
    upto = dialect.encode_upto(life - lives_ago, newest - beats_ago)
    scene.peer.more = {dialect.UPTO: upto}
    scene.peer.beat()
    assert bool(claimed_again(scene.node)) is asks
    assert is_forfeited(scene.node) is asks


def test_a_claim_stays_older_that_came_back_before_the_peer_could_take_it_over():
    """The carrier was away for a moment, and a switch forwards nothing for a while after that."""
    pair = settled_pair(auto_failback=AutoFailback.OFF)
    pair.partition()
    pair.a.step(CarrierChanged(interface="eth0", up=False))
    pair.world.run(100 * MILLISECOND)
    pair.a.step(CarrierChanged(interface="eth0", up=True))
    partitioned(pair=pair)
    pair.heal()
    pair.world.run(1 * SECOND)
    assert pair.holders() == [NODE]


def test_who_has_returned_names_no_status_before_it_is_answered():
    """Until then it may have claimed what the other has not been told of."""
    pair = partitioned()
    pair.loses = lambda _receiver, data: b"hs_answer" in data
    pair.heal()
    pair.world.run(1 * SECOND)
    assert pair.b.said(fields.STATUS)[-1].get(dialect.UPTO) is None
    pair.loses = lambda _receiver, _data: False
    pair.world.run(1 * SECOND)
    assert pair.b.said(fields.STATUS)[-1].get(dialect.UPTO) is not None


def test_a_claim_is_not_confirmed_before_it_has_come_true():
    """The peer may take it over until then, and would hold it longer."""
    scene = settled(sidecar=True)
    scene.node.hands.mute.add(ClaimAddress)
    lease_ends(scene.node)
    scene.run(500 * MILLISECOND)
    assert list(scene.node.wished(ClaimAddress))
    scene.peer.tell("local", stable=True, term="0,0")
    assert is_forfeited(scene.node)


def test_both_say_so_while_it_lasts_and_when_it_has_ended():
    pair = partitioned()
    pair.heal()
    pair.world.run(2 * SECOND)
    assert splits(pair.a) == (1, 1)
    assert splits(pair.b) == (1, 1)
    assert [node.cluster.view().split_brain for node in pair.nodes] == [False, False]


def test_it_has_ended_when_the_address_is_released_and_not_before():
    pair = partitioned()
    pair.heal()
    pair.world.run(2 * SECOND)
    (released_ns,) = [ns for ns, _ in pair.b.wished(ReleaseAddress)]
    for node in pair.nodes:
        (ended_ns,) = node.when_told(SplitBrainEnded)
        assert ended_ns > released_ns


def test_the_keeper_announces_the_address_again_after_the_other_has_released_it():
    """Safety rule 5: announces it again after the other one has released."""
    pair = partitioned()
    for node in pair.nodes:
        node.forget()
    pair.heal()
    pair.world.run(1 * SECOND)
    released_ns = [ns for ns, _ in pair.b.wished(ReleaseAddress)]
    announced_ns = [ns for ns, _ in pair.a.wished(Announce)]
    assert max(announced_ns) > max(released_ns)


@pytest.mark.parametrize("seed", range(10))
def test_both_compute_the_same_whoever_hears_the_other_first(seed: int):
    pair = partitioned(for_ns=4 * SECOND + seed * 37 * MILLISECOND)
    drop = {"left": seed % 4}

    def loses(receiver: Node, _data: bytes) -> bool:
        if receiver is not pair.nodes[seed % 2] or not drop["left"]:
            return False
        drop["left"] -= 1
        return True

    pair.loses = loses
    pair.heal()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [NODE]
    held = {node.name: node.cluster.takeover.holdings.mine for node in pair.nodes}
    # What has no groups is claimed by both as with Heartbeat (11.13), and contradicts nothing.
    assert Holding.LOCAL in held[NODE]
    assert Holding.FOREIGN not in held[PEER]


def test_each_group_goes_to_its_own_longest_owner():
    groups = (a_group(NODE, VIP, "web"), a_group(PEER, VIP_OF_PEER, "db"))
    pair = settled_pair(groups=groups)
    assert (pair.holders(VIP), pair.holders(VIP_OF_PEER)) == ([NODE], [PEER])
    pair.partition()
    pair.world.run(5 * SECOND)
    assert (pair.holders(VIP), pair.holders(VIP_OF_PEER)) == ([NODE, PEER], [NODE, PEER])
    pair.heal()
    pair.world.run(2 * SECOND)
    assert (pair.holders(VIP), pair.holders(VIP_OF_PEER)) == ([NODE], [PEER])


def test_who_is_letting_go_does_not_call_itself_stable():
    """6.6: send isstable=0 when you begin to give up something, 1 when you are done."""
    pair = partitioned()
    pair.heal()
    pair.world.run_until(lambda: bool(list(pair.b.wished(ReleaseAddress))))
    pair.b.forget()
    pair.world.run(4 * MILLISECOND)
    assert VIP not in pair.b.hands.addresses
    assert {sent.get(fields.ISSTABLE) for sent in pair.b.said(fields.RESOURCE)} == {"0"}
    pair.world.run(1 * SECOND)
    assert pair.b.said(fields.RESOURCE)[-1].get(fields.ISSTABLE) == "1"


@pytest.mark.parametrize("begins_with", [fields.STATUS, fields.RESOURCE, fields.ASK_RESOURCES])
def test_what_a_node_said_while_it_was_cut_off_is_not_believed_when_it_comes_late(
    begins_with: str,
):
    """A kernel keeps packets until it knows the receiver's hardware address, up to seconds."""
    pair = settled_pair(auto_failback=AutoFailback.OFF)
    kept: list[bytes] = []

    def keeps(receiver: Node, data: bytes) -> bool:
        kind = unseal(data, receiver.params.keyring).message.kind
        if receiver is pair.b and (kept or kind == begins_with):
            kept.append(data)
        return True

    pair.loses = keeps
    pair.a.step(CarrierChanged(interface="eth0", up=False))
    pair.world.run(3 * SECOND)
    assert pair.holders() == [PEER]
    assert kept
    pair.loses = lambda _receiver, _data: False
    pair.a.step(CarrierChanged(interface="eth0", up=True))
    for data in kept:
        pair.b.hear(ETH1, data)
    pair.world.run(3 * SECOND)
    assert pair.holders() == [PEER]
    assert pair.b.told_of(GiveUpBegan) == []
    assert [node.cluster.view().stable for node in pair.nodes] == [True, True]


def test_a_question_whose_answer_is_lost_is_asked_again_with_the_next_beat():
    """Safety rule 5: until it is answered, both may answer for the address."""
    pair = partitioned()
    pair.loses = lambda _receiver, data: b"hs_answer" in data
    pair.heal()
    pair.world.run(1 * SECOND)
    assert pair.holders() == [NODE, PEER]
    pair.loses = lambda _receiver, _data: False
    pair.world.run(pair.a.params.timing.keepalive_ns + 50 * MILLISECOND)
    assert pair.holders() == [NODE]


@pytest.mark.parametrize("keepalives", [1, 3])
def test_an_answer_that_takes_longer_than_a_keepalive_ends_two_owners(keepalives: int):
    """A far site, or a slow line: by then the same was asked again, more than once."""
    pair = partitioned()
    pair.delay_ns = keepalives * pair.a.params.timing.keepalive_ns * 6 // 10
    pair.heal()
    pair.world.run(4 * pair.delay_ns)
    assert pair.holders() == [NODE]


def test_an_answer_to_a_question_of_before_is_not_the_one_that_is_waited_for():
    """What it tells may be over: the peer may have claimed something since."""
    questions = Questions(life=1)
    questions.demand_proof()
    before = Message.of((dialect.ANSWER, questions.proof))
    questions.confirm_by(questions.next())
    assert not questions.take_proof(before)
    questions.may_believe(before)
    assert questions.awaits
    now = Message.of((dialect.ANSWER, questions.again()))
    assert questions.take_proof(now)
    assert questions.may_believe(now)
    assert not questions.awaits


def test_a_second_partition_is_judged_like_the_first():
    pair = partitioned()
    pair.heal()
    pair.world.run(2 * SECOND)
    partitioned(pair=pair)
    pair.heal()
    pair.world.run(2 * SECOND)
    assert pair.holders() == [NODE]
    assert splits(pair.a) == (2, 2)


def test_a_takeover_that_has_come_to_nothing_yet_is_dropped_when_the_peer_returns():
    """Safety rule 3: the address still answered, so the stand-in only wished to hold it."""
    pair = settled_pair()
    pair.b.hands.owners[VIP] = MACS[NODE]
    pair.partition()
    pair.world.run(5 * SECOND)
    assert pair.holders() == [NODE]
    pair.heal()
    pair.world.run(2 * SECOND)
    assert pair.holders() == [NODE]
    assert Holding.FOREIGN not in pair.b.cluster.takeover.holdings.mine
    assert all(n.cluster.takeover.negotiation.state is ResourceState.STABLE for n in pair.nodes)
    assert splits(pair.a) == (0, 0)


def test_a_partition_within_deadtime_changes_nothing():
    pair = settled_pair()
    for node in pair.nodes:
        node.forget()
    pair.partition()
    pair.world.run(600 * MILLISECOND)
    pair.heal()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [NODE]
    assert pair.a.said(fields.RESOURCE) == []
    assert pair.b.said(fields.RESOURCE) == []


def test_an_overlap_with_a_real_node_is_not_decided_by_age():
    """6.8: it restarts itself two seconds after it hears us, and has the time to."""
    scene = settled()
    scene.peer.tell("all", stable=True)
    scene.run(3 * SECOND)
    assert scene.held == {VIP}


# --- terms ---------------------------------------------------------------------------------------


def told(terms: str) -> Message:
    return Message.of(("hs_term", terms))


def test_a_claim_is_newer_than_every_claim_known():
    claims = Claims()
    claims.learn(told("5,3"))
    claims.renew(Holding.LOCAL)
    claims.renew(Holding.FOREIGN)
    assert claims.encode() == "4,6"


def test_of_equal_claims_the_preferred_nodes_stays():
    ours, theirs = Claims(), Claims()
    for claims in (ours, theirs):
        claims.renew(Holding.LOCAL)
        claims.renew(Holding.FOREIGN)
    encoded = ours.encode()
    ours.learn(told(theirs.encode()))
    theirs.learn(told(encoded))
    assert ours.keeps(Holding.LOCAL)
    assert not theirs.keeps(Holding.FOREIGN)


@pytest.mark.parametrize("mine", range(4))
@pytest.mark.parametrize("other", range(4))
def test_of_two_claims_on_one_side_exactly_one_stays(mine: int, other: int):
    for side in SIDES:
        a, b = Claims(), Claims()
        a.learn(told(f"{mine},{mine}"))
        a.renew(side)
        b.learn(told(f"{other},{other}"))
        b.renew(side.swapped)
        from_a, from_b = a.encode(), b.encode()
        a.learn(told(from_b))
        b.learn(told(from_a))
        assert a.keeps(side) is not b.keeps(side.swapped)


def test_terms_that_cannot_be_read_are_as_if_not_told():
    claims = Claims()
    claims.learn(told("7,7"))
    claims.learn(told("rubbish"))
    claims.renew(Holding.LOCAL)
    assert claims.encode() == "8,0"


def start_without_php(node: Node) -> None:
    node.start()
    node.sees("php", ContainerState.ABSENT, detail="no such container")


@pytest.mark.parametrize("returns", ["restarted", "from a partition"])
def test_a_group_that_is_served_stays_though_another_one_of_its_side_cannot_be(returns: str):
    """Only what is nothing but a wish is dropped when the peer returns."""
    groups = (a_group(NODE, VIP, "nginx"), a_group(NODE, "10.0.0.77", "php"))
    pair = Wired(some_params(groups=groups))
    for node in pair.nodes:
        start_without_php(node)
    pair.world.run(20 * SECOND)
    assert (pair.holders(), pair.holders("10.0.0.77")) == ([NODE], [])
    for node in pair.nodes:
        node.forget()
    if returns == "restarted":
        start_without_php(pair.restart_b(8))
    else:
        pair.b.hands.owners[VIP] = MACS[NODE]
        pair.partition()
        pair.world.run(3 * SECOND)
        pair.heal()
    pair.world.run(3 * SECOND)
    assert pair.a.told_of(GiveUpBegan) == []


def test_a_group_that_is_served_in_part_is_not_given_up_when_the_peer_returns():
    """One of its addresses is refused by the kernel of either node, and its own one gives up."""
    group = a_group(PEER, VIP)
    refused = replace(group.resources[0], name="10.0.0.77")
    pair = Wired(some_params(groups=(replace(group, resources=(*group.resources, refused)),)))
    for node in pair.nodes:
        node.hands.refused.add(refused.name)
    pair.start()
    pair.b.hands.owners[VIP] = MACS[NODE]
    pair.partition()
    pair.world.run(5 * SECOND)
    pair.heal()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [NODE]
    assert pair.a.told_of(GiveUpBegan) == []


def test_a_claim_is_confirmed_though_a_group_of_its_side_could_not_be_served_yet():
    """Else one broken container, and at the next heal the owner lets go of all the others."""
    groups = (a_group(NODE, VIP, "nginx"), a_group(NODE, "10.0.0.77", "php"))
    pair = Wired(some_params(groups=groups))
    start_without_php(pair.a)
    pair.world.run(20 * SECOND)
    assert pair.holders() == [NODE]
    assert is_forfeited(pair.a), "it has claimed it without a word of the other"
    start_without_php(pair.b)
    pair.world.run(5 * SECOND)
    assert not is_forfeited(pair.a)


def test_a_claim_is_not_confirmed_while_a_group_of_its_side_that_was_lost_is_away():
    """Another may have it, and hold it longest."""
    address = Address(name="10.0.0.77", prefix=24, interface="eth9", label="eth9:0")
    behind_eth9 = ResourceGroup(name="behind eth9", preferred=NODE, resources=(address,))
    pair = settled_pair(groups=(a_group(NODE, VIP), behind_eth9))
    assert pair.holders("10.0.0.77") == [NODE]
    for node in pair.nodes:
        node.step(CarrierChanged(interface="eth9", up=False))
    lease_ends(pair.a)
    pair.world.run(1 * SECOND)
    assert (pair.holders(), pair.holders("10.0.0.77")) == ([NODE], [])
    assert is_forfeited(pair.a)


def test_a_claim_made_before_the_returned_peer_has_told_its_own_is_the_youngest():
    """Seed 4779: it had claimed something while this node slept, and that was not heard of."""
    pair = partitioned(pair=settled_pair(auto_failback=AutoFailback.OFF))
    pair.loses = lambda receiver, data: receiver is pair.b and b"hs_answer" in data
    pair.heal()
    pair.world.run(100 * MILLISECOND)
    assert pair.b.cluster.peer.alive
    pair.b.cluster.takeover.holdings.drop(
        Turn(Moment(ns=pair.world.ns, wall_s=0)), Holding.FOREIGN, "conflict", "for the test"
    )
    pair.partition()
    pair.world.run(3 * SECOND)
    assert pair.b.cluster.takeover.holdings.claims.encode().endswith(",ffffffff")


def test_two_owners_are_over_when_one_of_them_dies():
    pair = partitioned()
    for node in pair.nodes:
        node.hands.mute.add(ReleaseAddress)  # both are slow to let go
        node.forget()
    pair.heal()
    pair.world.run_until(lambda: pair.a.cluster.takeover.split_brain.suspected)
    pair.b.die()
    pair.world.run(5 * SECOND)
    assert splits(pair.a) == (1, 1)
    assert not pair.a.cluster.view().split_brain


def test_who_keeps_what_both_claim_says_so_again():
    """Seed 18036: it had told what it holds, and since when, while the other one was in the middle
    of a hand-over and resolved nothing. The other one told its claim when that was over, and then
    each waited for the other.
    """
    scene = settled(sidecar=True)
    scene.node.forget()
    scene.peer.tell("all", stable=True, term="0,9")
    assert splits(scene.node) == (1, 0)
    assert said_to_hold(scene.node) == ["local"]
    scene.peer.tell("all", stable=True, term="0,9")
    assert said_to_hold(scene.node) == ["local"], "once"


def test_two_owners_are_over_also_if_the_other_said_so_during_a_hand_over():
    """Its last word may come while an offer of before is under way here, and it says no more."""
    scene = settled(sidecar=True)
    scene.peer.tell("all", stable=True, term="0,9")
    assert splits(scene.node) == (1, 0)
    scene.peer.ask("foreign", "me")
    assert not scene.node.cluster.takeover.standby.idle
    scene.peer.tell("local", stable=True, term="0,9")
    scene.run(OFFER_MAX_NS + 1 * SECOND)
    assert splits(scene.node) == (1, 1)
    assert not scene.node.cluster.view().split_brain
