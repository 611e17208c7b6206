"""One browser for all the tests of a module, and the folder for its screenshots."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.page.browser import chromium


@pytest.fixture
def shots(pytestconfig: pytest.Config) -> Path:
    return Path(str(pytestconfig.getoption("artifacts"))) / "page"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """On the machine's own network."""
    with chromium() as made:
        yield made
