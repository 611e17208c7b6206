"""A host on a wire for each test: namespaces are cheap (30 ms), and nothing leaks between tests."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sidecar.core.params import Address
from tests.netns import Host, hosts, is_root, segment


def boottime_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def vip(name: str = "10.77.0.100", **changes: str | int) -> Address:
    """The floating address of these tests, or a variant of it."""
    prefix = 64 if ":" in name else 24
    return replace(Address(name=name, prefix=prefix, interface="eth0"), **changes)  # type: ignore[arg-type]


@pytest.fixture
def trio() -> Iterator[tuple[Host, Host, Host]]:
    """Three hosts on one segment, 10.77.0.1 to .3; the test runs on the first."""
    if not is_root():
        pytest.skip("needs root for network namespaces")
    with hosts("a", "b", "c") as (a, b, c), segment(a, b, c), a.entered():
        yield a, b, c


@pytest.fixture
def switch_and_host() -> Iterator[tuple[Host, Host]]:
    if not is_root():
        pytest.skip("needs root for network namespaces")
    with hosts("a") as (a,), segment(a) as switch, a.entered():
        yield switch, a


@pytest.fixture
def host(switch_and_host: tuple[Host, Host]) -> Host:
    """One host, 10.77.0.1 and fd77::1 on eth0; the test runs on it."""
    return switch_and_host[1]
