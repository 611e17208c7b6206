"""A webhook hears everything in order and once, or is told how much it missed."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest

from tests.notify.receiver import Reply, receiving
from tests.notify.telling import SECRET, telling
from tests.waiting import wait_for

BUSY = Reply(status=503)

Place = tuple[str, int]


@pytest.fixture
def found_at(monkeypatch) -> dict[Place, list[Place]]:
    """Where the name service finds a host and port; the rest is looked up as ever."""
    places: dict[Place, list[Place]] = {}
    look_up = socket.getaddrinfo

    def found(host: str, port: int, *others: Any, **more: Any) -> list[Any]:
        if (host, port) not in places:
            return look_up(host, port, *others, **more)
        way = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*way, place) for place in places[host, port]]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return places


def test_everything_arrives_in_order_and_one_at_a_time():
    with receiving() as receiver, telling(receiver.url) as told:
        told.tell(*(f"group{at}" for at in range(50)))
        wait_for(lambda: told.counted("delivered") == 50)
    assert receiver.numbers == list(range(1, 51))
    assert receiver.most_at_a_time == 1


def test_what_it_does_not_take_is_tried_again_before_anything_else():
    with receiving(BUSY, Reply(status=429), BUSY) as receiver, telling(receiver.url) as told:
        told.tell("web", "mail")
        wait_for(lambda: told.counted("delivered") == 2)
    assert receiver.numbers == [1, 1, 1, 1, 2]
    assert len({got.headers["X-Heartbeat-Id"] for got in receiver.got[:4]}) == 1
    assert [got.document["missed"] for got in receiver.got] == [0] * 5


def test_the_pauses_between_attempts_grow():
    moments = []
    with (
        receiving(*[BUSY] * 4) as receiver,
        telling(receiver.url, first_pause_s=0.1, longest_pause_s=10) as told,
    ):
        told.tell("web")
        for count in range(1, 6):
            receiver.await_count(count)
            moments.append(time.monotonic())
    pauses = [after - before for before, after in pairwise(moments)]
    assert pauses[3] > 0.4  # half of 0.8 s at the least
    assert pauses[0] < pauses[3]


def test_a_pause_that_the_receiver_asks_for_is_kept():
    asks = Reply(status=429, headers={"Retry-After": "1"})
    with receiving(asks) as receiver, telling(receiver.url) as told:
        told.tell("web")
        receiver.await_count(1)
        begin = time.monotonic()
        receiver.await_count(2)
        assert time.monotonic() - begin > 0.9


@pytest.mark.parametrize("status", [302, 400, 404, 410])
def test_what_is_refused_is_not_tried_again_and_the_next_one_says_so(status: int, caplog):
    refuses = Reply(status=status, headers={"Location": "/elsewhere"})
    with receiving(refuses) as receiver, telling(receiver.url) as told:
        told.tell("web", "mail")
        receiver.await_count(2)
        wait_for(lambda: told.counted("delivered") == 1)
    assert receiver.numbers == [1, 2]
    assert [got.document["missed"] for got in receiver.got] == [0, 1]
    assert told.counted("refused") == 1
    assert f"refuses a notification: HTTP {status}" in caplog.text


def test_when_there_is_no_room_the_oldest_go_and_the_next_one_says_so():
    with receiving(BUSY) as receiver, telling(receiver.url, room=3, first_pause_s=1) as told:
        told.tell("first")
        receiver.await_count(1)
        told.tell(*(f"group{at}" for at in range(7)))
        assert told.waiting() == 3
        wait_for(lambda: told.counted("delivered") == 4)
    assert receiver.numbers == [1, 1, 6, 7, 8]
    assert [got.document["missed"] for got in receiver.got] == [0, 0, 4, 0, 0]
    assert told.counted("dropped") == 4


def test_what_is_too_old_goes_and_the_next_one_says_so():
    with receiving(*[BUSY] * 1000) as receiver, telling(receiver.url, try_for_s=0.3) as told:
        told.tell("web")
        wait_for(lambda: told.counted("expired") == 1)
        receiver.replies.clear()
        told.tell("mail")
        wait_for(lambda: told.counted("delivered") == 1)
    assert receiver.got[-1].document["missed"] == 1


def test_a_receiver_that_comes_later_gets_what_waited(caplog):
    caplog.set_level(logging.INFO)
    with receiving() as receiver:
        port = receiver.port
    with telling(receiver.url) as told:
        told.tell("web")
        wait_for(lambda: "does not take notifications: Connection refused" in caplog.text)
        with receiving(port=port) as receiver:
            receiver.await_count(1)
            wait_for(lambda: "takes notifications again; 0 were lost" in caplog.text)


def test_one_that_hangs_is_given_up_after_a_while_and_tried_again(caplog):
    with receiving(Reply(hangs=True)) as receiver, telling(receiver.url, attempt_s=0.3) as told:
        told.tell("web")
        receiver.await_count(2)
        wait_for(lambda: told.counted("delivered") == 1)
    assert receiver.numbers == [1, 1]
    assert "no answer in time" in caplog.text


def drip_until_it_goes(connection: socket.socket, *, seconds: float) -> None:
    until = time.monotonic() + seconds
    with suppress(OSError):
        while time.monotonic() < until:
            connection.sendall(b"x")
            time.sleep(0.05)


def test_one_that_drips_is_given_up_too():
    """Each read is answered in time, and the answer never ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with telling(f"http://127.0.0.1:{port}/", attempt_s=0.5) as told:
            told.tell("web")
            first, _ = listener.accept()
            begin = time.monotonic()
            with first:
                first.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                drip_until_it_goes(first, seconds=5)
            assert time.monotonic() - begin < 3
            listener.settimeout(5)
            second, _ = listener.accept()
            second.close()


