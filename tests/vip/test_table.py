"""The kernel's address table: what is kept between two requests, and what is not."""

import errno
import socket
from collections.abc import Iterator

import pytest

from sidecar.vip import messages
from sidecar.vip import table as written
from sidecar.vip.messages import Placement
from sidecar.vip.table import AT_ONCE, AddressTable, index_of
from tests.netns import Host

pytestmark = [pytest.mark.hosts, pytest.mark.usefixtures("host")]


@pytest.fixture
def table() -> Iterator[AddressTable]:
    made = AddressTable()
    yield made
    made.close()


def placed(last: int = 100, *, prefix: int = 32, lifetime_s: int = 60) -> Placement:
    return Placement(
        index=index_of("eth0"), name=f"10.77.1.{last}", prefix=prefix, lifetime_s=lifetime_s
    )


class Counted:
    """A netlink socket that counts what leaves, and can lose its answers."""

    def __init__(self, table: AddressTable, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent = 0
        self.lost = False
        table.open()
        assert table._netlink is not None
        self._socket = table._netlink
        monkeypatch.setattr(table, "_netlink", self)

    def send(self, data: bytes) -> int:
        self.sent += 1
        return self._socket.send(data)

    def recv(self, size: int) -> bytes:
        if self.lost:
            raise OSError(errno.ENOBUFS, "no buffer space available")
        return self._socket.recv(size)

    def close(self) -> None:
        self._socket.close()


def test_the_same_request_is_made_once(
    table: AddressTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = table.bytes_of(placed())
    monkeypatch.setattr(messages, "put", lambda _wish: b"made anew")
    assert table.bytes_of(placed()) is first
    assert table.bytes_of(placed(lifetime_s=5)) == b"made anew"


def test_no_more_requests_are_kept_than_agreed(
    table: AddressTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "KEPT_MAX", 2)
    for last in (100, 101, 102):
        table.bytes_of(placed(last))
    assert len(table._made) == 1


def test_the_kernels_refusals_have_their_numbers_and_their_places(
    host: Host, table: AddressTable
) -> None:
    wishes = [placed(1), placed(2, prefix=99), placed(3)]
    assert table.ask_all([table.bytes_of(wish) for wish in wishes]) == [0, errno.EINVAL, 0]
    assert [host.has(wish.name) for wish in wishes] == [True, False, True]


def test_many_requests_leave_in_few_datagrams(
    host: Host, table: AddressTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    netlink = Counted(table, monkeypatch)
    wishes = [placed(last) for last in range(1, 201)]
    assert table.ask_all([table.bytes_of(wish) for wish in wishes]) == [0] * 200
    assert netlink.sent == -(-200 // AT_ONCE)
    assert all(host.has(wish.name) for wish in wishes)


def test_what_the_kernel_did_not_answer_is_not_known(
    table: AddressTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    netlink = Counted(table, monkeypatch)
    netlink.lost = True
    data = table.bytes_of(placed())
    assert table.ask_all([data, data]) == [None, None]
    assert table.ask_all([data]) == [0]  # on a new socket
    table.close()


def test_an_answer_that_comes_after_its_time_is_none(table: AddressTable) -> None:
    table.open()
    assert isinstance(table._netlink, socket.socket)
    table._netlink.send(messages.numbered([table.bytes_of(placed(prefix=99))], 77))
    assert table.ask_all([table.bytes_of(placed())]) == [0]
