"""The kernel's address table: what is kept between two requests, and what is not."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sidecar.vip import table as written
from sidecar.vip.messages import Request
from sidecar.vip.table import AddressTable
from tests.netns import Host

pytestmark = [pytest.mark.hosts, pytest.mark.usefixtures("host")]

REQUEST: Request = {
    "address": "10.77.0.100",
    "prefixlen": 24,
    "valid_lft": 60,
    "preferred_lft": 60,
}


@pytest.fixture
def table() -> Iterator[AddressTable]:
    made = AddressTable()
    yield made
    made.close()


def nothing() -> None:
    """What is checked before a request that may always go."""


@pytest.fixture
def made(table: AddressTable, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was made of requests."""
    verbs: list[str] = []
    make = table._make

    def counted(made_by: Callable[..., bytes], *rest: Any) -> bytes:
        verbs.append(made_by.__name__)
        return make(made_by, *rest)

    monkeypatch.setattr(table, "_make", counted)
    return verbs


def test_the_same_request_is_made_once(host: Host, table: AddressTable, made: list[str]) -> None:
    for _ in range(3):
        table.put("eth0", REQUEST, check=nothing)
    assert made == ["put"]
    assert host.has("10.77.0.100")


def test_another_lifetime_is_another_request(table: AddressTable, made: list[str]) -> None:
    table.put("eth0", REQUEST, check=nothing)
    table.put("eth0", REQUEST | {"valid_lft": 5, "preferred_lft": 5}, check=nothing)
    assert made == ["put", "put"]


def test_no_more_requests_are_kept_than_agreed(
    table: AddressTable, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "KEPT_MAX", 2)
    for last in (100, 101, 102, 100):
        table.put("eth0", REQUEST | {"address": f"10.77.0.{last}"}, check=nothing)
    assert len(made) == 4
    assert len(table._made) == 2


def test_what_cannot_be_written_is_an_error_of_the_system(table: AddressTable) -> None:
    with pytest.raises(OSError, match="no netlink request can be made"):
        table.put("eth0", REQUEST | {"address": "no address"}, check=nothing)


def test_the_kernels_refusal_has_its_number(table: AddressTable) -> None:
    with pytest.raises(OSError, match="Invalid argument") as refusal:
        table.put("eth0", REQUEST | {"prefixlen": 99}, check=nothing)
    assert refusal.value.errno == 22
