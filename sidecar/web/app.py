"""The HTTP server: puts the pages together, listens, and ends within two seconds.

Read-only by construction: it is given no way to ask for anything, and every method but GET is
refused. It runs beside the vital parts; the guard restarts it when it fails.
"""

import asyncio
import errno
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

from sidecar import VERSION
from sidecar.web import api, stream
from sidecar.web.door import IDLE_S, Door
from sidecar.web.hub import EventHub
from sidecar.web.pages import policy_of
from sidecar.web.ports import Sources

SHUTDOWN_TIMEOUT_S: Final = 2.0
DOOR: Final = web.AppKey("door", Door)

_WHY: Final = {
    errno.EADDRINUSE: "another program listens there",
    errno.EADDRNOTAVAIL: "this host has no such address",
    errno.EAFNOSUPPORT: "this host's kernel has no addresses of that kind",
    errno.EACCES: "ports below 1024 need the capability NET_BIND_SERVICE",
}


class BindError(Exception):
    """The HTTP server cannot listen where it was told to."""


class WebServer:
    """Listens on one address. ``start`` raises BindError; ``stop`` may be called at any time."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sources: Sources,
        hub: EventHub,
        registry: CollectorRegistry,
        page: str,
    ) -> None:
        self._host = host
        self._port = port
        self._app = application(sources=sources, hub=hub, registry=registry, page=page)
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port in use: the one asked for, or the one that the kernel gave for port 0."""
        if self._listening is None or not self._listening.sockets:
            return self._port
        return int(self._listening.sockets[0].getsockname()[1])

    async def start(self) -> None:
        runner = web.AppRunner(
            self._app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=SHUTDOWN_TIMEOUT_S,
            keepalive_timeout=IDLE_S,
        )
        await runner.setup()
        try:
            await self._listen(runner)
        except OSError as error:
            await runner.cleanup()
            raise BindError(self._bind_trouble(error)) from error
        self._runner = runner

    async def _listen(self, runner: web.AppRunner) -> None:
        assert runner.server is not None  # noqa: S101 - it is set up
        entry = partial(self._app[DOOR].open, runner.server)
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(entry, self._host, self._port)
        if not self._listening.sockets:  # asyncio passes over what the kernel knows no sockets of
            raise OSError(errno.EAFNOSUPPORT, "no socket could be made")

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if self._listening is not None:
            self._listening.close()
        self._app[DOOR].close()
        if runner is not None:
            await runner.cleanup()

    def _bind_trouble(self, error: OSError) -> str:
        where = f"[{self._host}]" if ":" in self._host else self._host
        why = _WHY.get(error.errno or 0, error.strerror or str(error))
        return (
            f"cannot listen on {where}:{self._port} for HTTP: {why}; "
            f"set SIDECAR_HTTP (or --http) to an address and port that are free on this host"
        )


def application(
    *, sources: Sources, hub: EventHub, registry: CollectorRegistry, page: str
) -> web.Application:
    app = web.Application(middlewares=[_only_get])
    app[stream.SOURCES] = sources
    app[stream.HUB] = hub
    app[DOOR] = Door()
    app[api.PAGE] = page
    app[api.POLICY] = policy_of(page)
    app.router.add_get("/", api.page)
    app.router.add_get("/api/status", api.status)
    app.router.add_get("/api/events", stream.events)
    app.router.add_get("/api/history", api.history)
    app.router.add_get("/api/gaps", api.gaps)
    app.router.add_get("/metrics", make_aiohttp_handler(registry=registry))
    app.router.add_get("/livez", api.livez)
    app.router.add_get("/readyz", api.readyz)
    app.router.add_get("/active", api.active)
    app.on_response_prepare.append(_add_headers)
    app.on_shutdown.append(_end_streams)
    return app


@web.middleware
async def _only_get(request: web.Request, handler: Handler) -> web.StreamResponse:
    request.app[DOOR].asked(request.protocol)
    if request.method != "GET":
        raise web.HTTPMethodNotAllowed(request.method, ["GET"])
    return await handler(request)


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = f"heartbeat-sidecar/{VERSION}"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"


async def _end_streams(app: web.Application) -> None:
    app[stream.HUB].dismiss()
