"""A real HTTP server and a real control socket, in a loop on a thread of their own.

Tests talk to them as anybody would, over loopback and over the unix socket. A blocking call in the
served code makes the request fail.
"""

import asyncio
import http.client
import json
import threading
from collections.abc import Awaitable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blockbuster import blockbuster_ctx
from prometheus_client import CollectorRegistry

from sidecar.core.occurrences import Occurrence
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.core.view import ClusterView
from sidecar.web.app import WebServer
from sidecar.web.beyond import Beyond, LinkGaps
from sidecar.web.control import ControlServer
from sidecar.web.counters import Counters
from sidecar.web.hub import EventHub
from sidecar.web.metrics import register_view
from sidecar.web.move import Move
from sidecar.web.observed import Observed
from sidecar.web.pages import page_text
from sidecar.web.ports import Progress, Reply, Request, Sources
from tests.builders import a_view

NOON_NS = 1_796_040_000_123 * MILLISECOND
"""2026-11-30T12:00:00.123Z."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Stage:
    """What the served parts see; a test changes it while they run."""

    view: ClusterView = field(default_factory=a_view)
    progress: Progress = field(
        default_factory=lambda: Progress(age_ns=100 * MILLISECOND, limit_ns=2 * SECOND)
    )
    reply: Reply = field(default_factory=lambda: Reply(ok=True, text="node-b holds all groups"))
    asked: list[Request] = field(default_factory=list)
    answers_late: bool = False
    moves: tuple[Move, ...] = ()
    checks: dict[str, str] = field(default_factory=dict)
    beyond: Beyond = field(default_factory=Beyond)
    gaps: tuple[LinkGaps, ...] = ()
    observed: Observed = field(default_factory=Observed)

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        if self.answers_late:
            await asyncio.Event().wait()
        return self.reply

    @property
    def sources(self) -> Sources:
        return Sources(
            view=lambda: self.view,
            progress=lambda: self.progress,
            wall_ns=lambda: NOON_NS,
            moves=lambda: self.moves,
            checks=lambda: self.checks,
            beyond=lambda: self.beyond,
            gaps=lambda: self.gaps,
            observed=lambda: self.observed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    stage: Stage
    hub: EventHub
    counters: Counters
    port: int
    loop: asyncio.AbstractEventLoop
    server: WebServer

    def get(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None
    ) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return Response(
                status=answer.status, headers=dict(answer.headers), body=answer.read().decode()
            )
        finally:
            connection.close()

    def report(self, occurrence: Occurrence) -> None:
        """As the driver does: in the loop's thread, to every listener."""

        async def tell() -> None:
            self.counters.report(occurrence)
            self.hub.report(occurrence)

        run_in(self.loop, tell())


def run_in(loop: asyncio.AbstractEventLoop, work: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await work

    return asyncio.run_coroutine_threadsafe(wait(), loop).result(timeout=20)


@contextmanager
def a_loop(*, watched: bool = True) -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs on a thread until the end of the block.

    The watch for blocking calls is on every loop of the process: off for a test with its own.
    """
    started: Future[asyncio.AbstractEventLoop] = Future()
    end = asyncio.Event()

    async def live() -> None:
        started.set_result(asyncio.get_running_loop())
        await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    loop = started.result(timeout=10)
    try:
        with blockbuster_ctx() if watched else nullcontext():
            yield loop
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(timeout=10)


@contextmanager
def serving(stage: Stage | None = None, *, watched: bool = True) -> Iterator[Served]:
    stage = stage or Stage()
    registry = CollectorRegistry()
    hub = EventHub(wall_ns=stage.sources.wall_ns)
    register_view(registry, stage.sources.view)
    counters = Counters(registry, stage.view, stage.sources.view)
    server = WebServer(
        host="127.0.0.1",
        port=0,
        sources=stage.sources,
        hub=hub,
        registry=registry,
        page=page_text(),
    )
    with a_loop(watched=watched) as loop:
        run_in(loop, server.start())
        try:
            yield Served(
                stage=stage, hub=hub, counters=counters, port=server.port, loop=loop, server=server
            )
        finally:
            run_in(loop, server.stop())


@contextmanager
def controlled(path: Path, stage: Stage, *, deadline_s: float = 5.0) -> Iterator[ControlServer]:
    server = ControlServer(
        path=str(path), sources=stage.sources, ask=stage.ask, deadline_s=deadline_s
    )
    with a_loop() as loop:
        run_in(loop, server.start())
        try:
            yield server
        finally:
            run_in(loop, server.stop())
