"""One group on the node that stands by: warm in time; the peer's word is doubted in time."""

import pytest

from sidecar.core.actions import ClaimAddress, PauseService, ProbeAddress, StartService
from sidecar.core.terms import MILLISECOND, ContainerState
from tests.core.resources import ADDRESS, STRANGER_MAC, Bench, a_group

PAUSED, RUNNING, STOPPED = ContainerState.PAUSED, ContainerState.RUNNING, ContainerState.STOPPED


# --- warm standby --------------------------------------------------------------------------------


def test_a_warm_group_serves_and_claims_nothing():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    bench.start()
    assert bench.group.serves
    bench.wait(60_000)
    assert bench.nothing_of(ClaimAddress)


def test_a_node_that_has_not_settled_yet_gets_warm_as_well():
    """Seed 5715: it had heard the other one, and not what that held."""
    bench = Bench(decided=False)
    bench.inspected(PAUSED)
    bench.warm()
    bench.start()
    assert bench.group.serves
    bench.warm(warm=False)
    assert bench.nothing_of(PauseService)


def test_from_warm_only_the_address_has_to_move():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    bench.start()
    bench.want()
    bench.wish(ClaimAddress)
    assert bench.nothing_of(StartService)


@pytest.mark.parametrize("state", [PAUSED, STOPPED])
def test_a_warm_one_that_fails_in_maintenance_is_started_when_a_person_wants_the_group(state):
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    bench.start()
    bench.maintenance = True
    bench.inspected(state)
    bench.wait(60_000)
    assert bench.nothing_of(StartService)
    bench.want()
    bench.start()
    bench.wish(ClaimAddress)
    bench.inspected(STOPPED)
    assert bench.nothing_of(StartService), "it has served, and is left alone again"


def test_a_warm_group_cools_down_when_the_peer_is_back():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    bench.start()
    bench.warm(warm=False)
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest
    assert bench.group.settled


def test_a_group_that_was_warm_is_cold_after_its_takeover_and_give_up():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    bench.start()
    bench.want()
    bench.claimed()
    bench.give_up()
    bench.released()
    bench.done(PauseService, PAUSED)
    assert bench.group.settled


def test_a_group_that_cools_down_while_it_starts_is_paused_when_it_has_started():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    bench.warm(warm=False)
    bench.done(StartService, RUNNING)
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest


# --- the word of the peer, and sleep -------------------------------------------------------------


def test_the_word_of_a_peer_that_has_fallen_silent_counts_no_more():
    """Unheard by us, it may have taken back what it let go of."""
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=True)
    bench.turn(lambda _: bench.group.doubt_word())
    bench.start()
    assert bench.nothing_of(ClaimAddress)
    bench.probed(STRANGER_MAC)
    assert bench.group.blocked


def test_the_word_of_the_peer_is_good_for_a_time():
    """Seed 13495: it may hold this node for dead after that, and take back what it let go of."""
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(good_for_ms=200)
    bench.wait(200)
    bench.start()
    assert bench.nothing_of(ClaimAddress)
    bench.silent_probes()
    bench.wish(ClaimAddress)


def test_what_is_claimed_on_the_word_of_the_peer_is_claimed_while_that_is_good():
    bench = Bench(a_group(ADDRESS))
    bench.want(good_for_ms=200)
    assert bench.wish(ClaimAddress).not_after_ns == bench.now_ns + 200 * MILLISECOND


def test_the_word_counts_for_one_takeover():
    bench = Bench().holding()
    bench.carrier(up=False)
    bench.released()
    bench.carrier(up=True)
    assert bench.nothing_of(ClaimAddress)
    bench.wish(ProbeAddress)


def test_after_a_sleep_what_was_held_is_probed_for_before_it_is_claimed():
    bench = Bench().holding()
    bench.sleep(60_000)
    bench.turn()
    assert not bench.group.held
    assert bench.nothing_of(ClaimAddress)
    bench.probed(STRANGER_MAC)
    assert bench.nothing_of(ClaimAddress)
    assert bench.group.blocked


def test_after_a_sleep_what_nobody_took_is_claimed_again():
    bench = Bench().holding()
    bench.sleep(60_000)
    bench.turn()
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


def test_after_a_sleep_the_word_of_the_peer_counts_no_more():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=True)
    bench.timers.arm("beat", bench.now_ns, lambda turn: None)  # noqa: ARG005 - it was due
    bench.sleep(14_000)  # less than an operation may take
    bench.turn()
    bench.start()
    assert bench.group.serves
    assert bench.nothing_of(ClaimAddress)
