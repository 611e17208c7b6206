"""A real HTTP server that takes notifications, in a loop on a thread, and answers as it is told."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any

from aiohttp import web

from tests.waiting import wait_for
from tests.web.serving import a_loop, run_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False


class Receiver:
    """``replies`` are given one after the other; then everything is taken."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = deque(replies)
        self.got: list[Got] = []
        self.port = 0
        self.most_at_a_time = 0
        self._at_a_time = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/SECRET?key=SECRET"

    @property
    def numbers(self) -> list[int]:
        return [got.document["number"] for got in self.got]

    def await_count(self, count: int, *, seconds: float = 10) -> None:
        wait_for(lambda: len(self.got) >= count, seconds=seconds)

    async def take(self, request: web.BaseRequest) -> web.Response:
        self._at_a_time += 1
        self.most_at_a_time = max(self.most_at_a_time, self._at_a_time)
        try:
            body = await request.read()
            reply = self.replies.popleft() if self.replies else Reply()
            self.got.append(Got(headers=dict(request.headers), body=body))
            if reply.hangs:
                await asyncio.Event().wait()
            return web.Response(status=reply.status, headers=reply.headers)
        finally:
            self._at_a_time -= 1


@contextmanager
def receiving(
    *replies: Reply,
    port: int = 0,
    context: SSLContext | None = None,
    listener: socket.socket | None = None,
) -> Iterator[Receiver]:
    """``listener`` is a socket of another host, say; otherwise it listens here."""
    receiver = Receiver(*replies)

    async def start() -> web.ServerRunner:
        server = web.Server(receiver.take, handler_cancellation=True, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        site = (
            web.TCPSite(runner, "127.0.0.1", port, ssl_context=context)
            if listener is None
            else web.SockSite(runner, listener)
        )
        await site.start()
        return runner

    with a_loop() as loop:
        runner = run_in(loop, start())
        receiver.port = runner.addresses[0][1]
        try:
            yield receiver
        finally:
            run_in(loop, runner.cleanup())
