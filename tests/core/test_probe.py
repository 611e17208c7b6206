"""The question who has an address: what counts as silence, and what as no answer at all."""

import pytest

from sidecar.core.actions import ClaimAddress, ProbeAddress, StartService
from sidecar.core.events import AddressProbed, ProbeFailed, QuestionHeard
from sidecar.core.occurrences import NodeDied, TakeoverBlocked
from sidecar.core.params import Address, Timing
from sidecar.core.probe import probe_period_ns
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState, NodeName
from sidecar.core.turn import Turn
from tests.core.harness import Wired
from tests.core.resources import ADDRESS, HERE, PEER_MAC, STRANGER_MAC, THERE, Bench, a_group
from tests.costs.many import names

PAUSED = ContainerState.PAUSED


def asking() -> Bench:
    """A bench of an address alone, wanted without the peer's word."""
    bench = Bench(a_group(ADDRESS))
    bench.want(vouched=False)
    return bench


def timing(warntime_ms: int, deadtime_ms: int) -> Timing:
    return Timing(
        keepalive_ns=10 * MILLISECOND,
        warntime_ns=warntime_ms * MILLISECOND,
        deadtime_ns=deadtime_ms * MILLISECOND,
        initdead_ns=12 * SECOND,
        lease_s=1,
    )


def test_an_address_is_claimed_after_three_silent_questions_and_not_before():
    bench = asking()
    for _ in range(2):
        bench.probed(None)
        assert bench.nothing_of(ClaimAddress)
    bench.probed(None)
    assert bench.wish(ClaimAddress).address is ADDRESS


@pytest.mark.parametrize(("preferred", "first"), [(HERE, True), (THERE, False)])
def test_of_two_that_ask_at_the_same_time_the_preferred_node_claims(
    preferred: NodeName,
    *,
    first: bool,
):
    bench = Bench(a_group(ADDRESS, preferred=preferred))
    bench.want(vouched=False)
    bench.feed(QuestionHeard(address=ADDRESS.name, mac=STRANGER_MAC))
    bench.silent_probes()
    assert bench.nothing_of(ClaimAddress) is not first


def test_who_left_it_to_another_one_claims_when_that_one_asks_no_more():
    bench = Bench(a_group(ADDRESS, preferred=THERE))
    bench.want(vouched=False)
    bench.feed(QuestionHeard(address=ADDRESS.name, mac=STRANGER_MAC))
    bench.silent_probes()
    for _ in range(9):
        bench.wait(200)
        bench.silent_probes(1)
        assert bench.nothing_of(ClaimAddress)
    bench.wait(200)
    bench.silent_probes(1)
    assert bench.wish(ClaimAddress).address is ADDRESS


def test_the_word_of_the_peer_takes_the_place_of_the_questions():
    bench = Bench(a_group(ADDRESS))
    bench.want(vouched=True)
    assert bench.nothing_of(ProbeAddress)
    bench.wish(ClaimAddress)


def test_an_answer_between_silent_ones_starts_the_count_anew():
    bench = asking()
    bench.silent_probes(2)
    bench.probed(STRANGER_MAC)
    bench.wait(200)
    bench.silent_probes(2)
    assert bench.nothing_of(ClaimAddress)
    bench.probed(None)
    bench.wish(ClaimAddress)


def test_an_answered_question_blocks_the_takeover_and_is_told_once():
    bench = asking()
    for _ in range(10):
        bench.probed(STRANGER_MAC)
        bench.wait(200)
    assert bench.nothing_of(ClaimAddress)
    assert bench.group.blocked
    (told,) = bench.occurrences(TakeoverBlocked)
    assert (told.address, told.mac) == (ADDRESS.name, STRANGER_MAC)


def test_a_takeover_is_blocked_only_as_long_as_somebody_answers():
    bench = asking()
    bench.probed(STRANGER_MAC)
    assert bench.group.blocked
    bench.wait(200)
    bench.probed(None)
    assert not bench.group.blocked


def test_a_question_that_cannot_be_asked_counts_for_nothing():
    bench = asking()
    bench.silent_probes(2)
    for _ in range(10):
        bench.probe_failed("interface eth0 has no carrier")
        bench.wait(200)
    assert bench.nothing_of(ClaimAddress)
    bench.silent_probes(2)
    assert bench.nothing_of(ClaimAddress)


