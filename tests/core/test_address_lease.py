"""The lease of one address: renewed in time, lost, and what follows from that."""

from dataclasses import replace

from sidecar.core.actions import Announce, ClaimAddress, ProbeAddress, ReleaseAddress, RenewLease
from sidecar.core.events import AddressClaimed, AddressLost, AddressRefused
from sidecar.core.lease import OVERTAKEN_NS
from sidecar.core.occurrences import AddressGivenUp, AddressHeld, AddressTaken
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState
from tests.core.address_alone import LEASE_MS, a_bench, holding
from tests.core.resources import ADDRESS, TIMING, Bench, a_group

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


def displaced() -> AddressLost:
    reason = "it stands before the host's own address 192.168.171.5, which came later"
    return AddressLost(address=ADDRESS.name, reason=reason, gone=False, displaced=True)


def test_an_address_that_is_only_displaced_is_claimed_anew_in_the_same_step():
    bench = holding()
    bench.feed(displaced())
    assert bench.nothing_of(ProbeAddress)
    bench.claimed()
    assert bench.group.held


def test_an_address_that_is_displaced_while_its_container_is_mended_is_still_here():
    """It is not put back now, and a hand-over is not through before it is released."""
    bench = Bench().holding()
    bench.inspected(ContainerState.STOPPED)
    bench.feed(displaced())
    assert bench.nothing_of(ClaimAddress)
    assert not bench.address.gone
    bench.give_up()
    assert not bench.group.released
    bench.released()
    assert bench.group.released


def test_a_renewal_that_is_under_way_when_its_address_is_displaced_is_still_waited_for():
    bench = Bench().holding()
    bench.inspected(ContainerState.STOPPED)
    bench.wait(LEASE_MS // 5 + 1)
    bench.wish(RenewLease)
    bench.feed(displaced())
    bench.lost()
    assert not bench.address.gone
    bench.renewed()
    assert not bench.address.gone


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


def test_what_may_be_here_is_not_gone_when_the_claim_that_was_to_make_sure_is_refused():
    """Seed 14684: its time was over, but the first claim had come after the old lease had ended."""
    bench = a_bench()
    bench.want()
    first = bench.wish(ClaimAddress)
    bench.lost("its lease ran out")
    bench.feed(AddressClaimed(op=first.op, address=ADDRESS.name, at_ns=bench.now_ns))
    bench.claim_refused("it comes too late")
    assert not bench.address.gone
    bench.give_up()
    assert not bench.group.released
    bench.released()
    assert bench.group.released


def test_a_claim_that_came_too_late_and_could_not_be_taken_back_may_linger():
    bench = a_bench()
    bench.want()
    op = bench.wish(ClaimAddress).op
    bench.feed(AddressRefused(op=op, address=ADDRESS.name, reason="too late", gone=False))
    assert not bench.address.gone
    bench.give_up()
    assert not bench.group.released
    bench.released()
    assert bench.group.released


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
    bench.turn(bench.group.addresses.announce)
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
    bench.wait(100)
    bench.wishes.clear()
    bench.lost()
    assert bench.address.gone
    bench.renewed()
    assert not bench.address.gone
    bench.give_up()
    bench.wish(ReleaseAddress)


def test_a_renewal_that_was_not_taken_back_may_have_made_anew_what_had_gone_before():
    """It came through too late, and the kernel did not remove it again."""
    bench = Bench().holding()
    bench.inspected(ContainerState.STOPPED)
    bench.wait(LEASE_MS // 5 + 1)
    bench.wishes.clear()
    bench.lost()
    bench.feed(AddressLost(address=ADDRESS.name, reason="it came through too late", gone=False))
    assert not bench.address.gone
    bench.give_up()
    assert not bench.group.released
    bench.released()
    assert bench.group.released


def test_a_loss_that_is_told_after_the_renewal_that_undid_it_may_not_have_lasted():
    """The kernel's watch was read after the answer: the release makes sure."""
    bench = Bench().holding()
    bench.inspected(ContainerState.STOPPED)
    bench.wait(LEASE_MS // 5 + 1)
    bench.renewed()
    bench.wishes.clear()
    bench.wait(1)
    bench.lost()
    assert not bench.group.held
    assert not bench.address.gone
    bench.give_up()
    assert not bench.group.released
    bench.released()
    bench.lost()  # our own release, which the watch tells last
    assert bench.group.released
    assert bench.address.gone


def test_a_loss_that_is_told_after_the_claim_that_undid_it_may_not_have_lasted():
    bench = Bench().holding()
    bench.lost("its lease ended")
    bench.claimed()
    bench.inspected(ContainerState.STOPPED)
    bench.lost("its lease ended")
    assert bench.nothing_of(ClaimAddress)
    assert not bench.address.gone
    bench.give_up()
    bench.released()
    assert bench.group.released


def test_what_is_lost_just_after_a_renewal_is_put_back_like_anything_else():
    bench = holding()
    bench.renewed()
    bench.lost()
    assert bench.nothing_of(ProbeAddress)
    bench.claimed()
    assert bench.group.held


def test_what_is_lost_a_while_after_a_renewal_is_gone():
    bench = Bench().holding()
    bench.inspected(ContainerState.STOPPED)
    bench.renewed()
    bench.wait(OVERTAKEN_NS / MILLISECOND)
    bench.lost()
    assert bench.address.gone


def test_what_went_is_not_gone_while_a_renewal_of_it_is_on_its_way():
    """Seed 14205: it was given up and its container stopped, and the kernel made it anew."""
    bench = Bench().holding()
    bench.inspected(ContainerState.STOPPED)
    bench.wait(LEASE_MS // 5 + 1)
    bench.wish(RenewLease)
    bench.wishes.clear()
    bench.lost()
    bench.give_up()
    assert not bench.group.released
    bench.renewed()
    bench.released()
    assert bench.group.released


def test_what_lingered_is_gone_when_the_kernel_says_so():
    bench = holding()
    bench.feed(AddressLost(address=ADDRESS.name, reason="it comes too late", gone=False))
    bench.wait(100)
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
