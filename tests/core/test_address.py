"""One address: claimed, renewed, announced, lost, released; wish and fact apart."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sidecar.core.actions import (
    Announce,
    ClaimAddress,
    ProbeAddress,
    ReleaseAddress,
    RenewLease,
)
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressProbed,
    AddressRefused,
    AddressReleased,
    ConflictSeen,
    QuestionHeard,
)
from sidecar.core.occurrences import (
    AddressAnnounced,
    AddressConflict,
    AddressFailed,
    AddressGivenUp,
    AddressHeld,
    AddressTaken,
)
from sidecar.core.params import Address
from sidecar.core.terms import MILLISECOND, SECOND, AddressState, ContainerState, NodeName
from tests.core.resources import (
    ADDRESS,
    HERE,
    PEER_MAC,
    STRANGER_MAC,
    THERE,
    TIMING,
    Bench,
    a_group,
)

LEASE_MS = TIMING.lease_s * 1000


def a_bench(address: Address = ADDRESS) -> Bench:
    """A bench of an address alone."""
    return Bench(a_group(address))


def holding() -> Bench:
    bench = a_bench()
    bench.want()
    bench.claimed()
    assert bench.group.held
    bench.wishes.clear()
    bench.told.clear()
    return bench


def held_without_word(mac: str | None = PEER_MAC, *, preferred: NodeName = HERE) -> Bench:
    """The peer was dead, and only the silence of its address spoke for the claim."""
    bench = Bench(a_group(ADDRESS, preferred=preferred))
    bench.peer.macs = {"eth0": mac} if mac else {}
    bench.peer_dies()
    bench.want(vouched=False)
    bench.silent_probes()
    bench.claimed()
    bench.told.clear()
    return bench


def keep_renewed(bench: Bench, ms: int) -> None:
    for _ in range(ms // 100):
        bench.wait(100)
        for _renewal in bench.all_of(RenewLease):
            bench.renewed()


# --- the lease -----------------------------------------------------------------------------------


def test_a_lease_is_renewed_at_least_four_times_before_it_ends():
    bench = holding()
    bench.wait(LEASE_MS - 1)
    assert len(bench.all_of(RenewLease)) >= 4


def test_a_renewal_carries_an_instant_before_the_end_of_the_lease():
    bench = holding()
    begin_ns = bench.now_ns
    bench.wait(601)
    renewal = bench.wish(RenewLease)
    assert begin_ns < renewal.not_after_ns < begin_ns + TIMING.lease_s * SECOND
    assert renewal.lease_s == TIMING.lease_s


def test_only_an_answer_moves_the_instant_after_which_nothing_may_be_renewed():
    bench = holding()
    bench.wait(LEASE_MS)
    assert len({one.not_after_ns for one in bench.all_of(RenewLease)}) == 1
    bench.renewed()
    bench.wait(601)
    later = bench.all_of(RenewLease)[-1]
    assert later.not_after_ns > bench.now_ns


def test_a_lease_runs_from_the_request_and_not_from_its_answer():
    bench = a_bench()
    bench.want()
    op, at_ns = bench.wish(ClaimAddress).op, bench.now_ns
    bench.wait(400)
    bench.feed(AddressClaimed(op=op, address=ADDRESS.name, at_ns=at_ns))
    bench.wait(601)
    assert bench.wish(RenewLease).not_after_ns < at_ns + TIMING.lease_s * SECOND


def test_an_address_that_is_not_wanted_is_not_renewed():
    bench = holding()
    bench.give_up()
    bench.wait(60_000)
    assert bench.nothing_of(RenewLease)


def test_a_claim_carries_an_instant_after_which_it_is_void():
    bench = a_bench()
    bench.want()
    assert bench.wish(ClaimAddress).not_after_ns == bench.now_ns + 2 * SECOND


def test_a_claim_is_void_before_the_peer_can_hold_this_node_for_dead():
    """The last beat may have left a keepalive ago, and the peer counts from then."""
    timing = replace(TIMING, keepalive_ns=100 * MILLISECOND, deadtime_ns=300 * MILLISECOND)
    bench = Bench(a_group(ADDRESS), timing=timing)
    bench.want()
    assert bench.wish(ClaimAddress).not_after_ns == bench.now_ns + 200 * MILLISECOND


def test_a_claim_whose_lease_ended_before_its_answer_was_read_is_not_held():
    bench = a_bench()
    bench.want()
    claim, at_ns = bench.wish(ClaimAddress), bench.now_ns
    bench.sleep(1_900)
    bench.feed(
        AddressClaimed(op=claim.op, address=ADDRESS.name, at_ns=at_ns - TIMING.lease_s * SECOND)
    )
    assert not bench.group.held
    assert bench.nothing_of(Announce, RenewLease)


def test_a_claim_that_a_slow_kernel_answers_late_is_released_before_its_group_is():
    """Its lease is over by our clock, and may have only begun by the kernel's (seed 2190)."""
    bench = a_bench()
    bench.want(vouched=False)
    bench.silent_probes()
    claim, at_ns = bench.wish(ClaimAddress), bench.now_ns
    bench.wait(300)
    bench.feed(
        AddressClaimed(op=claim.op, address=ADDRESS.name, at_ns=at_ns - TIMING.lease_s * SECOND)
    )
    bench.give_up()
    assert not bench.group.released
    bench.released()
    assert bench.group.released