def test_that_a_question_cannot_be_asked_is_a_reason_for_not_being_ready():
    """Else a takeover would wait for ever and nobody would know for what."""
    bench = asking()
    bench.probe_failed("cannot ask who has it: no permission")
    reason = f"address {ADDRESS.name}: cannot ask who has it: no permission"
    assert bench.groups.trouble() == (reason,)
    bench.wait(200)
    bench.probed(None)
    assert bench.groups.trouble() == ()


def test_a_reason_from_the_questions_ends_with_them():
    bench = asking()
    bench.probe_failed()
    bench.give_up()
    assert bench.groups.trouble() == ()


def test_a_question_without_an_answer_counts_for_nothing():
    bench = asking()
    bench.wait(60_000)
    assert bench.nothing_of(ClaimAddress)
    assert len(bench.all_of(ProbeAddress)) > 250


def test_a_stale_answer_is_ignored():
    bench = asking()
    first = bench.wish(ProbeAddress)
    bench.wait(200)
    for _ in range(3):
        bench.feed(AddressProbed(op=first.op, address=ADDRESS.name, answered_by=None))
        bench.feed(ProbeFailed(op=first.op, address=ADDRESS.name, reason="late"))
    assert bench.address.probe.trouble == ""
    bench.silent_probes(2)
    assert bench.nothing_of(ClaimAddress)


def test_silence_of_long_ago_is_no_silence():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=False)
    bench.silent_probes(3)
    bench.wait(60_000)  # all questions of this minute went unanswered: the prober hangs
    assert not bench.address.probe.is_clear(_now(bench))


def test_before_a_claim_that_had_to_wait_it_is_asked_once_more():
    """While the container started another node may have claimed: it is asked at the last moment."""
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=False)
    bench.silent_probes(3)
    bench.wait(100)
    bench.done(StartService, ContainerState.RUNNING)
    bench.check(passed=True)
    assert bench.nothing_of(ClaimAddress)
    bench.probed(None)
    bench.wish(ClaimAddress)


def test_whoever_claimed_while_the_container_started_is_noticed():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=False)
    bench.silent_probes(3)
    bench.wait(100)
    bench.done(StartService, ContainerState.RUNNING)
    bench.check(passed=True)
    bench.probed(PEER_MAC)
    assert bench.nothing_of(ClaimAddress)
    assert bench.group.blocked


def test_without_a_reason_to_hurry_it_is_asked_at_an_even_pace():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=False)
    bench.silent_probes(3)
    bench.all_of(ProbeAddress)
    for _ in range(5):
        bench.wait(199)
        assert bench.nothing_of(ProbeAddress)
        bench.wait(1)
        bench.probed(None)


def test_silence_before_a_sleep_says_nothing_after_it():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=False)
    bench.silent_probes(3)
    bench.sleep(3_600_000)
    bench.turn()
    assert not bench.address.probe.is_clear(_now(bench))
    bench.silent_probes(3)
    assert bench.address.probe.is_clear(_now(bench))


def test_an_answer_to_a_question_from_before_a_sleep_is_ignored():
    bench = asking()
    bench.silent_probes(2)
    before = bench.all_of(ProbeAddress)[-1]
    bench.sleep(3_600_000)
    bench.feed(AddressProbed(op=before.op, address=ADDRESS.name, answered_by=None))
    assert bench.nothing_of(ClaimAddress)


def test_the_question_goes_to_the_peer_alone_where_its_hardware_address_is_known():
    bench = Bench(a_group(ADDRESS))
    bench.peer.macs = {"eth0": PEER_MAC}
    bench.want(vouched=False)
    assert bench.wish(ProbeAddress).mac == PEER_MAC


def test_everybody_is_asked_where_it_is_not_known():
    bench = Bench(a_group(ADDRESS))
    bench.peer.macs = {"eth1": PEER_MAC}
    bench.want(vouched=False)
    assert bench.wish(ProbeAddress).mac is None


def test_the_questions_end_when_the_group_is_given_up_before_it_was_claimed():
    bench = asking()
    bench.give_up()
    bench.all_of(ProbeAddress)
    bench.wait(60_000)
    assert bench.nothing_of(ProbeAddress)


def test_the_questions_end_when_the_address_is_claimed():
    bench = asking()
    bench.silent_probes(3)
    bench.all_of(ProbeAddress)
    bench.claimed()
    bench.wait(10_000)
    assert bench.nothing_of(ProbeAddress)


