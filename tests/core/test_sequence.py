"""The peer's numbering: generations, duplicates, gaps, requests (protocol section 4)."""

from random import Random

import pytest

from sidecar.core.sequence import REQUESTS_MAX, Inbound, Verdict
from sidecar.core.terms import MILLISECOND

GENERATION = 100
NOW_NS = 5_000 * MILLISECOND


class Listener:
    """An Inbound, its clock, and a peer whose messages are named by their numbers."""

    def __init__(self, *, first: int = 1, seed: int = 1) -> None:
        self.inbound = Inbound(Random(seed))
        self.now_ns = NOW_NS
        assert self.status(first) is Verdict.NEW

    def status(self, seq: int, generation: int = GENERATION) -> Verdict:
        return self.inbound.judge(generation, seq, self.now_ns, is_status=True)

    def other(self, seq: int, generation: int = GENERATION) -> Verdict:
        return self.inbound.judge(generation, seq, self.now_ns, is_status=False)

    def requests_after(self, wait_ms: int) -> list[int]:
        self.now_ns += wait_ms * MILLISECOND
        return self.inbound.take_requests(self.now_ns)


# --- 4.1: generations ----------------------------------------------------------------------------


def test_the_first_status_ever_heard_sets_generation_and_number():
    """4.1: a receiver keeps the last generation in memory only; after its start it takes any."""
    inbound = Inbound(Random(1))
    assert inbound.judge(GENERATION, 4711, NOW_NS, is_status=True) is Verdict.NEW
    assert inbound.generation == GENERATION
    assert inbound.next_request_ns() is None, "what was before our time is not asked for"


def test_a_higher_generation_in_a_status_is_a_new_life():
    """4.1: higher, in a status: restart of that node, sequence tracking is reset."""
    listener = Listener(first=500)
    assert listener.status(1, GENERATION + 1) is Verdict.NEW_LIFE
    assert listener.other(2, GENERATION + 1) is Verdict.NEW


@pytest.mark.parametrize("known", [None, GENERATION])
def test_only_a_status_switches_the_generation(known: int | None):
    """4.1: only a status message switches the generation."""
    inbound = Inbound(Random(1))
    if known is not None:
        inbound.judge(known, 1, NOW_NS, is_status=True)
    assert inbound.judge(GENERATION + 1, 2, NOW_NS, is_status=False) is Verdict.EARLY
    assert inbound.generation == known


def test_a_lower_generation_is_a_replay_whatever_its_number():
    """4.1: lower than remembered: dropped, "attempted replay attack"."""
    listener = Listener()
    assert listener.status(99, GENERATION - 1) is Verdict.REPLAY
    assert listener.other(2, GENERATION - 1) is Verdict.REPLAY


def test_a_message_without_generation_after_one_with_it_is_a_replay():
    """2.1: without hg a message counts as generation 0; after a non-zero one it is a replay."""
    assert Listener().status(2, 0) is Verdict.REPLAY


def test_numbers_that_start_again_within_a_generation_say_nothing_new():
    """4.1: same generation with seq starting at 1 again: dropped silently as old."""
    listener = Listener(first=300)
    assert listener.status(1) is Verdict.DUPLICATE


def test_a_new_life_forgets_what_was_missing_of_the_old_one():
    """4.1: missing packets are forgotten."""
    listener = Listener()
    listener.other(5)
    listener.status(1, GENERATION + 1)
    assert listener.requests_after(10_000) == []


# --- 4.2: numbers --------------------------------------------------------------------------------


def test_the_next_number_is_new_and_the_same_again_a_duplicate():
    """4.2: next number: deliver. Same as last: duplicate, normal with two media."""
    listener = Listener()
    assert listener.other(2) is Verdict.NEW
    assert listener.other(2) is Verdict.DUPLICATE


def test_a_number_behind_a_gap_is_delivered_at_once():
    """4.2: higher: deliver at once and note the gap; there is no reordering buffer."""
    assert Listener().other(9) is Verdict.NEW


def test_a_lower_number_is_delivered_once_if_it_fills_a_gap():
    """4.2: lower: deliver if it fills a noted gap, otherwise drop silently."""
    listener = Listener()
    listener.other(4)
    assert listener.other(3) is Verdict.NEW
    assert listener.other(3) is Verdict.DUPLICATE
    assert listener.other(1) is Verdict.DUPLICATE


def test_a_number_older_than_any_history_is_a_replay():
    """4.3: the history is the last 500 messages, so nobody resends more than that honestly."""
    listener = Listener(first=1000)
    assert listener.other(501) is Verdict.DUPLICATE
    assert listener.other(500) is Verdict.REPLAY


def test_what_is_known_before_it_is_read_is_what_would_be_judged_a_duplicate():
    for seq in (0, 1, 500, 501, 900, 995, 999, 1000, 1001, 1003, 1005, 1006):
        listener = Listener(first=1000)
        listener.other(1003)
        listener.other(1005)
        listener.other(1002)
        known = listener.inbound.is_known(GENERATION, seq)
        assert known is (listener.other(seq) is Verdict.DUPLICATE), seq


@pytest.mark.parametrize(
    ("generation", "seq"), [(99, 1), (101, 1), (None, 1), (GENERATION, None), (None, None)]
)
def test_nothing_is_known_of_another_life(generation: int | None, seq: int | None):
    assert not Listener().inbound.is_known(generation, seq)


