"""The pair of the end-to-end tests, started once for all of them, and the table at the end."""

from collections.abc import Iterator

import pytest

from tests.e2e.scene import Scene
from tests.e2e.table import Cost, table
from tests.testbed.pair import Pair

COSTS = pytest.StashKey[list[Cost]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COSTS] = []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    costs = config.stash[COSTS]
    if not costs:
        return
    terminalreporter.section("what each scenario cost the client")
    for line in table(costs):
        terminalreporter.write_line(line)


@pytest.fixture(scope="package")
def running_scene(shared_pair: Pair, pytestconfig: pytest.Config) -> Iterator[Scene]:
    with shared_pair.client() as client, shared_pair.owners() as owners:
        yield Scene(shared_pair, client, owners, pytestconfig.stash[COSTS])
        shared_pair.reset()


@pytest.fixture
def scene(running_scene: Scene, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """The master serves, the slave stands by."""
    failed_before = request.session.testsfailed
    running_scene.ready()
    yield running_scene
    if request.session.testsfailed == failed_before:
        running_scene.left_clean()