def test_the_owner_is_looked_for_ahead_of_the_decision_and_that_counts():
    bench = Bench(a_group(ADDRESS))
    bench.turn(bench.group.addresses.look_for_owner)
    bench.silent_probes(3)
    bench.wait(100)
    assert bench.nothing_of(ClaimAddress), "nothing is decided yet"
    bench.want(vouched=False)
    bench.probed(None)
    bench.wish(ClaimAddress)


def test_looking_ends_when_the_peer_is_heard_again():
    bench = Bench(a_group(ADDRESS))
    bench.turn(bench.group.addresses.look_for_owner)
    bench.turn(lambda _: bench.group.stop_looking())
    bench.all_of(ProbeAddress)
    bench.wait(10_000)
    assert bench.nothing_of(ProbeAddress)


def test_looking_goes_on_for_a_group_that_is_wanted():
    bench = asking()
    bench.all_of(ProbeAddress)
    bench.turn(lambda _: bench.group.stop_looking())
    bench.wait(200)
    bench.wish(ProbeAddress)


@pytest.mark.parametrize(
    ("warntime_ms", "deadtime_ms", "period_ms"),
    [(500, 1000, 100), (5000, 30_000, 200), (90, 100, 10), (100, 100, 10)],
)
def test_enough_questions_fit_between_warntime_and_deadtime(warntime_ms, deadtime_ms, period_ms):
    assert probe_period_ns(timing(warntime_ms, deadtime_ms)) == period_ms * MILLISECOND


def test_each_answer_is_due_before_the_next_question():
    for deadtime_ms in (100, 300, 1000, 30_000):
        times = timing(deadtime_ms // 2, deadtime_ms)
        bench = Bench(a_group(ADDRESS), timing=times)
        bench.want(vouched=False)
        assert bench.wish(ProbeAddress).patience_ns < probe_period_ns(times)


def _now(bench: Bench) -> Turn:
    """The instant that the bench is at, as a turn."""
    turns: list[Turn] = []
    bench.turn(turns.append)
    return turns[0]


# --- just in time, and many at once --------------------------------------------------------------


def test_the_last_answer_is_there_when_the_peer_is_dead_and_not_a_question_later():
    pair = Wired()
    pair.start()
    pair.a.die()
    pair.world.run(2 * SECOND)
    (died_ns,) = pair.b.when_told(NodeDied)
    ((claimed_ns, _),) = pair.b.wished(ClaimAddress)
    assert claimed_ns == died_ns
    asked_ns = [ns for ns, _ in pair.b.wished(ProbeAddress) if ns < died_ns]
    assert died_ns - asked_ns[-1] < 60 * MILLISECOND


def tell(bench: Bench, asked: list[ProbeAddress], *, answered_by: str | None) -> None:
    """The answers to all of these at once."""
    answers = [
        AddressProbed(op=one.op, address=one.address.name, answered_by=answered_by) for one in asked
    ]
    bench.turn(lambda turn: bench.groups.on_address_events(turn, answers))


def test_while_the_answers_to_many_questions_are_late_no_more_is_asked():
    """Answers that come after the next question would be answers to nothing, for ever."""
    many = 500
    addresses = tuple(Address(name=n, prefix=32, interface="eth0") for n in names(many))
    bench = Bench(a_group(*addresses), timing=timing(200, 300))
    bench.want(vouched=False)
    for _ in range(3):
        asked = bench.all_of(ProbeAddress)
        assert len(asked) == many
        bench.wait(250)
        assert bench.nothing_of(ProbeAddress)
        tell(bench, asked, answered_by=None)
    assert len(bench.all_of(ClaimAddress)) == many


def test_many_addresses_that_answer_are_asked_for_at_a_slower_pace():
    addresses = tuple(Address(name=n, prefix=32, interface="eth0") for n in names(500))
    bench = Bench(a_group(*addresses), timing=timing(200, 300))
    bench.want(vouched=False)
    asked = bench.all_of(ProbeAddress)
    tell(bench, asked, answered_by=PEER_MAC)
    bench.wait(90)
    assert bench.nothing_of(ProbeAddress)
    bench.wait(10)
    assert len(bench.all_of(ProbeAddress)) == len(asked)
