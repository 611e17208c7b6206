"""Fixtures that every folder of tests may use."""

import os

import pytest

from tests.sim.ahead import SeedsAhead

pytest_plugins = ["tests.testbed.fixtures"]

_SEEDS = pytest.StashKey[SeedsAhead]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin with the simulator's seeds at once, if they are to be run at all."""
    asked = any("seeds" in getattr(item, "fixturenames", ()) for item in session.items)
    if asked and not session.config.option.collectonly:
        count = int(os.environ.get("SIM_SEEDS", "300"))
        session.config.stash[_SEEDS] = SeedsAhead(count, minutes=2)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SEEDS in config.stash:
        config.stash[_SEEDS].close()


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> SeedsAhead:
    """The simulator's seeds, on their way since the tests began."""
    return request.config.stash[_SEEDS]