def test_a_claim_that_came_true_is_told_with_its_interface():
    bench = a_bench()
    bench.want()
    bench.claimed()
    (told,) = bench.occurrences(AddressHeld)
    assert told.sentence() == "192.168.171.100 is held on eth0"


# --- announcing ----------------------------------------------------------------------------------


def announcements_ms(bench: Bench, ms: int) -> list[int]:
    begin_ns, found = bench.now_ns, []
    for _ in range(ms):
        found += [(bench.now_ns - begin_ns) // MILLISECOND for _ in bench.all_of(Announce)]
        bench.wait(1)
        bench.wishes = [w for w in bench.wishes if isinstance(w, Announce)]
    return found


def test_a_claim_is_announced_in_a_spaced_burst():
    bench = a_bench()
    bench.want()
    bench.claimed()
    at_ms = announcements_ms(bench, 5_000)
    assert at_ms == [0, 20, 120, 420, 1420, 3920]


def test_after_the_burst_it_is_announced_slowly_and_not_in_step():
    bench = holding()
    bench.wait(10_000)
    bench.wishes.clear()
    begin_ns, gaps = bench.now_ns, []
    for _ in range(10):
        while bench.nothing_of(Announce):
            bench.wait(100)
        gaps.append((bench.now_ns - begin_ns) / SECOND)
        begin_ns = bench.now_ns
        bench.wishes.clear()
    assert all(30 <= gap <= 35.2 for gap in gaps[1:])
    assert len({round(gap, 1) for gap in gaps[1:]}) > 3


@pytest.mark.parametrize(
    ("address", "kind"),
    [(ADDRESS, "arp"), (Address(name="2001:db8::100", prefix=64, interface="eth0"), "na")],
)
def test_each_family_is_announced_in_its_own_way(address, kind):
    bench = a_bench(address)
    bench.want()
    bench.claimed()
    assert [told.kind for told in bench.occurrences(AddressAnnounced)] == [kind]


def test_what_is_not_held_is_not_announced():
    bench = a_bench()
    bench.turn(bench.group.announce)
    bench.want()
    bench.turn(bench.group.announce)
    assert bench.nothing_of(Announce)


def test_what_is_being_released_is_not_announced():
    bench = holding()
    bench.give_up()
    bench.wishes = [w for w in bench.wishes if isinstance(w, ReleaseAddress)]
    bench.turn(bench.group.announce)
    bench.wait(60_000)
    assert bench.nothing_of(Announce)


# --- a claim or a release that does not go well ---------------------------------------------------


def test_a_refused_claim_is_told_and_tried_again():
    bench = a_bench()
    bench.want()
    bench.claim_refused("interface eth0 does not exist")
    assert bench.occurrences(AddressFailed)[0].reason == "interface eth0 does not exist"
    assert bench.address.view().state is AddressState.FAILED
    assert bench.nothing_of(ClaimAddress)
    bench.wait(501)
    bench.claimed()
    assert bench.group.held
    assert bench.groups.trouble() == ()


def test_the_same_refusal_is_told_once():
    bench = a_bench()
    bench.want()
    for _ in range(10):
        bench.claim_refused()
        bench.wait(501)
    assert len(bench.occurrences(AddressFailed)) == 1


def test_a_refused_claim_makes_the_group_one_that_had_better_move():
    bench = a_bench()
    bench.want()
    bench.claim_refused("no such device")
    bench.turn()
    assert bench.group.failing == ("address_failed", f"{ADDRESS.name}: no such device")


def test_a_claim_that_hangs_is_released_before_it_is_tried_again():
    bench = a_bench()
    bench.want()
    op = bench.wish(ClaimAddress).op
    bench.wait(2_001)
    assert not bench.group.held
    assert "did not answer a claim" in bench.occurrences(AddressFailed)[0].reason
    assert bench.nothing_of(ClaimAddress)
    bench.feed(AddressClaimed(op=op, address=ADDRESS.name, at_ns=bench.now_ns))
    assert not bench.group.held, "the late answer is not awaited any more"
    bench.released()
    bench.claimed()
    assert bench.group.held


def test_a_release_that_hangs_is_tried_again_and_the_group_is_not_released():
    bench = holding()
    bench.give_up()
    bench.wish(ReleaseAddress)
    bench.wait(2_001)
    assert not bench.group.released
    assert bench.nothing_of(ReleaseAddress)
    bench.wait(501)
    bench.released()
    assert bench.group.released


def test_a_refused_release_is_tried_again():
    bench = holding()
    bench.give_up()
    bench.release_refused()
    assert not bench.group.released
    bench.wait(501)
    bench.released()
    assert bench.group.released
    assert bench.groups.trouble() == ()


def test_what_the_kernel_never_released_is_gone_when_its_lease_is_over():
    """Nobody renewed it: no answer is needed to know that another node may have it now."""
    bench = holding()
    bench.give_up()
    while not bench.group.released:
        assert bench.now_ns < 1_000 * SECOND + 10 * SECOND
        bench.release_refused()
        bench.wait(501)
    assert bench.now_ns > 1_000 * SECOND + TIMING.lease_s * SECOND
    assert bench.occurrences(AddressGivenUp)
    bench.wait(10_000)
    assert bench.nothing_of(ReleaseAddress)


def test_an_address_that_an_earlier_life_left_behind_is_released_first():
    bench = a_bench()
    bench.turn(lambda turn: bench.groups.found(turn, (ADDRESS.name, "10.9.9.9")))
    assert not bench.address.gone
    bench.released()
    assert bench.address.gone


def left_by_an_earlier_life() -> Bench:
    bench = Bench(decided=False)
    bench.turn(lambda turn: bench.groups.found(turn, (ADDRESS.name,)))
    bench.wait(100)
    return bench


def test_what_an_earlier_life_left_is_renewed_once_as_soon_as_it_is_wanted():
    """Its lease would end while the engine is asked, and the other questions are."""
    bench = left_by_an_earlier_life()
    assert bench.nothing_of(RenewLease)
    bench.want(vouched=False)
    renewal = bench.wish(RenewLease)
    assert renewal.not_after_ns == bench.now_ns + 2 * SECOND
    assert bench.nothing_of(ClaimAddress), "its container has not been looked at"
    bench.renewed()
    bench.wait(LEASE_MS - 1)
    assert bench.nothing_of(RenewLease)
    assert not bench.address.holds


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda bench: bench.lost(), id="it went"),
        # The kernel's word of its end may have been missed.
        pytest.param(lambda bench: bench.wait(LEASE_MS), id="its lease must have ended"),
        pytest.param(lambda bench: bench.peer_dies(), id="the peer gives no word"),
        pytest.param(lambda bench: bench.turn(bench.group.distrust), id="this node slept"),
    ],
)
def test_what_an_earlier_life_left_is_not_renewed_when(happens: Callable[[Bench], object]):
    bench = left_by_an_earlier_life()
    happens(bench)
    bench.want(vouched=False)
    assert bench.nothing_of(RenewLease)


