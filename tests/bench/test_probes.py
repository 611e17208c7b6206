"""What is made of the datagram client's records."""

from tests.bench.probes import MS, Probe, first_answer_ns, outages, worst_gap_ns


def probe(sent_ms: float, host: int = 1, *, after_ms: float = 0.1) -> Probe:
    sent_ns = int(sent_ms * MS)
    answered_ns = sent_ns + int(after_ms * MS) if host else 0
    return Probe(sent_ns=sent_ns, answered_ns=answered_ns, host=host)


def test_where_all_are_answered_there_is_no_outage():
    assert outages([probe(1), probe(2), probe(3, 2)]) == []


def test_an_outage_goes_from_the_first_loss_to_the_next_answer():
    (outage,) = outages([probe(1), probe(2, 0), probe(3, 0), probe(4, 2)])
    assert (outage.since_ns, outage.length_ns, outage.lost) == (2 * MS, 2.1 * MS, 2)


def test_what_waited_for_a_neighbour_counts_as_lost_and_its_answer_ends_the_outage():
    late = [probe(10, 2, after_ms=50), probe(11, 2, after_ms=49)]
    (outage,) = outages([probe(9), *late, probe(61, 2)])
    assert (outage.length_ns, outage.lost) == (50 * MS, 2)


def test_an_outage_without_an_end_is_as_long_as_it_was_seen():
    (outage,) = outages([probe(1), probe(2, 0), probe(3, 0)])
    assert outage.length_ns == 1 * MS


def test_two_outages_are_two():
    assert len(outages([probe(1, 0), probe(2), probe(3, 0), probe(4)])) == 2


def test_the_first_answer_of_a_host_is_found_among_those_of_the_other():
    assert first_answer_ns([probe(1), probe(2, 2), probe(3, 2)], 2) == 2.1 * MS
    assert first_answer_ns([probe(1)], 2) is None


def test_the_clients_own_delay_is_what_exceeds_a_millisecond():
    assert worst_gap_ns([probe(1), probe(2), probe(4.5), probe(5.5)]) == 1.5 * MS
