"""Deadlines by name: one table, one next instant, one order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.terms import Moment
from sidecar.core.timers import Timers
from sidecar.core.turn import Operations, Turn


class Alarms:
    """Timers, and what has fired of them."""

    def __init__(self) -> None:
        self.timers = Timers()
        self.fired: list[str] = []

    def arm(self, name: str, at_ns: int) -> None:
        self.timers.arm(name, at_ns, lambda _: self.fired.append(name))

    def at(self, ns: int) -> list[str]:
        self.timers.fire_due(Turn(Moment(ns=ns, wall_s=0)))
        fired, self.fired = self.fired, []
        return fired


def test_a_deadline_fires_at_its_instant_and_once():
    alarms = Alarms()
    alarms.arm("beat", 10)
    assert alarms.at(9) == []
    assert alarms.at(10) == ["beat"]
    assert alarms.at(11) == []


def test_what_is_overdue_fires_in_the_order_of_the_deadlines():
    alarms = Alarms()
    alarms.arm("late", 30)
    alarms.arm("early", 10)
    alarms.arm("middle", 20)
    assert alarms.at(100) == ["early", "middle", "late"]


def test_deadlines_of_one_instant_fire_in_the_order_in_which_they_were_armed():
    alarms = Alarms()
    for name in ("c", "a", "b"):
        alarms.arm(name, 10)
    alarms.arm("c", 10)
    assert alarms.at(10) == ["a", "b", "c"]


def test_arming_again_forgets_the_earlier_deadline():
    alarms = Alarms()
    alarms.arm("beat", 10)
    alarms.arm("beat", 20)
    assert alarms.timers.earliest() == 20
    assert alarms.at(15) == []
    assert alarms.at(20) == ["beat"]


def test_arming_again_can_bring_a_deadline_forward():
    alarms = Alarms()
    alarms.arm("beat", 20)
    alarms.arm("beat", 10)
    assert alarms.at(10) == ["beat"]
    assert alarms.at(20) == []


def test_a_disarmed_deadline_does_not_fire():
    alarms = Alarms()
    alarms.arm("beat", 10)
    alarms.timers.disarm("beat")
    alarms.timers.disarm("never armed")
    assert alarms.timers.earliest() is None
    assert not alarms.timers.is_armed("beat")
    assert alarms.at(10) == []


def test_a_deadline_that_is_armed_while_others_fire_fires_too_when_it_is_due():
    alarms = Alarms()
    alarms.timers.arm("first", 10, lambda turn: alarms.arm("second", turn.ns))
    assert alarms.at(10) == ["second"]


def test_a_deadline_can_disarm_another_one_of_the_same_instant():
    alarms = Alarms()
    alarms.timers.arm("first", 10, lambda _: alarms.timers.disarm("second"))
    alarms.arm("second", 10)
    assert alarms.at(10) == []


def test_what_fires_is_not_armed_any_more_so_that_it_can_arm_itself():
    alarms = Alarms()

    def again(turn: Turn) -> None:
        assert not alarms.timers.is_armed("beat")
        alarms.timers.arm("beat", turn.ns + 10, again)

    alarms.timers.arm("beat", 10, again)
    alarms.at(10)
    assert alarms.timers.earliest() == 20


def test_arming_a_name_over_and_over_takes_no_more_and_more_room():
    alarms = Alarms()
    for ns in range(10_000):
        alarms.arm("beat", ns + 10)
        alarms.at(ns)
    assert len(alarms.timers._heap) < 20


@pytest.mark.parametrize("ns", [0, 1_000])
def test_without_deadlines_there_is_no_next_instant(ns):
    alarms = Alarms()
    assert alarms.at(ns) == []
    assert alarms.timers.earliest() is None


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), st.integers(0, 50)))),
    st.integers(0, 50),
)
def test_it_is_as_a_plain_list_of_deadlines_would_be(steps, now_ns):
    alarms = Alarms()
    plain: dict[str, tuple[int, int]] = {}
    for order, (name, at_ns) in enumerate(steps):
        if at_ns is None:
            alarms.timers.disarm(name)
            plain.pop(name, None)
        else:
            alarms.arm(name, at_ns)
            plain[name] = (at_ns, order)
    assert alarms.timers.earliest() == min((at_ns for at_ns, _ in plain.values()), default=None)
    due = sorted(plain, key=lambda name: plain[name])
    assert alarms.at(now_ns) == [name for name in due if plain[name][0] <= now_ns]


def test_operations_are_numbered_without_repetition():
    operations = Operations()
    numbers = [operations.next() for _ in range(100)]
    assert len(set(numbers)) == 100
    assert numbers == sorted(numbers)


def test_a_deadline_that_is_put_off_for_ever_takes_no_room():
    """A peer says how long it may be silent: an hour, with every packet of a flood."""
    alarms = Alarms()
    alarms.arm("soon", 5)
    for at_ns in range(10_000):
        alarms.arm("late", 1_000_000 + at_ns)
    assert len(alarms.timers._heap) < 200
    assert alarms.at(5) == ["soon"]
    assert alarms.timers.earliest() == 1_009_999
    assert alarms.at(1_009_999) == ["late"]
