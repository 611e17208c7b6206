"""Two hosts on a cable for each test."""

from collections.abc import Iterator

import pytest

from tests.media.cable import plug
from tests.netns import Host, hosts, is_root


@pytest.fixture
def pair() -> Iterator[tuple[Host, Host]]:
    """Two hosts joined by a cable between their eth1; the test runs on the first."""
    if not is_root():
        pytest.skip("needs root for network namespaces")
    with hosts("a", "b") as (a, b):
        plug(a, b)
        with a.entered():
            yield a, b
