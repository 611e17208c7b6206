"""Fixtures that every folder of tests may use."""

import os
import signal
from pathlib import Path

import pytest

from tests.sim.ahead import SeedsAhead

pytest_plugins = ["tests.testbed.fixtures"]

_SEEDS = pytest.StashKey[SeedsAhead]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--costly", action="store_true", help="run the tests that are marked as costly, too"
    )
    parser.addoption(
        "--artifacts",
        metavar="FOLDER",
        default=str(Path(__file__).parent.parent / ".cache" / "artifacts"),
        help="where tests leave what people look at, as screenshots (default: .cache/artifacts)",
    )


def pytest_configure() -> None:
    """Heed Ctrl-C, and let what is started heed it: a shell has its background jobs ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is costly, wherever it stands, unless somebody asks for it."""
    if config.getoption("costly"):
        return
    costly = [item for item in items if item.get_closest_marker("costly")]
    if costly:
        config.hook.pytest_deselected(items=costly)
        items[:] = [item for item in items if item not in costly]


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
