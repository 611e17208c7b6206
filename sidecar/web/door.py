"""Who may come in to the pages: so many connections at once, and none that asks for nothing.

Each connection takes a descriptor of the process that also beats and checks the service: where the
pages took them all, a check could not be made and would count as failed. A client that vanished
without a word, as behind a firewall that forgot it, would keep its own for hours.
"""

import asyncio
from typing import Final

from aiohttp import web

CONNECTIONS_MAX: Final = 128
"""Four times as many as there are event streams."""
SILENT_S: Final = 10.0
"""How long a new connection may ask for nothing."""
IDLE_S: Final = 75
"""How long one that has asked is kept for the next question: longer than Prometheus waits."""

_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Door:
    """In the loop's thread."""

    def __init__(self) -> None:
        self._silent: dict[object, asyncio.TimerHandle] = {}

    def open(self, server: web.Server) -> asyncio.Protocol:
        """What speaks on the next connection."""
        if len(server.connections) >= CONNECTIONS_MAX:
            return _TurnedAway()
        handler = server()
        later = asyncio.get_running_loop().call_later
        self._silent[handler] = later(SILENT_S, self._let_go, handler)
        return handler

    def asked(self, handler: object) -> None:
        """A request has come by its connection."""
        silent = self._silent.pop(handler, None)
        if silent is not None:
            silent.cancel()

    def close(self) -> None:
        for silent in self._silent.values():
            silent.cancel()
        self._silent.clear()

    def _let_go(self, handler: web.RequestHandler) -> None:
        del self._silent[handler]
        if handler.transport is not None:  # else it has gone by itself
            handler.transport.abort()


class _TurnedAway(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a socket server makes
        transport.write(_FULL)
        transport.close()
