"""The control socket: how the commands of this host talk to the running sidecar.

The protocol: a unix stream socket, mode 0600. One JSON object a line, in UTF-8; a request is at
most 4096 bytes. Each request gets one answer, in order; a connection may carry several. Requests::

    {"command": "status"}                          {"ok": true, "status": {..}}   as /api/status
    {"command": "explain"}                         {"ok": true, "lines": [..]}
    {"command": "history"}                         {"ok": true, "history": {..}}  as /api/history
    {"command": "checks"}                          {"ok": true, "checks": {"nginx": "http://.."}}
    {"command": "gaps"}                            {"ok": true, "gaps": {..}}     for sidecar tune
    {"command": "health"}                          {"ok": bool, "text": ".."}
    {"command": "standby", "which": "all"}         {"ok": bool, "text": ".."}     when it has ended
    {"command": "takeover", "which": "foreign"}    {"ok": bool, "text": ".."}     when it has ended
    {"command": "maintenance", "seconds": 3600}    {"ok": bool, "text": ".."}     0 ends it
    {"command": "reload"}                          {"ok": bool, "text": ".."}     as HUP

``which`` is all, local, foreign or failback, as with hb_standby and hb_takeover, and all when it
is missing. A request that is not understood gets ``{"ok": false, "text": ".."}``. Unknown keys are
ignored, and answers may gain keys. The answer to standby or takeover may take as long as a
container takes to start; after a deadline the answer says so, and the request goes on.

Who may open the socket may hand the cluster over: only root, and whoever may enter the container.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import stat
from pathlib import Path
from typing import Final

from sidecar.core.dialect import ORDER_MAX_S as MAINTENANCE_MAX_S
from sidecar.web.document import Document, status_document
from sidecar.web.history import history_document
from sidecar.web.observed import observed_document
from sidecar.web.ports import Ask, Request, RequestKind, Sources

REQUEST_BYTES_MAX: Final = 4096
CONNECTIONS_MAX: Final = 16
WHICH: Final = ("all", "local", "foreign", "failback")
DEADLINE_S: Final = 120.0
"""For standby and takeover."""
IDLE_S: Final = 60.0
"""A client that says nothing, or does not read its answer, for so long is let go."""

_QUESTIONS: Final = ("status", "explain", "history", "checks", "gaps", "health")
_COMMANDS: Final = (*_QUESTIONS, *(kind.value for kind in RequestKind))
_Asked = str | Request
"""A question, which is answered at once, or a request, which the cluster has to carry out."""
_PROBE_S: Final = 1.0
_TURN_AWAY_S: Final = 1.0

log = logging.getLogger(__name__)


class ControlError(Exception):
    """The control socket cannot be made."""


class BadRequest(Exception):
    """A request that is not understood; the text goes to the client."""


class ControlServer:
    """Serves one unix socket. ``start`` raises ControlError; ``stop`` removes the socket."""

    def __init__(
        self, *, path: str, sources: Sources, ask: Ask, deadline_s: float = DEADLINE_S
    ) -> None:
        self._path = Path(path)
        self._sources = sources
        self._ask = ask
        self._deadline_s = deadline_s
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        # In a thread: it touches the file system and may wait for another server's answer.
        listener = await asyncio.to_thread(_listener, self._path)
        self._server = await asyncio.start_unix_server(
            self._accept, sock=listener, limit=REQUEST_BYTES_MAX
        )

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.to_thread(self._path.unlink, missing_ok=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serve = self._serve if len(self._connections) < CONNECTIONS_MAX else _turn_away
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that leaves, or that falls silent, ends its connection and nothing else.
        with contextlib.suppress(ConnectionError, TimeoutError), contextlib.closing(writer):
            while True:
                try:
                    async with asyncio.timeout(IDLE_S):
                        line = await reader.readline()
                except ValueError:  # longer than the limit, so the next line cannot be found
                    writer.write(_line(_refusal("the request is longer than 4096 bytes")))
                    return
                if not line:
                    return
                writer.write(_line(await self._answer(line)))
                async with asyncio.timeout(IDLE_S):
                    await writer.drain()

    async def _answer(self, line: bytes) -> Document:
        try:
            return await self._carry_out(_parse(line))
        except BadRequest as bad:
            return _refusal(str(bad))
        except Exception as error:  # a guard: a fault in one command must not end the socket
            log.exception("the control socket failed to answer %r", line)
            return _refusal(f"the sidecar failed to answer: {error!r}; its log says more")

    async def _carry_out(self, asked: _Asked) -> Document:
        if isinstance(asked, Request):
            return await self._request(asked)
        match asked:
            case "status":
                sources = self._sources
                return {"ok": True, "status": status_document(sources.view(), sources.beyond())}
            case "explain":
                return {"ok": True, "lines": list(self._sources.view().explanation)}
            case "history":
                node, moves = self._sources.view().node, self._sources.moves()
                return {"ok": True, "history": history_document(node, moves)}
            case "gaps":
                return {"ok": True, "gaps": _gaps(self._sources)}
            case "checks":
                return {"ok": True, "checks": self._sources.checks()}
            case _:
                progress = self._sources.progress()
                return {"ok": progress.alive, "text": progress.sentence()}

    async def _request(self, request: Request) -> Document:
        try:
            async with asyncio.timeout(self._deadline_s):
                reply = await self._ask(request)
        except TimeoutError:
            return _refusal(
                f"no answer to {request.kind} {request.which} within {self._deadline_s:g} s; "
                f"it may still be under way: see `sidecar status` and `sidecar explain`"
            )
        return {"ok": reply.ok, "text": reply.text}


async def _turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Refuse, but only after the request was read: a close before that would lose the answer."""
    with contextlib.suppress(ConnectionError, TimeoutError, ValueError), contextlib.closing(writer):
        async with asyncio.timeout(_TURN_AWAY_S):
            await reader.readline()
        writer.write(_line(_refusal("too many commands at once; try again")))