def test_an_address_that_could_not_be_released_is_not_held_when_it_is_wanted_again():
    """It is in the kernel, but nobody renews it: it is released first, then claimed."""
    bench = holding()
    bench.give_up()
    bench.release_refused()
    bench.want()
    assert not bench.group.held
    bench.wait(501)
    bench.released()
    bench.claimed()
    assert bench.group.held
    bench.wait(601)
    assert bench.all_of(RenewLease)


def test_a_release_overtakes_a_claim_whose_late_answer_is_ignored():
    bench = a_bench()
    bench.want()
    op = bench.wish(ClaimAddress).op
    bench.give_up()
    bench.feed(AddressClaimed(op=op, address=ADDRESS.name, at_ns=bench.now_ns))
    assert not bench.occurrences(AddressHeld)
    assert not bench.group.released
    bench.released()
    assert bench.group.released


def test_a_release_that_overtook_a_claim_and_hangs_leaves_the_address_here():
    """The claim may have succeeded: only the kernel's word says that the address is gone."""
    bench = a_bench()
    bench.want()
    bench.wish(ClaimAddress)
    bench.give_up()
    bench.wish(ReleaseAddress)
    bench.wait(2_001)
    assert not bench.group.released
    bench.wait(501)
    bench.released()
    assert bench.group.released


