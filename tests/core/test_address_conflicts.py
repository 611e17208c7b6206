"""One address that another machine has, too: a stranger, or the peer that is silent."""

import pytest

from sidecar.core.actions import Announce, ClaimAddress, ProbeAddress, ReleaseAddress
from sidecar.core.events import AddressLost, AddressProbed, ConflictSeen
from sidecar.core.occurrences import AddressConflict
from sidecar.core.terms import NodeName
from tests.core.address_alone import a_bench, held_without_word, holding, keep_renewed
from tests.core.resources import ADDRESS, HERE, PEER_MAC, STRANGER_MAC, THERE


def test_a_conflict_is_told_and_answered_by_announcing():
    bench = holding()
    bench.wait(10_000)
    bench.wishes.clear()
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=STRANGER_MAC))
    bench.wish(Announce)
    (told,) = bench.occurrences(AddressConflict)
    assert told.mac == STRANGER_MAC
    assert bench.address.view().conflicts == 1
    assert bench.group.held


def test_conflicts_are_answered_once_a_second_at_most():
    bench = holding()
    for _ in range(100):
        bench.feed(ConflictSeen(address=ADDRESS.name, mac=STRANGER_MAC))
        bench.wait(100)
    assert 9 <= bench.address.view().conflicts <= 11


def test_a_conflict_about_what_is_not_held_is_nothing():
    bench = a_bench()
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=STRANGER_MAC))
    assert not bench.told


def test_the_silent_peer_that_still_has_the_address_keeps_it():
    """The address was claimed without its word: it was there before us."""
    bench = held_without_word()
    bench.wishes.clear()
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=PEER_MAC))
    bench.released()
    assert not bench.group.held
    bench.probed(PEER_MAC)
    assert bench.group.blocked


def test_the_silent_peer_keeps_it_also_after_a_stranger_removed_it_here():
    """Seed 9805: put back at once, it counted as one that nobody else could have."""
    bench = held_without_word()
    bench.feed(AddressLost(address=ADDRESS.name, reason="somebody removed it"))
    bench.claimed()
    assert bench.group.held
    bench.wishes.clear()
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=PEER_MAC))
    bench.released()
    assert not bench.group.held


def test_the_silent_peer_is_yielded_to_also_just_after_another_one_was_answered():
    bench = held_without_word()
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=STRANGER_MAC))
    bench.wait(10)
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=PEER_MAC))
    bench.released()
    assert not bench.group.held


@pytest.mark.parametrize(("preferred", "first"), [(HERE, True), (THERE, False)])
def test_of_two_that_claimed_in_the_same_instant_the_preferred_node_claims_again(
    preferred: NodeName,
    *,
    first: bool,
):
    """Seed 1364: both let go, both asked again, and both claimed in the same instant again."""
    bench = held_without_word(preferred=preferred)
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=PEER_MAC))
    bench.released()
    bench.wishes = [wish for wish in bench.wishes if isinstance(wish, ProbeAddress)]
    bench.silent_probes()
    assert bench.nothing_of(ClaimAddress) is not first


def test_the_silent_peer_is_looked_for_while_its_address_is_held():
    bench = held_without_word()
    bench.wishes = [w for w in bench.wishes if not isinstance(w, ProbeAddress)]
    bench.wait(501)
    question = bench.wish(ProbeAddress)
    assert question.mac == PEER_MAC
    bench.feed(AddressProbed(op=question.op, address=ADDRESS.name, answered_by=PEER_MAC))
    bench.released()
    assert not bench.group.held


def test_the_preferred_node_looks_for_nobody_where_the_hardware_address_is_unknown():
    bench = held_without_word(mac=None)
    bench.wishes.clear()
    keep_renewed(bench, 11_000)
    assert bench.nothing_of(ProbeAddress)


def test_the_other_node_asks_everybody_now_and_then_and_lets_go():
    """The two may be strangers, by another key: nothing but the files tells who goes first."""
    bench = held_without_word(mac=None, preferred=THERE)
    bench.wishes.clear()
    keep_renewed(bench, 5_001)
    question = bench.wish(ProbeAddress)
    assert question.mac is None
    bench.feed(AddressProbed(op=question.op, address=ADDRESS.name, answered_by=STRANGER_MAC))
    bench.released()
    assert not bench.group.held


@pytest.mark.parametrize(("preferred", "keeps"), [(HERE, True), (THERE, False)])
def test_of_two_strangers_that_both_hold_an_address_the_preferred_node_keeps_it(
    preferred: NodeName,
    *,
    keeps: bool,
):
    bench = held_without_word(mac=None, preferred=preferred)
    bench.wishes.clear()
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=STRANGER_MAC))
    assert bench.nothing_of(ReleaseAddress) is keeps
    assert bench.nothing_of(Announce) is not keeps


def test_the_search_for_the_silent_peer_ends_when_it_is_heard_again():
    bench = held_without_word()
    bench.groups.agree()
    bench.wishes.clear()
    keep_renewed(bench, 5_000)
    assert bench.nothing_of(ProbeAddress)
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=PEER_MAC))
    assert bench.group.held


def test_the_search_for_the_silent_peer_ends_when_the_address_is_given_up():
    bench = held_without_word()
    bench.give_up()
    bench.released()
    bench.wishes.clear()
    bench.wait(5_000)
    assert bench.nothing_of(ProbeAddress)


def test_a_stranger_does_not_take_an_address_that_was_claimed_without_a_word():
    bench = held_without_word()
    bench.feed(ConflictSeen(address=ADDRESS.name, mac=STRANGER_MAC))
    assert bench.group.held
    assert bench.nothing_of(ReleaseAddress)
