"""The testbed's client and its watch of owners measure what happened, on hosts without engines."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.netns import Host, hosts
from tests.testbed.client import MS, client
from tests.testbed.network import network
from tests.testbed.owners import owners
from tests.testbed.waiting import now_ns, wait_for

pytestmark = [
    pytest.mark.hosts,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]
VIP = "10.79.0.100"


@contextmanager
def server(host: Host, page: str) -> Iterator[None]:
    """Answers every connection on the host with one page."""
    with host.entered():
        listener = socket.create_server(("", 80))
    stop = threading.Event()

    def serve() -> None:
        listener.settimeout(0.05)
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(0.2)
                try:
                    connection.recv(1000)
                    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + page.encode())
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)
        listener.close()


def test_a_client_tells_the_length_of_an_outage() -> None:
    with hosts("server", "client") as (one, two), network("eth0") as net, server(one, "page one"):
        cable = net.plug(one, "10.79.0.1/24")
        net.plug(two, "10.79.0.2/24")
        with client(two, "10.79.0.1") as seen:
            seen.wait_for_page("page one", seconds=5)
            before = now_ns()
            seen.wait_for_page("page one", seconds=5, since_ns=before)
            assert seen.outages(before) == []
            assert seen.outage_ns(before) == 0
            cut = now_ns()
            cable.drop("to_host")
            time.sleep(0.4)
            cable.restore()
            restored = now_ns()
            seen.wait_for_page("page one", seconds=5, since_ns=restored)
            (outage,) = seen.outages(cut)
            # No request that began after the mending waits for one that began before.
            assert 350 * MS <= outage.length_ns <= restored - cut + 100 * MS
            assert 40 <= outage.lost <= 140
            assert seen.failures(cut) == outage.lost
            assert seen.pages() == ["page one"]


def test_one_lost_request_is_an_outage_of_one_request() -> None:
    with hosts("server", "client") as (one, two), network("eth0") as net, server(one, "page one"):
        net.plug(one, "10.79.0.1/24")
        net.plug(two, "10.79.0.2/24")
        # One opening packet of forty is lost: each loses its request, whose timeout comes later.
        hook = "type filter hook input priority 0;"
        lose = "tcp flags syn numgen inc mod 40 == 39 drop"
        one.run("nft", f"table ip t {{ chain c {{ {hook} {lose}; }}; }}")
        with client(two, "10.79.0.1") as seen:
            wait_for(lambda: len(seen.outages()) > 3, seconds=10, what="more than three outages")
            # The last one may last still: what began after it is told after its timeout.
            *ended, _ = seen.outages()
            assert all(outage.lost == 1 for outage in ended)
            assert max(outage.length_ns for outage in ended) < 100 * MS


def test_a_client_sees_the_page_change_with_the_owner() -> None:
    with (
        hosts("one", "two", "client") as (one, two, three),
        network("eth0") as net,
        server(one, "page one"),
        server(two, "page two"),
    ):
        for last, host in enumerate((one, two, three), start=1):
            net.plug(host, f"10.79.0.{last}/24")
        one.ip("addr", "add", f"{VIP}/24", "dev", "eth0")
        with client(three, VIP) as seen, owners(VIP, {"one": one, "two": two}) as held:
            seen.wait_for_page("page one", seconds=5)
            assert held.now() == ["one"]
            one.ip("addr", "del", f"{VIP}/24", "dev", "eth0")
            two.ip("addr", "add", f"{VIP}/24", "dev", "eth0")
            # No announcement is sent: the new owner's MAC must be told.
            three.ip("neigh", "replace", VIP, "lladdr", two.mac("eth0"), "dev", "eth0")
            seen.wait_for_page("page two", seconds=5)
            assert seen.pages() == ["page one", "page two"]
            assert [hold.host for hold in held.holds()] == ["one", "two"]
            assert held.overlaps() == []


def test_two_holders_at_once_are_an_overlap() -> None:
    with hosts("one", "two") as (one, two), owners(VIP, {"one": one, "two": two}) as held:
        one.ip("addr", "add", f"{VIP}/32", "dev", "lo")
        two.ip("addr", "add", f"{VIP}/32", "dev", "lo")
        wait_for(lambda: len(held.now()) == 2, seconds=2, what="two holders")
        time.sleep(0.05)
        one.ip("addr", "del", f"{VIP}/32", "dev", "lo")
        wait_for(lambda: held.now() == ["two"], seconds=2, what="one holder")
        (overlap,) = held.overlaps()
        assert sorted(overlap.hosts) == ["one", "two"]
        assert 40 * MS <= overlap.length_ns <= 1000 * MS
        assert held.overlaps(since_ns=overlap.since_ns + overlap.length_ns) == []
