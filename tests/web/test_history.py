"""The history of moves: put together from what the core tells, as it tells it.

The occurrences of whole moves come from two simulated nodes; single steps are told by hand.
"""

import json
from typing import Any

import pytest

from sidecar.core.occurrences import (
    AddressAnnounced,
    AddressGivenUp,
    AddressHeld,
    BeatHeard,
    CheckFailed,
    CheckPassed,
    GiveUpBegan,
    GiveUpDone,
    NodeDied,
    NodeQuiet,
    NodeStatusChanged,
    Occurrence,
    ServiceFailed,
    TakeoverBegan,
    TakeoverDone,
    TakeoverPhase,
)
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.web.history import KEPT, History, history_document
from sidecar.web.move import BadMove, Move, move_document, read_move
from tests.builders import NODE_A, NODE_B, VIP, a_container, a_group, a_view, an_address
from tests.web.serving import NOON_NS, Stage, serving

GROUP = a_group().name
SECOND_VIP = "192.168.171.101"


class Told:
    """A history, and a clock that a test moves on between two occurrences."""

    def __init__(self, **view: Any) -> None:
        self.now_ns = 500 * SECOND
        self.changes = 0
        self.history = History(
            lambda: a_view(**view),
            clock_ns=lambda: self.now_ns,
            wall_ns=lambda: NOON_NS + self.now_ns - 500 * SECOND,
        )
        self.history.watch(self._count)

    def _count(self) -> None:
        self.changes += 1

    def at(self, ms: int, *occurrences: Occurrence) -> "Told":
        self.now_ns = 500 * SECOND + ms * MILLISECOND
        for occurrence in occurrences:
            self.history.report(occurrence)
        return self

    @property
    def newest(self) -> Move:
        return self.history.moves()[0]

    @property
    def phases(self) -> list[tuple[str, int]]:
        return [(name, at_ns // MILLISECOND) for name, at_ns in self.newest.phases]


def begun(reason: str = "peer_dead", why: str = "node-b is dead") -> TakeoverBegan:
    return TakeoverBegan(groups=(GROUP,), reason=reason, why=why)


def given_up(reason: str = "standby") -> GiveUpBegan:
    return GiveUpBegan(groups=(GROUP,), reason=reason, why="an operator asked for it")


def phase(name: str) -> TakeoverPhase:
    return TakeoverPhase(group=GROUP, phase=name, took_ns=0)


def held(address: str = VIP) -> AddressHeld:
    return AddressHeld(address=address, interface="eth0")


def announced(address: str = VIP) -> AddressAnnounced:
    return AddressAnnounced(address=address, kind="arp")


DONE = TakeoverDone(groups=(GROUP,), reason="peer_dead", took_ns=0)
QUIET = NodeQuiet(node="node-b", silence_ns=SECOND)
DEAD = NodeDied(node="node-b", silence_ns=2 * SECOND, deadtime_ns=2 * SECOND, heard=True)
PASSED = CheckPassed(container="nginx")


def a_failed_check(in_a_row: int) -> CheckFailed:
    return CheckFailed(container="nginx", detail="503", in_a_row=in_a_row, limit=3)


def test_a_takeover_from_a_dead_node_has_every_phase_in_its_order():
    told = Told()
    told.at(0, QUIET).at(1000, DEAD, begun())
    told.at(1010, phase("container")).at(1020, phase("probed"))
    told.at(1030, held(), announced(), phase("address"), DONE)
    told.at(1500, PASSED)
    assert told.phases == [
        ("detected", 0),
        ("decided", 1000),
        ("container", 1010),
        ("probed", 1020),
        ("address", 1030),
        ("announced", 1030),
        ("first good check", 1500),
    ]
    move = told.newest
    assert (move.kind, move.reason, move.why) == ("takeover", "peer_dead", "node-b is dead")
    assert (move.origin, move.target) == (NODE_B, NODE_A)
    assert move.total_ns == 1030 * MILLISECOND
    assert move.at_ns == NOON_NS, "the wall clock at the first phase"


def test_a_takeover_that_never_ended_has_no_length():
    told = Told().at(0, begun()).at(300, given_up("peer_returned"))
    told.at(320, GiveUpDone(groups=(GROUP,), took_ns=0))
    gave_up, took = told.history.moves()
    assert took.total_ns is None
    assert gave_up.total_ns == 20 * MILLISECOND


def test_a_silence_that_ended_has_led_to_nothing():
    told = Told()
    told.at(0, QUIET).at(100, BeatHeard(node="node-b", gap_ns=SECOND))
    told.at(50_000, DEAD, begun())
    assert told.phases == [("detected", 0), ("decided", 0)]


def test_a_node_that_is_dead_without_having_been_quiet_was_detected_then():
    assert Told().at(0, DEAD).at(5, begun()).phases == [("detected", 0), ("decided", 5)]


def test_a_sign_of_long_ago_has_not_led_to_this_move():
    told = Told().at(0, DEAD).at(121_000, begun())
    assert told.phases == [("decided", 0)]


def test_a_hand_over_is_detected_by_the_node_that_gives():
    failed = ServiceFailed(container="nginx", reason="503", restarts_left=0)
    told = Told().at(0, failed).at(10, begun("service_failed", "node-b hands over"))
    assert told.phases == [("decided", 0)]
    assert told.newest.origin == NODE_B


def test_a_service_has_failed_since_the_first_of_the_checks_in_a_row():
    told = Told()
    told.at(0, a_failed_check(1)).at(1000, a_failed_check(2))
    told.at(5000, a_failed_check(1)).at(6000, a_failed_check(2))
    told.at(
        7000,
        a_failed_check(3),
        ServiceFailed(container="nginx", reason="3 checks failed: 503", restarts_left=0),
        given_up("service_failed"),
    )
    assert told.phases == [("detected", 0), ("decided", 2000)]


def test_a_service_that_died_has_not_failed_since_a_check_of_long_ago():
    died = ServiceFailed(container="nginx", reason="exit code 1", restarts_left=0)
    told = Told().at(0, a_failed_check(1)).at(9000, died).at(9010, given_up("service_failed"))
    assert told.phases == [("detected", 0), ("decided", 10)]


def test_a_give_up_ends_when_the_address_is_gone_and_the_container_at_rest():
    told = Told().at(0, NodeStatusChanged(node="node-b", status="active", was="init"), given_up())
    told.at(2, AddressGivenUp(address=VIP, interface="eth0"))
    told.at(20, GiveUpDone(groups=(GROUP,), took_ns=0))
    assert told.phases == [("decided", 0), ("address", 2), ("container", 20)]
    assert (told.newest.kind, told.newest.origin, told.newest.target) == ("giveup", NODE_A, NODE_B)


def test_what_is_given_up_with_nobody_there_goes_to_nobody():
    told = Told().at(0, NodeStatusChanged(node="node-b", status="active", was="init"), DEAD)
    assert told.at(10, given_up("shutdown")).newest.target is None


def test_a_start_takes_from_nobody():
    told = Told().at(0, DEAD, begun("start", "node-b is dead"))
    assert (told.newest.origin, told.newest.target) == (None, NODE_A)


def test_of_two_addresses_the_last_one_counts():
    view = a_view(groups=(a_group(resources=(an_address(), an_address(name=SECOND_VIP))),))
    told = Told(groups=view.groups).at(0, begun())
    told.at(10, held(), announced()).at(20, held(SECOND_VIP), announced(SECOND_VIP), DONE)
    told.at(30, announced(), announced(SECOND_VIP))
    assert told.phases == [("decided", 0), ("address", 20), ("announced", 20)]


def test_a_group_without_containers_has_no_phase_of_them():
    told = Told(groups=(a_group(resources=(an_address(),)),))
    told.at(0, begun(), phase("container"), held(), DONE).at(1, PASSED)
    assert told.phases == [("decided", 0), ("address", 0)]


def test_a_container_of_another_group_proves_nothing():
    told = Told(groups=(a_group(resources=(an_address(), a_container(name="mail"))),))
    told.at(0, begun(), held(), DONE).at(1, PASSED)
    assert "first good check" not in dict(told.phases)


def test_an_address_that_is_claimed_anew_later_is_no_part_of_the_move():
    told = Told().at(0, begun(), held(), announced(), DONE).at(9000, held(), announced())
    assert told.phases == [("decided", 0), ("address", 0), ("announced", 0)]


def test_the_last_hundred_are_kept_and_the_newest_comes_first():
    told = Told()
    for number in range(KEPT + 5):
        told.at(number, begun(why=f"number {number}"))
    moves = told.history.moves()
    assert len(moves) == KEPT
    assert (moves[0].why, moves[-1].why) == (f"number {KEPT + 4}", "number 5")


def test_each_step_is_worth_keeping_and_a_beat_is_not():
    told = Told().at(0, begun(), held(), DONE)
    before = told.changes
    assert before == 3
    assert told.at(9, BeatHeard(node="node-b", gap_ns=SECOND), QUIET).changes == before


def test_a_move_is_read_as_it_was_written():
    told = Told().at(0, QUIET).at(1000, DEAD, begun()).at(1030, held(), announced(), DONE)
    told.at(1050, given_up())
    for move in told.history.moves():
        assert read_move(json.loads(json.dumps(move_document(move)))) == move


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("at", bad) for bad in (None, -1, True, "noon", float("inf"), float("nan"))],
        *[("kind", bad) for bad in (None, "move", ["takeover"])],
        *[("total_ms", bad) for bad in (-1, "1", 1e300)],
        *[("phases", bad) for bad in (None, "none", [1], [{"name": "rest", "ms": 1}], [0] * 99)],
        *[(key, 7) for key in ("group", "reason", "why", "from", "to")],
    ],
)
def test_what_was_not_written_here_is_refused_by_its_name(key: str, value: object):
    document: dict[str, Any] = dict(move_document(Told().at(0, begun()).newest))
    with pytest.raises(BadMove, match=rf"{key} is|a phase is|name is"):
        read_move(document | {key: value})


def test_the_api_gives_the_document_newest_first():
    told = Told().at(0, begun(), held(), DONE).at(50, given_up())
    with serving(Stage(moves=told.history.moves())) as served:
        answer = served.get("/api/history")
    assert answer.status == 200
    assert answer.json() == json.loads(json.dumps(history_document(NODE_A, told.history.moves())))
    assert [move["kind"] for move in answer.json()["takeovers"]] == ["giveup", "takeover"]
    assert answer.json()["takeovers"][1] == {
        "at": NOON_NS / SECOND,
        "group": GROUP,
        "kind": "takeover",
        "reason": "peer_dead",
        "why": "node-b is dead",
        "from": "node-b",
        "to": "node-a",
        "total_ms": 0.0,
        "phases": [{"name": "decided", "ms": 0.0}, {"name": "address", "ms": 0.0}],
    }