@contextmanager
def a_dead_place() -> Iterator[Place]:
    """A port that leaves every further connection waiting, as an address that is not routed."""
    with socket.socket() as listener, ExitStack() as others:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        place = listener.getsockname()
        for _ in range(3):
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(place)
        yield place


def test_an_address_that_is_dead_leaves_time_for_the_next_one(found_at):
    with receiving() as receiver, a_dead_place() as dead:
        found_at["receiver.example", 80] = [dead, ("127.0.0.1", receiver.port)]
        with telling("http://receiver.example/", attempt_s=1) as told:
            told.tell("web", "mail")
            wait_for(lambda: told.counted("delivered") == 2)
    assert receiver.numbers == [1, 2]


def test_a_name_service_that_is_slow_takes_no_time_from_the_receiver(monkeypatch):
    look_up = socket.getaddrinfo

    def slowly(host: str, *others: Any, **more: Any) -> list[Any]:
        time.sleep(0.7 if host == "localhost" else 0)
        return look_up(host, *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", "localhost")
        with telling(url, attempt_s=0.5) as told:
            told.tell("web")
            wait_for(lambda: told.counted("delivered") == 1)
    assert receiver.numbers == [1]


@pytest.mark.parametrize(
    ("url", "port", "host"),
    [
        ("http://[2001:db8::5]/", 80, "[2001:db8::5]"),
        ("http://[2001:db8::5]:8080/", 8080, "[2001:db8::5]:8080"),
    ],
)
def test_an_ipv6_address_is_asked_at_its_port_or_the_usual_one(found_at, url, port, host):
    with receiving() as receiver:
        found_at["2001:db8::5", port] = [("127.0.0.1", receiver.port)]
        with telling(url) as told:
            told.tell("web")
            wait_for(lambda: told.counted("delivered") == 1)
    assert receiver.got[0].headers["Host"] == host


def test_one_that_hangs_holds_up_nobody_else():
    with (
        receiving(Reply(hangs=True)) as stuck,
        receiving() as well,
        telling(stuck.url, well.url) as told,
    ):
        told.tell("web", "mail")
        well.await_count(2)
        wait_for(lambda: told.counted("delivered", target=2) == 2)
        assert len(stuck.got) == 1


def test_to_tell_takes_no_time_while_a_receiver_hangs():
    with receiving(Reply(hangs=True)) as receiver, telling(receiver.url) as told:
        told.tell("web")
        receiver.await_count(1)
        begin = time.thread_time()
        told.tell(*["mail"] * 1000)
        assert time.thread_time() - begin < 0.1


def test_no_word_of_a_failure_repeats_the_address(caplog):
    caplog.set_level(logging.DEBUG)
    replies = (BUSY, Reply(status=404))
    with receiving(*replies) as receiver, telling(receiver.url, secret=SECRET) as told:
        told.tell("web")
        wait_for(lambda: told.counted("refused") == 1)
    assert f"the webhook 1 (http://127.0.0.1:{receiver.port})" in caplog.text
    assert "SECRET" not in caplog.text


def test_at_the_end_what_waits_is_still_delivered():
    with receiving() as receiver, telling(receiver.url) as told:
        told.tell(*(f"group{at}" for at in range(20)))
        took_s = told.stop()
    assert receiver.numbers == list(range(1, 21))
    assert took_s < 1


def test_the_end_does_not_wait_for_one_that_hangs():
    with receiving(Reply(hangs=True)) as receiver, telling(receiver.url, flush_s=0.3) as told:
        told.tell("web")
        receiver.await_count(1)
        assert 0.2 < told.stop() < 1.5


def test_the_end_has_no_patience_with_one_that_fails():
    with (
        receiving(*[BUSY] * 100) as receiver,
        telling(receiver.url, first_pause_s=60, flush_s=5) as told,
    ):
        told.tell("web", "mail", "db")
        receiver.await_count(1)
        assert told.stop() < 4
    assert len(receiver.got) <= 2
    assert told.counted("dropped") == 3
