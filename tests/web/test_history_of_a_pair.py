"""The history of two simulated nodes: the real core tells every step that a move has."""

import pytest

from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.web.history import History
from sidecar.web.move import Move
from tests.sim.cluster import TwoNodes
from tests.sim.docker import Settings
from tests.sim.pair import Pair
from tests.sim.steady import Steady
from tests.sim.witness import Change, Occurred


class Remembered:
    """A pair whose nodes both remember their moves; a serves, b stands by."""

    def __init__(self) -> None:
        self.pair = TwoNodes(lambda _part: Steady(1), Pair(), settings=Settings(restarts=0))
        self.histories: dict[str, History] = {}
        self.pair.stage.witness.add(self._observe)
        for node in self.pair:
            node.start()
        self.wait(20)

    def _observe(self, change: Change) -> None:
        if isinstance(change, Occurred):
            if change.node not in self.histories:
                self.histories[change.node] = self._history(change.node)
            self.histories[change.node].report(change.occurrence)

    def _history(self, name: str) -> History:
        world, process = self.pair.world, self.pair.node(name).process
        assert process is not None
        return History(
            process.cluster.view, clock_ns=lambda: world.now_ns, wall_ns=lambda: world.now_ns
        )

    def wait(self, seconds: int) -> None:
        self.pair.world.run_for(seconds * SECOND)

    def newest(self, name: str) -> Move:
        return self.histories[name].moves()[0]


@pytest.fixture
def pair() -> Remembered:
    return Remembered()


def names(move: Move) -> list[str]:
    return [name for name, _ in move.phases]


def test_the_first_node_took_it_from_nobody(pair: Remembered):
    move = pair.newest("a")
    assert (move.kind, move.reason, move.origin, move.target) == ("takeover", "start", None, "a")
    assert names(move)[0] == "decided"
    assert move.total_ns is not None


def test_a_takeover_from_a_node_without_power_begins_with_its_silence(pair: Remembered):
    pair.pair.node("a").crash()
    pair.wait(15)
    move = pair.newest("b")
    assert (move.kind, move.reason, move.origin, move.target) == ("takeover", "peer_dead", "a", "b")
    # Warm by then, and found free by then: what is left to do at deadtime is the claim.
    assert names(move) == [
        *("detected", "decided", "container", "probed", "address", "announced"),
        "first good check",
    ]
    at_ns = dict(move.phases)
    timing = pair.pair.pair.timing
    between_ns = timing.deadtime_ns - timing.warntime_ns
    assert abs(at_ns["decided"] - between_ns) < MILLISECOND
    assert at_ns["decided"] < at_ns["address"] < at_ns["first good check"]
    assert move.total_ns == at_ns["address"]


def test_a_planned_move_is_remembered_by_both(pair: Remembered):
    assert pair.pair.node("a").standby("all")
    pair.wait(5)
    gave, took = pair.newest("a"), pair.newest("b")
    assert (gave.kind, gave.reason, gave.origin, gave.target) == ("giveup", "standby", "a", "b")
    assert names(gave) == ["decided", "address", "container"]
    assert (took.kind, took.reason, took.origin, took.target) == ("takeover", "standby", "a", "b")
    # The peer itself let go: nobody had to be asked.
    assert names(took) == ["decided", "container", "address", "announced", "first good check"]
    assert gave.at_ns <= took.at_ns


def test_a_service_that_fails_was_detected_by_its_first_failed_check(pair: Remembered):
    pair.pair.node("a").host.engine.sicken("nginx", heals_by_restart=False)
    pair.wait(10)
    gave = next(m for m in pair.histories["a"].moves() if m.reason == "service_failed")
    assert names(gave)[:2] == ["detected", "decided"]
    assert dict(gave.phases)["decided"] == pytest.approx(2 * SECOND, abs=SECOND // 2)
    assert names(pair.newest("b"))[0] == "decided"