def test_a_wish_that_turns_during_a_release_is_followed_when_it_ends():
    bench = holding()
    bench.give_up()
    bench.want()
    assert bench.nothing_of(ClaimAddress)
    bench.released()
    bench.claimed()
    assert bench.group.held


def test_a_stale_answer_is_ignored():
    bench = a_bench()
    bench.want()
    op = bench.wish(ClaimAddress).op + 1
    bench.feed(AddressClaimed(op=op, address=ADDRESS.name, at_ns=bench.now_ns))
    bench.feed(AddressReleased(op=op, address=ADDRESS.name))
    bench.feed(AddressRefused(op=op, address=ADDRESS.name, reason="an old one"))
    assert bench.address.busy
    assert not bench.occurrences(AddressFailed)
    assert not bench.occurrences(AddressHeld)


def test_what_was_refused_a_while_ago_does_not_keep_a_standby_from_being_ready():
    bench = a_bench()
    bench.want()
    bench.claim_refused()
    bench.give_up()
    assert bench.groups.trouble()
    bench.wait(30_001)
    assert bench.groups.trouble() == ()


def test_a_claim_that_was_refused_after_it_was_given_up_is_forgiven_too():
    bench = holding()
    bench.give_up()
    bench.release_refused("no permission")
    bench.wait(501)
    bench.release_refused("no permission")
    assert bench.groups.trouble()
    bench.wait(501)
    bench.released()
    assert bench.groups.trouble() == ()


def test_nothing_is_forgiven_before_its_time():
    bench = a_bench()
    bench.want()
    bench.claim_refused()
    bench.give_up()
    bench.wait(15_000)
    bench.give_up()
    bench.turn()
    bench.wait(14_900)
    assert bench.groups.trouble()
    bench.wait(200)
    assert bench.groups.trouble() == ()


def test_what_is_refused_is_not_forgiven_while_it_is_wanted():
    bench = a_bench()
    bench.want()
    bench.claim_refused()
    bench.give_up()
    bench.want()
    bench.wait(600)
    bench.claim_refused()
    bench.wait(29_500)
    assert bench.groups.trouble()


# --- loss ----------------------------------------------------------------------------------------


def test_an_address_that_a_stranger_deleted_is_put_back_in_the_same_step():
    bench = holding()
    bench.lost("somebody deleted it from eth0")
    assert bench.nothing_of(ProbeAddress)
    assert not bench.group.held
    bench.claimed()
    assert bench.group.held
    (told,) = bench.occurrences(AddressTaken)
    assert told.reason == "somebody deleted it from eth0"
    assert bench.address.view().lost == 1


def test_an_address_whose_lease_ended_is_probed_for_before_it_is_claimed_again():
    bench = holding()
    bench.wait(LEASE_MS + 1)
    bench.lost("its lease of 3 s ended without a renewal")
    assert bench.nothing_of(ClaimAddress)
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


def test_an_address_that_was_not_renewed_may_linger_and_is_claimed_after_a_probe():
    bench = holding()
    bench.feed(AddressLost(address=ADDRESS.name, reason="it comes too late", gone=False))
    assert not bench.group.held
    assert not bench.address.gone
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


def test_an_address_that_went_before_its_claim_was_answered_is_claimed_once_more():
    """It may have gone after the kernel had put it there: the answer speaks of before."""
    bench = a_bench()
    bench.want()
    first = bench.wish(ClaimAddress)
    bench.wait(2)
    bench.lost()
    bench.feed(AddressClaimed(op=first.op, address=ADDRESS.name, at_ns=bench.now_ns))
    assert not bench.address.holds
    assert bench.nothing_of(Announce)
    again = bench.wish(ClaimAddress)
    assert again.not_after_ns == first.not_after_ns, "it is worth as long as the first one"
    bench.feed(AddressClaimed(op=again.op, address=ADDRESS.name, at_ns=bench.now_ns))
    assert bench.group.held


def test_an_address_that_may_linger_is_released_before_the_group_counts_as_released():
    bench = holding()
    bench.feed(AddressLost(address=ADDRESS.name, reason="it comes too late", gone=False))
    bench.give_up()
    assert not bench.group.released
    bench.released()
    assert bench.group.released


