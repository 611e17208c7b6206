"""Scenarios that run side by side. They wait most of their time, so several at once cost little.

``@scenario(plan, ...)`` makes a test of a function that takes a Duo. When the first such test asks
for its outcome, all those selected in this run begin, a few at a time; each test then waits for its
own, and fails as its scenario failed.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.interop.duo import Duo, Row, duo
from tests.interop.halog import OwnTrouble
from tests.interop.plan import Plan
from tests.interop.pressure import Pressure

AT_ONCE = 4
ATTEMPTS = 3
Play = Callable[[Duo], None]
Key = tuple[Play, str]


class Stage:
    """The scenarios of one run."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="scenario")
        self._futures: dict[Key, Future[None]] = {}

    def begin(self, play: Play, plan: Plan) -> None:
        self._futures[play, str(plan)] = self._pool.submit(self._run, play, plan)

    def outcome(self, play: Play, plan: Plan) -> None:
        """Wait for the scenario's end; raises what it raised."""
        self._futures[play, str(plan)].result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _run(self, play: Play, plan: Plan) -> None:
        again = ""
        for attempt in range(1, ATTEMPTS + 1):
            pressure = Pressure()
            try:
                self._play_once(play, plan, again)
            except Exception as error:
                why = _excuse(error, pressure)
                if attempt == ATTEMPTS or not why:
                    raise
                again = f", attempt {attempt + 1}: {why}"
            else:
                return

    def _play_once(self, play: Play, plan: Plan, again: str) -> None:
        name = play.__name__.removeprefix("test_").replace("_", " ")
        rows: list[Row] = []
        with duo(f"{name} [{plan}]{again}", plan, rows) as made:
            play(made)
        self.rows += rows


def _excuse(error: Exception, pressure: Pressure) -> str:
    """Why this failure shows nothing of the sidecar; empty when it does."""
    if isinstance(error, OwnTrouble):
        return str(error)
    return "the machine was busy" if pressure.was_high() else ""


def scenario(*plans: Plan, long: bool = False) -> Callable[[Play], Callable[[Stage, Plan], None]]:
    """Make a test of a function, once for each plan (one plan with defaults when none is given).

    What is long begins first, so that in the end nobody waits for it alone.
    """

    def decorate(play: Play) -> Callable[[Stage, Plan], None]:
        def test(stage: Stage, plan: Plan) -> None:
            stage.outcome(play, plan)

        test.__name__ = test.__qualname__ = play.__name__
        test.__doc__ = play.__doc__
        test.__module__ = play.__module__
        marked = pytest.mark.interop(play=play, long=long)(test)
        decorated = pytest.mark.parametrize("plan", plans or (Plan(),), ids=str)(marked)
        # The first test waits for nothing but itself, the last one for a turn on the stage.
        timed: Callable[[Stage, Plan], None] = pytest.mark.timeout(300)(decorated)
        return timed

    return decorate
