"""What `sidecar tune` is told: the gaps since the start, by any link and by each."""

from sidecar.core.occurrences import BeatHeard, NodeReturned
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.web.beyond import Beyond
from sidecar.web.gaps import Gaps
from sidecar.web.observed import Observed, observed_document
from tests.builders import a_peer, a_view
from tests.web.test_gaps import beats


def heard(*gaps_ms: int) -> Observed:
    observed = Observed()
    for gap_ms in gaps_ms:
        observed.report(BeatHeard(node="node-b", gap_ns=gap_ms * MILLISECOND))
    return observed


def test_the_document_has_the_timers_and_the_gaps():
    links = Gaps()
    beats(links, "eth1", *range(0, 101_000, 1000))
    view = a_view(nodes=(a_view().nodes[0], a_peer(late=2)))
    beyond = Beyond(keepalive_ns=SECOND, warntime_ns=3 * SECOND)
    document = observed_document(
        view, beyond, heard(*[1000] * 99, 1500), links.of(("eth1", "eth7"), 0)
    )
    assert document == {
        "node": "node-a",
        "peer": "node-b",
        "observed_s": 100,
        "keepalive_ms": 1000.0,
        "warntime_ms": 3000.0,
        "deadtime_ms": 3000.0,
        "late": 2,
        "returned": 0,
        "all": {"beats": 100, "median_ms": 1006.633, "p99_ms": 1006.633, "largest_ms": 1500.0},
        "links": [
            {
                "link": "eth1",
                "beats": 100,
                "median_ms": 1000.0,
                "p99_ms": 1000.0,
                "largest_ms": 1000.0,
            },
            {"link": "eth7", "beats": 0, "median_ms": 0.0, "p99_ms": 0.0, "largest_ms": 0.0},
        ],
    }


def test_all_gaps_of_a_link_count_and_not_only_the_last_ones():
    links = Gaps()
    beats(links, "eth1", 0, 5000, *range(5100, 55_000, 100))
    (eth1,) = links.of(("eth1",), 0)
    assert max(eth1.gaps_ns) == 100 * MILLISECOND
    assert eth1.since_start.largest_ns == 5 * SECOND


def test_who_was_held_for_dead_and_lived_is_counted_and_who_restarted_is_not():
    observed = Observed()
    observed.report(NodeReturned(node="node-b", restarted=True))
    assert observed.returned == 0
    observed.report(NodeReturned(node="node-b", restarted=False))
    assert observed.returned == 1
