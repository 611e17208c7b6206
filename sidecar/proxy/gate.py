"""Passes the sidecar's calls on to the Docker engine, each for its own containers only.

A container is asked for by name first, and acted on by the whole identity that the engine gave for
that name: the engine takes the beginning of an identity for a name, and names move. Of what comes
back only what the sidecar reads is handed on: no environment, no mounts, no word of other
containers. An engine that does not answer is not answered for: the connection is broken off, so
that the sidecar sees what it would see without a proxy.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

import aiohttp
from aiohttp import web

from sidecar.proxy.rules import IDENTITY, Call, Forbidden, Verb, read_call

log = logging.getLogger(__name__)

TIMEOUT: Final = aiohttp.ClientTimeout(total=100, sock_connect=3)
"""More than the longest stop; the sidecar's own patience ends before."""
_STREAMING: Final = aiohttp.ClientTimeout(total=None, sock_connect=3)
_LINE_MAX: Final = 1024 * 1024
_EVENTS: Final = json.dumps({"type": ["container"]})
_SHOWN: Final = ("Id", "Name", "State")
_SHOWN_OF: Final = {
    "Config": ("Labels", "Healthcheck"),
    "HostConfig": ("RestartPolicy", "AutoRemove"),
}
_SHOWN_OF_EVENT: Final = ("Type", "Action", "time", "timeNano")
_SHOWN_OF_ACTOR: Final = ("name", "exitCode")

Json = Mapping[str, Any]


class _Declined(Exception):
    """The engine answered with an error, which is an answer and is handed on."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class Gate:
    """Answers requests. ``containers`` are the names that may be asked about."""

    def __init__(self, engine: str, containers: Iterable[str]) -> None:
        self._engine_socket = engine
        self._containers = frozenset(containers)
        self._identities: dict[str, str] = {}
        """The last identity of each name."""
        self._engine: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            call = read_call(request.method, request.raw_path, request.headers)
            return await self._carry_out(request, call)
        except Forbidden as reason:
            log.warning("refused %.20s %.200r: %s", request.method, request.raw_path, reason)
            return _message(403, f"refused by the sidecar's proxy: {reason}")
        except _Declined as answer:
            return _as_answered(answer.status, answer.body)
        except ConnectionResetError:
            raise  # the sidecar has hung up
        except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the engine does not answer, or not in words of its own: %.200r", error)
            if request.transport is not None:
                request.transport.abort()
            return _message(502, "the engine does not answer")

    async def _carry_out(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        match call.verb:
            case Verb.VERSION:
                return await self._pass_on("GET", f"{call.version}/version")
            case Verb.EVENTS:
                return await self._events(request, call)
            case _:
                return await self._container(call)

    # --- containers ----------------------------------------------------------------------------

    async def _container(self, call: Call) -> web.StreamResponse:
        if call.container in self._containers:
            shown = await self._look(call.version, call.container)
        elif IDENTITY.fullmatch(call.container):
            shown = await self._by_identity(call)
        else:
            raise Forbidden(f"{call.container} is none of its containers")
        if shown is None:
            return _message(404, f"No such container: {call.container}")
        if call.verb is Verb.INSPECT:
            return web.json_response(_without_secrets(shown))
        query = f"?t={call.seconds}" if call.seconds else ""
        target = f"{call.version}/containers/{shown['Id']}/{call.verb}{query}"
        return await self._pass_on("POST", target)

    async def _by_identity(self, call: Call) -> Json | None:
        declined: _Declined | None = None
        for name in sorted(self._containers):
            try:
                shown = await self._look(call.version, name)
            except _Declined as answer:
                declined = answer  # it may be another one
                continue
            if shown is not None and shown["Id"] == call.container:
                return shown
        raise declined or Forbidden(f"{call.container} is none of its containers")

    async def _look(self, version: str, name: str) -> Json | None:
        """What the engine shows of the container of exactly this name; None when there is none.

        Raises _Declined when the engine says neither: then nothing is known of it.
        """
        async with self._ask("GET", f"{version}/containers/{name}/json") as answer:
            if answer.status == web.HTTPNotFound.status_code:
                return None
            if answer.status != web.HTTPOk.status_code:
                raise _Declined(answer.status, await answer.read())
            shown: Json = await answer.json()
        if shown["Name"] != f"/{name}" or not IDENTITY.fullmatch(shown["Id"]):
            return None
        self._identities[name] = shown["Id"]
        return shown

    # --- events --------------------------------------------------------------------------------

    async def _events(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        """The engine's events of these containers, and of those that had their names before."""
        query = f"{call.version}/events?filters={_EVENTS}"
        async with self._ask("GET", query, timeout=_STREAMING) as stream:
            if stream.status != web.HTTPOk.status_code:
                raise _Declined(stream.status, await stream.read())
            response = web.StreamResponse(status=stream.status)
            response.content_type = "application/json"
            await response.prepare(request)
            async for line in stream.content:
                event = self._shown_of_event(json.loads(line))
                if event is not None:
                    await response.write(json.dumps(event).encode() + b"\n")
        return response

    def _shown_of_event(self, event: Json) -> Json | None:
        if str(event.get("Action")).startswith("exec_"):
            return None  # it has the whole command line in it, and says nothing of the service
        actor = event.get("Actor") or {}
        attributes = actor.get("Attributes") or {}
        name, before = attributes.get("name", ""), attributes.get("oldName", "").lstrip("/")
        ours = {name, before} & self._containers or actor.get("ID") in self._identities.values()
        if not ours:
            return None
        told = {key: event.get(key) for key in _SHOWN_OF_EVENT}
        known = {key: attributes[key] for key in _SHOWN_OF_ACTOR if key in attributes}
        return told | {"Actor": {"ID": actor.get("ID"), "Attributes": known}}

    # --- the engine ----------------------------------------------------------------------------

    async def _pass_on(self, method: str, target: str) -> web.Response:
        async with self._ask(method, target) as answer:
            return _as_answered(answer.status, await answer.read())

    def _ask(self, method: str, target: str, timeout: aiohttp.ClientTimeout = TIMEOUT) -> Any:
        if self._engine is None:
            connector = aiohttp.UnixConnector(self._engine_socket, limit=64)
            self._engine = aiohttp.ClientSession(connector=connector, read_bufsize=_LINE_MAX)
        return self._engine.request(method, f"http://engine{target}", timeout=timeout)


def _without_secrets(shown: Json) -> Json:
    kept: dict[str, Any] = {key: shown.get(key) for key in _SHOWN}
    for part, keys in _SHOWN_OF.items():
        kept[part] = {key: (shown.get(part) or {}).get(key) for key in keys}
    return kept


def _as_answered(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")


def _message(status: int, text: str) -> web.Response:
    """As the engine writes its errors."""
    return web.json_response({"message": text}, status=status)
