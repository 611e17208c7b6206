"""The client of a drill: what it requests, and how it counts what clients feel."""

import itertools
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from sidecar.commands.drill_client import Answered, BadUrl, Client, Count, count, parse_url
from tests.waiting import wait_for

MS = 1_000_000


def answers(*instants_ms: int, failed: tuple[int, ...] = ()) -> list[Answered]:
    """Requests that are answered as soon as they begin; those named fail."""
    return [
        Answered(began_ns=ms * MS, ended_ns=ms * MS, trouble="refused" if ms in failed else "")
        for ms in instants_ms
    ]


def gap_ms(told: Count) -> int:
    return told.gap_ns // MS


def test_the_gap_is_the_longest_time_without_a_good_answer():
    told = count(answers(0, 10, 20, 30, 90, 100, failed=(20, 30)), 0, 100 * MS)
    assert (told.requests, told.failed, gap_ms(told), told.trouble) == (6, 2, 80, "refused")


def test_a_gap_that_began_before_or_ends_after_is_counted_whole():
    told = count(answers(0, 60, 70, 130), 50 * MS, 100 * MS)
    assert (told.requests, gap_ms(told)) == (2, 60)
    assert gap_ms(count(answers(0, 10, 95, 200), 20 * MS, 100 * MS)) == 105


def test_without_any_good_answer_the_whole_time_is_a_gap():
    assert gap_ms(count(answers(10, 20, failed=(10, 20)), 0, 100 * MS)) == 100
    assert count((), 0, 100 * MS) == Count(requests=0, failed=0, gap_ns=100 * MS, trouble="")


def test_a_good_answer_counts_when_it_comes_and_not_when_it_was_asked_for():
    slow = Answered(began_ns=0, ended_ns=80 * MS, trouble="")
    assert gap_ms(count([slow, *answers(90)], 0, 100 * MS)) == 80


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://10.0.0.1", "10.0.0.1", 80, "/"),
        ("http://10.0.0.1:8080/healthz?full=1#here", "10.0.0.1", 8080, "/healthz?full=1"),
        ("https://[fd00::100]/", "fd00::100", 443, "/"),
        ("tcp://10.0.0.1:5432", "10.0.0.1", 5432, "/"),
    ],
)
def test_a_url_says_where_and_what(url: str, host: str, port: int, path: str):
    target = parse_url(url)
    assert (target.host, target.port, target.path) == (host, port, path)


@pytest.mark.parametrize(
    "url",
    [
        *("", "10.0.0.1", "ftp://10.0.0.1/", "tcp://10.0.0.1", "http://", "http://:80/"),
        *("http://10.0.0.1:port/", "http://[fd00::1/", "http://a b/", "http://a/\r\nX: y"),
    ],
)
def test_what_is_no_url_is_refused_with_an_example(url: str):
    with pytest.raises(BadUrl, match=r"write it like http://"):
        parse_url(url)


@contextmanager
def a_server(*replies: bytes | None) -> Iterator[int]:
    """Answers each connection with the next of the replies, and the last one ever after.

    None: it is accepted, and never answered.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as held:
        listener.settimeout(0.05)
        end = threading.Event()
        script = itertools.chain(replies, itertools.repeat(replies[-1]))

        def serve() -> None:
            while not end.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                reply = next(script)
                if reply is None:
                    held.enter_context(connection)
                    continue
                with connection:
                    connection.settimeout(1)
                    connection.recv(4096)
                    with suppress(OSError):  # who has read enough may hang up
                        connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            end.set()
            thread.join(5)


GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_good_answers_are_good_whatever_the_scheme():
    with a_server(GOOD) as port:
        for url in (f"http://127.0.0.1:{port}/", f"tcp://127.0.0.1:{port}"):
            begun_ns = time.monotonic_ns()
            with Client(parse_url(url), every_s=0.01) as client:
                while (told := client.count(begun_ns)).requests < 10:
                    time.sleep(0.01)
            assert told.failed == 0


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (b"HTTP/1.1 503 No\r\n\r\n", "HTTP status 503"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "HTTP status 100"),
        (b"220 ready\r\n", "no answer of HTTP"),
        (b"x" * 200_000, "no answer of HTTP"),
        (b"", "the connection was closed without an answer"),
    ],
)
def test_another_answer_is_told_with_what_it_was(reply: bytes, trouble: str):
    begun_ns = time.monotonic_ns()
    with a_server(reply) as port, Client(parse_url(f"http://127.0.0.1:{port}/"), every_s=0.01) as c:
        wait_for(lambda: c.count(begun_ns).failed >= 1)
        assert c.count(begun_ns).trouble == trouble


def test_nobody_there_is_told_as_the_kernel_says_it():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    begun_ns = time.monotonic_ns()
    with Client(parse_url(f"tcp://127.0.0.1:{port}"), every_s=0.01) as client:
        wait_for(lambda: client.count(begun_ns).failed >= 1)
        assert "refused" in client.count(begun_ns).trouble.lower()


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("https://127.0.0.1:{port}/", r"SSL: \w+\] wrong version number"),
        ("http://nobody.invalid:{port}/", r"^(Name or service|Temporary failure|No address)"),
    ],
)
def test_trouble_with_tls_or_a_name_is_told_in_their_own_words(url: str, trouble: str):
    begun_ns = time.monotonic_ns()
    with a_server(GOOD) as port, Client(parse_url(url.format(port=port)), every_s=0.05) as client:
        wait_for(lambda: client.count(begun_ns).failed >= 1)
        assert re.search(trouble, client.count(begun_ns).trouble)


def test_a_request_that_hangs_hides_no_other():
    begun_ns = time.monotonic_ns()
    with (
        a_server(None, GOOD) as port,
        Client(parse_url(f"http://127.0.0.1:{port}/"), every_s=0.01) as client,
    ):
        wait_for(lambda: client.count(begun_ns).requests >= 10)
        assert not client.all_ended(time.monotonic_ns())
        assert client.count(begun_ns).failed == 0
        wait_for(lambda: client.count(begun_ns).failed == 1)
        assert client.count(begun_ns).trouble == "no answer within 1 s"
