"""The watch of who answers for an address sees what a neighbour would see."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.netns import Host, hosts
from tests.testbed.answers import answers
from tests.testbed.network import Cable, network
from tests.testbed.owners import Owners
from tests.testbed.waiting import wait_for

pytestmark = [
    pytest.mark.hosts,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]
ADDRESS = "10.79.0.100"


class Lan:
    """Two hosts that may have the address, and the watch from a third one."""

    def __init__(self, one: Cable, two: Cable, seen: Owners) -> None:
        self.one = one
        self.two = two
        self.seen = seen

    def await_owners(self, *names: str) -> None:
        wait_for(lambda: self.seen.now() == list(names), seconds=5, what=lambda: str(names))


@pytest.fixture
def lan() -> Iterator[Lan]:
    with ExitStack() as stack:
        one, two, observer = stack.enter_context(hosts("one", "two", "observer"))
        net = stack.enter_context(network("eth0"))
        cables = [net.plug(h, f"10.79.0.{n}/24") for n, h in enumerate((one, two, observer), 1)]
        for cable in cables:
            cable.host.await_carrier("eth0")
        seen = stack.enter_context(answers(ADDRESS, observer, {"one": one, "two": two}))
        yield Lan(cables[0], cables[1], seen)


def take(host: Host) -> None:
    host.ip("addr", "add", f"{ADDRESS}/24", "dev", "eth0")


def leave(host: Host) -> None:
    host.ip("addr", "del", f"{ADDRESS}/24", "dev", "eth0")


def test_an_address_that_moves_is_never_seen_twice(lan: Lan) -> None:
    take(lan.one.host)
    lan.await_owners("one")
    leave(lan.one.host)
    take(lan.two.host)
    lan.await_owners("two")
    assert lan.seen.overlaps() == []
    assert [hold.host for hold in lan.seen.holds()] == ["one", "two"]


def test_an_address_that_has_just_moved_is_not_on_both_hosts(lan: Lan) -> None:
    """The first host counts as answering for a while after its last answer, but not as a second."""
    take(lan.one.host)
    lan.await_owners("one")
    leave(lan.one.host)
    take(lan.two.host)
    wait_for(lambda: "two" in lan.seen.now(), seconds=5, what="two")
    assert lan.seen.overlaps() == []


def test_an_address_that_goes_away_and_comes_back_at_once_is_never_seen_twice(lan: Lan) -> None:
    take(lan.one.host)
    lan.await_owners("one")
    for here, there in ((lan.one.host, lan.two.host), (lan.two.host, lan.one.host)):
        moves = len(lan.seen.holds())
        leave(here)
        take(there)
        wait_for(lambda: len(lan.seen.holds()) > moves, seconds=5, what="the move")  # noqa: B023
    assert [hold.host for hold in lan.seen.holds()] == ["one", "two", "one"]
    assert lan.seen.overlaps() == []


def test_two_that_answer_are_both_seen_for_as_long_as_they_do(lan: Lan) -> None:
    take(lan.one.host)
    lan.await_owners("one")
    take(lan.two.host)
    lan.await_owners("one", "two")
    leave(lan.one.host)
    lan.await_owners("two")
    (overlap,) = lan.seen.overlaps()
    assert overlap.hosts == ("one", "two")
    assert overlap.length_ns > 0


def test_a_host_that_has_the_address_behind_a_dead_port_does_not_answer(lan: Lan) -> None:
    """This is what tells it from the kernel's own word."""
    take(lan.one.host)
    lan.await_owners("one")
    lan.one.drop()
    lan.await_owners()
    take(lan.two.host)
    lan.await_owners("two")
    assert lan.one.host.has(ADDRESS)
    assert lan.seen.overlaps() == []
