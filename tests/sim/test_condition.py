"""What is excused for a while is judged when the while is over, also where it is cut short."""

from sidecar.core.terms import SECOND
from tests.sim.checked import CheckedWorld
from tests.sim.condition import Condition
from tests.sim.hindrance import FOREVER_NS


class Excused:
    """Something that is bad all the time, and for how long that is excused."""

    def __init__(self, allowed_ns: int) -> None:
        self.world = CheckedWorld()
        self.allowed_ns = allowed_ns
        self.ages_ns: list[int] = []
        """How old it was each time it was judged."""
        self.condition = Condition(
            self.world.two,
            holds=lambda: True,
            allowed_ns=lambda _: self.allowed_ns,
            judge=self.ages_ns.append,
        )
        self.condition.look()


def test_it_is_judged_as_soon_as_it_is_excused_no_more() -> None:
    excused = Excused(5 * SECOND)
    excused.world.run(5)
    assert excused.ages_ns == []
    excused.world.run(0.000_001)
    assert excused.ages_ns == [5 * SECOND + 1]


def test_an_excuse_that_turns_out_shorter_counts_from_then_on() -> None:
    excused = Excused(FOREVER_NS)
    excused.world.run(0.1)
    excused.allowed_ns = SECOND // 2
    excused.condition.look()
    excused.world.run(0.400_001)
    assert excused.ages_ns == [SECOND // 2 + 1]


def test_an_excuse_that_ends_while_nothing_changes_is_noticed_within_a_second() -> None:
    """As maintenance does: the world is as it was."""
    excused = Excused(FOREVER_NS)
    excused.world.run(100)
    assert excused.ages_ns == []
    excused.allowed_ns = 60 * SECOND
    excused.world.run(1)
    assert excused.ages_ns != []
