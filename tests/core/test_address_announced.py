"""One address as others hear of it: announced by itself, and when they ask for it."""

import pytest

from sidecar.core.actions import Announce, ReleaseAddress
from sidecar.core.events import QuestionHeard
from sidecar.core.occurrences import AddressAnnounced
from sidecar.core.params import Address
from sidecar.core.terms import MILLISECOND, SECOND
from tests.core.address_alone import a_bench, holding, keep_renewed
from tests.core.resources import ADDRESS, PEER_MAC, Bench

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
    bench.turn(bench.group.addresses.announce)
    bench.want()
    bench.turn(bench.group.addresses.announce)
    assert bench.nothing_of(Announce)


def test_what_is_being_released_is_not_announced():
    bench = holding()
    bench.give_up()
    bench.wishes = [w for w in bench.wishes if isinstance(w, ReleaseAddress)]
    bench.turn(bench.group.addresses.announce)
    bench.wait(60_000)
    assert bench.nothing_of(Announce)


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
