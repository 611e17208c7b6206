"""The hosts of the table of faults, and the table at the end.

CI runs the rows that cost a few seconds; ``just safety`` (--costly) runs all of them.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.scene import Scene
from tests.safety.row import Row, Safety, table
from tests.safety.timers import DEADTIME_MS, HA_CF, KEEPALIVE_MS, WARNTIME_MS
from tests.testbed.pair import Pair

ROWS = pytest.StashKey[list[Row]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    rows = config.stash[ROWS]
    if not rows:
        return
    terminalreporter.section("which fault led to what")
    timers = f"keepalive {KEEPALIVE_MS} ms, warntime {WARNTIME_MS} ms, deadtime {DEADTIME_MS} ms"
    terminalreporter.write_line(f"{timers}; a request every 5 ms, an ARP question every 5 ms\n")
    for line in table(rows):
        terminalreporter.write_line(line)


@pytest.fixture(scope="package")
def running_safety(shared_pair: Pair, pytestconfig: pytest.Config) -> Iterator[Safety]:
    with (
        shared_pair.client() as client,
        shared_pair.owners() as owners,
        shared_pair.answers() as answers,
    ):
        scene = Scene(shared_pair, client, owners, [], ha_cf=HA_CF)
        yield Safety(scene, answers, pytestconfig.stash[ROWS])
        shared_pair.reset()


@pytest.fixture
def safety(running_safety: Safety, request: pytest.FixtureRequest) -> Iterator[Safety]:
    """The master serves, the slave stands by."""
    failed_before = request.session.testsfailed
    running_safety.scene.ready()
    yield running_safety
    if request.session.testsfailed == failed_before:
        running_safety.scene.left_clean()


@pytest.fixture
def safety_by_own_files(running_safety: Safety) -> Iterator[Safety]:
    """Nothing runs: the test brings its own ha.cf, and begins with it."""
    running_safety.scene.clear()
    yield running_safety
    running_safety.scene.clear()