def _parse(line: bytes) -> _Asked:
    try:
        request = json.loads(line)
    except ValueError:  # not JSON, or not UTF-8
        raise BadRequest("the request is not a line of JSON") from None
    if not isinstance(request, dict):
        raise BadRequest("the request is not a JSON object")
    command, which = request.get("command"), request.get("which", "all")
    if command not in _COMMANDS:
        raise BadRequest(f"unknown command {command!r}; there are {', '.join(_COMMANDS)}")
    if which not in WHICH:
        raise BadRequest(f"unknown groups {which!r}; there are {', '.join(WHICH)}")
    if command in _QUESTIONS:
        return str(command)
    kind = RequestKind(command)
    if kind is RequestKind.MAINTENANCE:
        return Request(kind=kind, seconds=_seconds(request.get("seconds")))
    return Request(kind=kind, which=str(which))


def _seconds(value: object) -> int:
    # A truth value is a number to Python, and none to anybody else.
    if type(value) is not int or not 0 <= value <= MAINTENANCE_MAX_S:
        raise BadRequest(
            f"maintenance takes seconds as a whole number up to {MAINTENANCE_MAX_S}, and 0 to "
            f"end it; not {value!r}"
        )
    return value


def _gaps(sources: Sources) -> Document:
    view, beyond = sources.view(), sources.beyond()
    return observed_document(view, beyond, sources.observed(), sources.gaps())


def _refusal(text: str) -> Document:
    return {"ok": False, "text": text}


def _line(answer: Document) -> bytes:
    return json.dumps(answer).encode() + b"\n"


def _listener(path: Path) -> socket.socket:
    """A listening socket at the path; replaces one that a dead sidecar left, and nothing else."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _must_be_safe(path.parent)
        _make_way(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # Before the bind: Linux gives the file the mode of the socket, so that there is no
            # instant in which others could open it.
            os.fchmod(listener.fileno(), 0o600)
            listener.bind(str(path))
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ControlError(
            f"cannot make the control socket {path}: {error.strerror or error}; "
            f"set SIDECAR_CONTROL (or --control) to a path in a folder that is writable"
        ) from error
    return listener


def _must_be_safe(folder: Path) -> None:
    """Who may write into the folder could put another socket in the place of ours."""
    mode = folder.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise ControlError(
            f"others may write into {folder}, where the control socket is to be: "
            f"take that right away (chmod o-w {folder}), or set SIDECAR_CONTROL (or --control) "
            "to a path in another folder"
        )


def _make_way(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ControlError(
            f"{path} exists and is no socket; it is left as it is: remove it, or set "
            f"SIDECAR_CONTROL (or --control) to another path"
        )
    if _answers(path):
        raise ControlError(
            f"another sidecar serves {path}; stop it, or set SIDECAR_CONTROL (or --control) "
            f"to another path"
        )
    path.unlink()


def _answers(path: Path) -> bool:
    """Only a refused connection shows that nobody listens; one that is too busy is alive."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_S)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except (TimeoutError, BlockingIOError):
            return True
    return True
