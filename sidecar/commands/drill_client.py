"""A client that keeps requesting the service while a drill moves it, and what it went through.

A request is begun every few milliseconds whether or not the ones before it have been answered, so
that one that hangs hides no other. What counts is the gap: the longest time without a good answer.
"""

import asyncio
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self
from urllib.parse import urlsplit

TIMEOUT_S: Final = 1.0
UNDER_WAY_MAX: Final = 200
_GOOD: Final = range(200, 400)
_BODY_MAX: Final = 64 * 1024
_NO_HTTP: Final = "no answer of HTTP"
_PORTS: Final = {"http": 80, "https": 443}
_SCHEMES: Final = (*_PORTS, "tcp")


class BadUrl(Exception):
    """No URL that can be requested; the text says what one looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is requested. Over HTTP 2xx and 3xx are good; over TCP a connection is."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def request(self) -> bytes:
        host = f"[{self.host}]" if ":" in self.host else self.host
        lines = (
            f"GET {self.path} HTTP/1.1",
            f"Host: {host}:{self.port}",
            "User-Agent: heartbeat-sidecar-drill",
            "Connection: close",
        )
        return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def parse_url(url: str) -> Target:
    """Raises BadUrl."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # a port that is no number, or half an IPv6 address
        host, port = None, None
    known = url.partition("://")[0] in _SCHEMES
    if not (known and host and port) or not url.isascii() or not url.isprintable() or " " in url:
        raise BadUrl(
            f"{url!r:.80} cannot be requested: write it like http://192.168.171.100/healthz, "
            "https://…, or tcp://192.168.171.100:5432"
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(url=url, scheme=parts.scheme, host=host, port=port, path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One request that has ended. Times are of the monotonic clock."""

    began_ns: int
    ended_ns: int
    trouble: str
    """Why it got no good answer; empty when it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What came of the requests that began within a time."""

    requests: int
    failed: int
    gap_ns: int
    """The longest time without a good answer that touches it."""
    trouble: str
    """Of the first request that failed."""


def count(answers: Iterable[Answered], since_ns: int, until_ns: int) -> Count:
    """``until_ns`` must be late enough that all that counts has ended."""
    known = list(answers)
    begun = [one for one in known if since_ns <= one.began_ns <= until_ns]
    failed = [one for one in begun if one.trouble]
    good = sorted(one.ended_ns for one in known if not one.trouble)
    before = [ns for ns in good if ns < since_ns]
    after = [ns for ns in good if ns > until_ns]
    within = [ns for ns in good if since_ns <= ns <= until_ns]
    edges = [*(before[-1:] or [since_ns]), *within, *(after[:1] or [until_ns])]
    gaps = [later - earlier for earlier, later in pairwise(edges)]
    return Count(
        requests=len(begun),
        failed=len(failed),
        gap_ns=max(gaps),
        trouble=failed[0].trouble if failed else "",
    )


class Client:
    """Requests the target from a thread of its own until the end of the block."""

    def __init__(self, target: Target, *, every_s: float) -> None:
        self._target = target
        self._every_s = every_s
        self._answers: list[Answered] = []
        self._begun: list[int] = []
        self.late_ns = 0
        """How late this client itself was at the most: a gap of this size may be its own."""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="drill client", daemon=True)
        # The certificate is not verified: whether the service answers is asked, not who it is.
        self._ssl = ssl.create_default_context() if target.scheme == "https" else None
        if self._ssl is not None:
            self._ssl.check_hostname = False
            self._ssl.verify_mode = ssl.CERT_NONE

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_trouble: object) -> None:
        self._end.set()
        self._thread.join(2 * TIMEOUT_S)

    def count(self, since_ns: int, until_ns: int | None = None) -> Count:
        return count(tuple(self._answers), since_ns, until_ns or time.monotonic_ns())

    def all_ended(self, until_ns: int) -> bool:
        """Whether every request that began by then has ended."""
        ended = sum(one.began_ns <= until_ns for one in tuple(self._answers))
        return ended == sum(began_ns <= until_ns for began_ns in tuple(self._begun))

    def _run(self) -> None:
        asyncio.run(self._request_on())

    async def _request_on(self) -> None:
        loop = asyncio.get_running_loop()
        under_way: set[asyncio.Task[None]] = set()
        due_s = loop.time()
        while not self._end.is_set():
            if len(under_way) < UNDER_WAY_MAX:
                began_ns = time.monotonic_ns()
                self._begun.append(began_ns)
                task = loop.create_task(self._request(began_ns))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            due_s += self._every_s
            now_s = loop.time()
            if now_s > due_s:
                self.late_ns = max(self.late_ns, round((now_s - due_s) * 1e9))
                due_s = now_s
            await asyncio.sleep(due_s - now_s)
        for task in tuple(under_way):
            task.cancel()

    async def _request(self, began_ns: int) -> None:
        trouble = ""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                trouble, ended_ns = await self._exchange()
        except TimeoutError:
            trouble, ended_ns = f"no answer within {TIMEOUT_S:g} s", time.monotonic_ns()
        except OSError as error:
            trouble, ended_ns = _reason(error), time.monotonic_ns()
        answered = Answered(began_ns=began_ns, ended_ns=ended_ns, trouble=trouble)
        self._answers.append(answered)

    async def _exchange(self) -> tuple[str, int]:
        """What was wrong with the answer, and when it came."""
        target = self._target
        reader, writer = await asyncio.open_connection(target.host, target.port, ssl=self._ssl)
        try:
            if target.scheme == "tcp":
                return "", time.monotonic_ns()
            writer.write(target.request)
            try:
                line = await reader.readline()
            except ValueError:  # a first line longer than all that asyncio reads of one
                return _NO_HTTP, time.monotonic_ns()
            ended_ns = time.monotonic_ns()
            await reader.read(_BODY_MAX)
            return _judge(line), ended_ns
        finally:
            writer.close()


def _reason(error: OSError) -> str:
    """As the kernel says it: asyncio puts the address in the place of that.

    TLS and the look-up of a name have numbers of their own, which the kernel does not know.
    """
    if isinstance(error, ssl.SSLError | socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno) if error.errno else str(error)


def _judge(line: bytes) -> str:
    _, _, rest = line.partition(b" ")
    code = rest[:3]
    if not line.startswith(b"HTTP/") or not code.isdigit():
        return _NO_HTTP if line else "the connection was closed without an answer"
    return "" if int(code) in _GOOD else f"HTTP status {int(code)}"
