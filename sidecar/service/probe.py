"""One question to a service: an HTTP request or a TCP connection, each on a connection of its own.

It has no deadline and no memory: who asks sets the first and keeps the second. Names are resolved
on a thread, never in the event loop, and one name on one thread: a name server that does not answer
holds it for longer than a check may take, and there are few, which other parts need, too.
"""

import asyncio
import os
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final, assert_never

import aiohttp

from sidecar.service.labels import HttpCheck, TcpCheck

_SERVING: Final = range(200, 400)
"""A redirection is an answer as well; nobody follows it."""

_HEADERS: Final = {"User-Agent": "heartbeat-sidecar"}


_Place = tuple[Any, ...]
"""As getaddrinfo tells it: family, kind, protocol, name, socket address."""


class Failed(Exception):
    """The service did not answer as it should; the text says how."""


class Prober:
    """Asks, for one event loop."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._lookups: dict[tuple[str, int], asyncio.Task[list[_Place]]] = {}

    async def probe(self, spec: HttpCheck | TcpCheck) -> str:
        """What a healthy service answered; raises Failed otherwise."""
        try:
            match spec:
                case HttpCheck():
                    return await self._get(spec.url)
                case TcpCheck():
                    return await _connect(await self._places(spec.host, spec.port))
                case _:
                    assert_never(spec)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # aiohttp answers an impossible host name with a bare ValueError.
            raise Failed(_plain(error)) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
        for lookup in tuple(self._lookups.values()):
            lookup.cancel()

    async def _get(self, url: str) -> str:
        async with self._sessions().get(url, allow_redirects=False) as response:
            if response.status not in _SERVING:
                raise Failed(f"answered {response.status} {_clean(response.reason or '')}".strip())
            return f"answered {response.status}"

    def _sessions(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Whether a certificate is valid says nothing about whether the service serves, and a
            # check asks by an address that no certificate names.
            connector = aiohttp.TCPConnector(
                limit=0,  # or services that hang would keep the others from being asked
                force_close=True,
                resolver=aiohttp.ThreadedResolver(),
                ssl=False,
                ttl_dns_cache=0,  # a container that is made anew may have another address
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers=_HEADERS,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session

    async def _places(self, host: str, port: int) -> Iterable[_Place]:
        """Where the host is. What is looked up already is waited for and not looked up again."""
        kind = socket.SOCK_STREAM
        with suppress(socket.gaierror):  # it is a name
            return socket.getaddrinfo(host, port, type=kind, flags=socket.AI_NUMERICHOST)
        lookup = self._lookups.get((host, port))
        if lookup is None:
            loop = asyncio.get_running_loop()
            lookup = loop.create_task(loop.getaddrinfo(host, port, type=kind))
            self._lookups[host, port] = lookup
            lookup.add_done_callback(lambda _: self._lookups.pop((host, port)))
        return await asyncio.shield(lookup)


async def _connect(places: Iterable[_Place]) -> str:
    """To the first of them that accepts."""
    refused = OSError("the name has no address")
    for family, kind, protocol, _, address in places:
        with socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol) as sock:
            try:
                await asyncio.get_running_loop().sock_connect(sock, address)
            except OSError as error:
                refused = error
                continue
            return "accepted the connection"
    raise refused


def _clean(text: str) -> str:
    """Bytes of the service's that were no UTF-8 become question marks: the text will be sent on."""
    return text.encode(errors="replace").decode()


def _plain(error: BaseException) -> str:
    """The system's own words where it has some: refused, unreachable."""
    if isinstance(error, aiohttp.InvalidURL):
        return "this is no address"  # aiohttp repeats it with the password that may stand in it
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and not isinstance(cause, aiohttp.ClientError):
            if cause.errno is not None and cause.errno > 0:
                return os.strerror(cause.errno)
            return cause.strerror or str(cause)  # a name that cannot be resolved, for one
        cause = cause.__cause__ or cause.__context__
    return _clean(str(error)) or type(error).__name__