# --- 4.3: requests -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_a_missing_number_is_requested_after_50_to_250_ms(seed: int):
    """4.3: first sent after a random 50 to 250 ms; 4.2: wait at least 50 ms."""
    listener = Listener(seed=seed)
    listener.other(3)
    due_ns = listener.inbound.next_request_ns()
    assert due_ns is not None
    assert 50 * MILLISECOND <= due_ns - NOW_NS <= 250 * MILLISECOND
    listener.now_ns = due_ns - 1
    assert listener.requests_after(0) == []
    listener.now_ns = due_ns
    assert listener.requests_after(0) == [2]


def test_the_wait_before_a_request_varies():
    """4.3: random, so that two numbers of a gap are not asked for in one burst."""
    due = set()
    for seed in range(20):
        listener = Listener(seed=seed)
        listener.other(3)
        due.add(listener.inbound.next_request_ns())
    assert len(due) > 10


def test_a_request_is_repeated_every_250_ms_for_each_number():
    """4.3: each number has its own request, repeated every 250 ms."""
    listener = Listener()
    listener.other(5)
    assert listener.requests_after(250) == [2, 3, 4]
    assert listener.requests_after(249) == []
    assert listener.requests_after(1) == [2, 3, 4]


def test_a_number_that_nobody_answers_for_is_not_requested_without_end():
    """Nobody answers for what an earlier life of this node has acknowledged (4.3)."""
    listener = Listener()
    listener.other(4)
    asked = [listener.requests_after(250) for _ in range(REQUESTS_MAX + 10)]
    assert asked == [[2, 3]] * REQUESTS_MAX + [[]] * 10
    assert listener.inbound.next_request_ns() is None
    assert listener.other(2) is Verdict.DUPLICATE


def test_a_gap_that_closes_in_time_is_never_requested():
    """4.2: real nodes send out of order; tolerate gaps that close within milliseconds."""
    listener = Listener()
    listener.other(3)
    listener.now_ns += 40 * MILLISECOND
    listener.other(2)
    assert listener.inbound.next_request_ns() is None
    assert listener.requests_after(1000) == []


def test_a_number_that_arrives_is_not_requested_again():
    """4.3: until the number arrives."""
    listener = Listener()
    listener.other(4)
    listener.requests_after(250)
    listener.other(2)
    assert listener.requests_after(250) == [3]


def test_a_refusal_closes_the_gap():
    """4.3: receiving NS_nak_rexmit: once per number, and the gap is closed."""
    listener = Listener()
    listener.other(3)
    assert listener.inbound.fill(2)
    assert not listener.inbound.fill(2)
    assert listener.requests_after(1000) == []
    assert listener.other(2) is Verdict.DUPLICATE


def test_a_gap_of_250_is_requested_and_a_larger_one_is_not():
    """4.3: larger than 250: tracking restarts at the new number, nothing is requested."""
    small = Listener()
    small.other(1 + 250 + 1)
    assert len(small.requests_after(250)) == 250
    large = Listener()
    assert large.other(1 + 251 + 1) is Verdict.NEW
    assert large.requests_after(1000) == []
    assert large.inbound.lost == 251
    assert large.other(1 + 251 + 2) is Verdict.NEW


def test_gaps_that_add_up_to_more_than_250_are_given_up_together():
    """4.3: the limit is for all that is missing: a lossy line must not be asked for ever more."""
    listener = Listener()
    listener.other(202)
    listener.other(304)
    assert listener.requests_after(1000) == []


def test_what_a_dead_peer_said_meanwhile_is_not_asked_for():
    """4.3: repeated until the node is dead; its first message after that opens no gap."""
    listener = Listener()
    listener.other(3)
    listener.inbound.forget_gaps()
    assert listener.requests_after(1000) == []
    assert listener.other(90) is Verdict.NEW
    assert listener.requests_after(1000) == []
    listener.other(92)
    assert listener.requests_after(250) == [91]


def test_what_is_missing_before_a_word_that_is_surely_of_now_is_not_asked_for():
    listener = Listener()
    listener.other(6)
    listener.inbound.forget_before(4)
    assert listener.requests_after(250) == [5]
    assert listener.other(2) is Verdict.DUPLICATE


def test_losses_are_counted_once():
    """A number that is still missing when it is first requested counts as lost, and only once."""
    listener = Listener()
    listener.other(4)
    assert listener.inbound.take_losses() == [2, 3]
    assert listener.inbound.take_losses() == []
    assert listener.inbound.lost == 2


# --- 4.4: acknowledgements -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_every_tenth_number_is_acknowledged(seed: int):
    """4.4: a random digit 0..9 per node; seq mod 10 equal to it is acknowledged."""
    inbound = Listener(seed=seed).inbound
    due = [seq for seq in range(1, 101) if inbound.ack_due(seq)]
    assert len(due) == 10
    assert len({seq % 10 for seq in due}) == 1


def test_nothing_is_acknowledged_beyond_a_gap():
    """4.4: and nothing earlier is missing."""
    listener = Listener()
    listener.other(3)
    assert not any(listener.inbound.ack_due(seq) for seq in range(1, 101))
    listener.other(2)
    assert any(listener.inbound.ack_due(seq) for seq in range(1, 101))
