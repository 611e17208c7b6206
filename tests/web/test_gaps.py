"""The curves of the page: fed by a real core, read as ``/api/gaps`` shows them."""

from sidecar.core.occurrences import AddressConflict, ConfigurationReloaded, ReloadFailed
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.web.beyond import CONFLICT_SHOWN_NS, Beyond, Incidents, LinkGaps
from sidecar.web.gaps import KEPT, Gaps, gaps_document
from tests.builders import a_view

BEAT = b"###\nt=status\nst=active\n%%%\n"
ANSWER = b"###\nt=ns_ackmsg\n%%%\n"


def beats(gaps: Gaps, link: str, *at_ms: int, data: bytes = BEAT, before: int = 0) -> None:
    for count, ms in enumerate(at_ms, start=before + 1):
        gaps.packet(link, data, received=count, heard_ns=ms * MILLISECOND)


def of(gaps: Gaps, link: str = "eth1", now_ms: int = 0) -> LinkGaps:
    (one,) = gaps.of((link,), now_ms * MILLISECOND)
    return one


def gaps_ms(one: LinkGaps) -> list[int]:
    return [gap_ns // MILLISECOND for gap_ns in one.gaps_ns]


def test_a_gap_is_the_silence_between_two_beats_of_one_link():
    gaps = Gaps()
    beats(gaps, "eth1", 0, 100, 350)
    beats(gaps, "eth0", 50, 90)
    assert gaps_ms(of(gaps)) == [100, 250]
    assert gaps_ms(of(gaps, "eth0")) == [40]
    assert of(gaps, now_ms=400).silence_ns == 50 * MILLISECOND


def test_only_the_last_ones_are_kept():
    gaps = Gaps()
    beats(gaps, "eth1", 0, 7, *range(8, 8 + KEPT))
    assert gaps_ms(of(gaps)) == [1] * KEPT


def test_what_the_core_refused_is_no_beat():
    gaps = Gaps()
    beats(gaps, "eth1", 0, 100)
    gaps.packet("eth1", BEAT, received=2, heard_ns=100 * MILLISECOND)
    assert gaps_ms(of(gaps)) == [100]


def test_other_packets_are_no_beats():
    gaps = Gaps()
    beats(gaps, "eth1", 0)
    beats(gaps, "eth1", 30, 60, data=ANSWER, before=1)
    beats(gaps, "eth1", 100, before=3)
    assert gaps_ms(of(gaps)) == [100]


def test_a_link_that_nothing_came_by_has_no_gaps():
    assert of(Gaps(), "eth7") == LinkGaps(link="eth7", gaps_ns=(), silence_ns=None)


def test_the_document_has_the_gaps_and_the_limits():
    one = LinkGaps(link="eth1", gaps_ns=(100_040_000, 250_000_000), silence_ns=40_000_000)
    never = LinkGaps(link="eth0", gaps_ns=(), silence_ns=None)
    document = gaps_document(a_view(), Beyond(warntime_ns=SECOND), (one, never))
    assert document == {
        "node": "node-a",
        "warntime_ms": 1000.0,
        "deadtime_ms": 3000.0,
        "links": [
            {"node": "node-b", "link": "eth1", "silence_ms": 40.0, "gaps_ms": [100.0, 250.0]},
            {"node": "node-b", "link": "eth0", "silence_ms": None, "gaps_ms": []},
        ],
    }


def test_a_conflict_is_remembered_for_five_minutes():
    now = [0]
    incidents = Incidents(lambda: now[0])
    conflict = AddressConflict(address="10.0.0.100", mac="02:00:00:00:00:99")
    incidents.report(conflict)
    now[0] = CONFLICT_SHOWN_NS - 1
    assert incidents.conflicts() == (conflict,)
    now[0] = CONFLICT_SHOWN_NS
    assert incidents.conflicts() == ()


def test_a_refused_reload_is_remembered_until_one_is_taken():
    incidents = Incidents(lambda: 0)
    refused = ReloadFailed(problems=("ha.cf:3: unknown directive",))
    incidents.report(refused)
    assert incidents.refused == refused
    incidents.report(ConfigurationReloaded(changes=()))
    assert incidents.refused is None