def test_the_end_of_a_release_of_our_own_is_no_loss():
    bench = holding()
    bench.give_up()
    bench.lost()
    bench.released()
    bench.lost()
    assert not bench.occurrences(AddressTaken)
    assert bench.occurrences(AddressGivenUp)


def test_a_loss_while_it_is_claimed_again_is_not_counted_twice():
    bench = holding()
    bench.lost()
    bench.lost()
    assert bench.address.view().lost == 1
    bench.claimed()
    bench.claimed()
    assert bench.group.held


def test_after_a_sleep_nothing_is_renewed_or_announced_until_it_is_claimed_again():
    """A renewal would create the address anew beside another owner's."""
    bench = holding()
    bench.sleep(10_000)
    bench.turn()
    bench.wait(40_000)
    assert bench.nothing_of(RenewLease, Announce)
    bench.turn(bench.group.announce)
    assert bench.nothing_of(Announce)


def test_after_a_sleep_what_may_linger_is_released_when_the_group_is_given_up():
    bench = holding()
    bench.sleep(10_000)
    bench.turn()
    assert not bench.group.held
    bench.give_up()
    assert not bench.group.released
    bench.released()
    assert bench.group.released


def test_a_renewal_that_was_on_its_way_when_the_address_was_deleted_has_made_it_anew():
    bench = Bench().holding()
    bench.inspected(ContainerState.STOPPED)
    bench.wishes.clear()
    bench.lost()
    assert bench.address.gone
    bench.renewed()
    assert not bench.address.gone
    bench.give_up()
    bench.wish(ReleaseAddress)


def test_what_lingered_is_gone_when_the_kernel_says_so():
    bench = holding()
    bench.feed(AddressLost(address=ADDRESS.name, reason="it comes too late", gone=False))
    bench.lost("its lease ended")
    bench.give_up()
    assert bench.group.released
    assert bench.nothing_of(ReleaseAddress)


def test_what_lingered_is_not_gone_when_another_renewal_fails():
    bench = holding()
    for _ in range(2):
        bench.feed(AddressLost(address=ADDRESS.name, reason="it comes too late", gone=False))
    bench.give_up()
    assert not bench.group.released


def test_what_lingered_and_was_claimed_again_is_held_like_any_other():
    bench = holding()
    bench.feed(AddressLost(address=ADDRESS.name, reason="it comes too late", gone=False))
    bench.silent_probes()
    bench.claimed()
    bench.lost()
    bench.give_up()
    bench.released()
    assert bench.address.gone


# --- conflicts -----------------------------------------------------------------------------------


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


# --- questions of others -------------------------------------------------------------------------


def questioned(bench: Bench) -> int:
    """How many announcements follow at once when another machine looks for the owner."""
    bench.wishes.clear()
    bench.feed(QuestionHeard(address=ADDRESS.name, mac=PEER_MAC))
    return len(bench.all_of(Announce))


def test_the_first_question_of_a_search_is_answered_by_a_burst():
    """Whoever looks for the owner may just have let go of the address itself."""
    bench = holding()
    keep_renewed(bench, 10_000)
    assert questioned(bench) == 1
    keep_renewed(bench, 5_000)
    assert len(bench.all_of(Announce)) == 5


def test_the_questions_that_follow_are_not():
    bench = holding()
    keep_renewed(bench, 10_000)
    questioned(bench)
    for _ in range(20):
        keep_renewed(bench, 1_000)
        assert questioned(bench) == 0
    keep_renewed(bench, 6_000)
    assert questioned(bench) == 1


def test_a_question_for_what_is_not_held_is_answered_by_nobody():
    assert questioned(a_bench()) == 0


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


# --- what is shown -------------------------------------------------------------------------------


def test_the_view_shows_where_it_stands():
    bench = a_bench()
    seen = [bench.address.view().state]
    bench.want(vouched=False)
    seen.append(bench.address.view().state)
    bench.silent_probes()
    seen.append(bench.address.view().state)
    bench.claimed()
    seen.append(bench.address.view().state)
    bench.give_up()
    seen.append(bench.address.view().state)
    bench.released()
    seen.append(bench.address.view().state)
    assert seen == [
        AddressState.ABSENT,
        AddressState.PROBING,
        AddressState.CLAIMING,
        AddressState.HELD,
        AddressState.RELEASING,
        AddressState.ABSENT,
    ]
