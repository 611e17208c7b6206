"""Quantiles from counts: never shorter than the truth, and hardly longer."""

from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.web.distribution import Distribution, Summary

lengths = st.lists(st.integers(min_value=0, max_value=10**13), min_size=1, max_size=200)
UNIT_NS = 1 << 16


def summary(*lengths_ns: int) -> Summary:
    told = Distribution()
    for length_ns in lengths_ns:
        told.add(length_ns)
    return told.summary()


@given(lengths)
def test_a_quantile_is_that_of_the_sorted_lengths_or_up_to_a_sixteenth_more(lengths_ns: list[int]):
    told, ordered = summary(*lengths_ns), sorted(lengths_ns)
    for part, found_ns in ((0.5, told.median_ns), (0.99, told.p99_ns)):
        true_ns = ordered[max(0, -int(-len(ordered) * part // 1) - 1)]
        assert true_ns <= found_ns <= true_ns + max(UNIT_NS, true_ns / 16) + 1


@given(lengths)
def test_count_sum_and_largest_are_exact(lengths_ns: list[int]):
    told = summary(*lengths_ns)
    assert told.count == len(lengths_ns)
    assert told.total_ns == sum(lengths_ns)
    assert told.largest_ns == max(lengths_ns)


def test_nothing_at_all_is_all_zero():
    assert summary() == Summary()


def test_it_stays_small_however_long_it_goes_on():
    told = Distribution()
    for number in range(20_000):
        told.add(number * 37 * MILLISECOND % (100 * SECOND))
    assert len(told._classes) < 400
