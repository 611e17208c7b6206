"""One address: claimed and released, whatever goes wrong with that; wish and fact apart."""

from collections.abc import Callable

import pytest

from sidecar.core.actions import ClaimAddress, ReleaseAddress, RenewLease
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressRefused,
    AddressReleased,
    LeaseRenewed,
)
from sidecar.core.occurrences import AddressFailed, AddressGivenUp, AddressHeld
from sidecar.core.terms import SECOND, AddressState, Moment
from sidecar.core.turn import Turn
from tests.core.address_alone import LEASE_MS, a_bench, holding
from tests.core.resources import ADDRESS, TIMING, Bench

# --- a claim or a release that does not go well --------------------------------------------------


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


def test_a_renewal_that_a_slow_kernel_has_not_answered_may_still_begin_the_lease_anew():
    """Seed 2235: it was carried out seconds after it was asked, and the other node had claimed."""
    bench = holding()
    bench.wait(601)
    assert bench.all_of(RenewLease)
    bench.give_up()
    asked_ns = bench.now_ns
    for _ in range(60):
        bench.release_refused()
        bench.wait(501)
    assert not bench.group.released
    bench.feed(LeaseRenewed(address=ADDRESS.name, at_ns=asked_ns))
    answered_ns = bench.now_ns
    while not bench.group.released:
        bench.release_refused()
        bench.wait(501)
    assert bench.now_ns > answered_ns + TIMING.lease_s * SECOND


def test_a_renewal_that_the_kernel_refused_keeps_nothing():
    bench = holding()
    bench.wait(601)
    bench.give_up()
    bench.feed(AddressLost(address=ADDRESS.name, reason="it comes too late", gone=False))
    latest_ns = bench.now_ns + (2 + TIMING.lease_s) * SECOND  # as a claim may take 2 s
    while not bench.group.released:
        assert bench.now_ns < latest_ns + 1 * SECOND
        bench.release_refused()
        bench.wait(501)


def test_an_address_that_an_earlier_life_left_behind_is_released_first():
    bench = a_bench()
    bench.turn(lambda turn: bench.groups.found(turn, (ADDRESS.name, "10.9.9.9")))
    assert not bench.address.gone
    bench.released()
    assert bench.address.gone


def test_a_group_is_not_released_while_the_kernel_has_what_an_earlier_life_left():
    """Safety rule 3: in a hand-over the other node claims it without a question."""
    bench = a_bench()
    bench.turn(lambda turn: bench.groups.found(turn, (ADDRESS.name,)))
    assert not bench.group.released
    bench.release_refused()
    assert not bench.group.released
    bench.wait(501)
    bench.released()
    assert bench.group.released


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


def test_what_an_earlier_life_left_is_not_gone_when_its_renewal_was_not_taken_back():
    bench = left_by_an_earlier_life()
    bench.want(vouched=False)
    bench.wish(RenewLease)
    bench.lost("its lease ended")
    bench.feed(AddressLost(address=ADDRESS.name, reason="it came through too late", gone=False))
    assert not bench.address.gone


def test_what_an_earlier_life_left_is_not_renewed_before_it_is_heard_what_happened_in_a_sleep():
    """Safety rule 2: its lease may have ended meanwhile, and the other node may have claimed it."""
    bench = left_by_an_earlier_life()
    turn = Turn(Moment(ns=bench.now_ns, wall_s=0), waking=True)
    bench.group.want(turn, reason="start", why="because")
    assert bench.group.wanted
    assert not any(isinstance(action, RenewLease) for action in turn.actions)
    bench.wait(LEASE_MS)
    assert bench.nothing_of(RenewLease), "it is probed for, and claimed, like any other"


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
