"""The proxy's process: a unix socket that root alone may open, until TERM comes."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

from sidecar.proxy.gate import Gate

log = logging.getLogger(__name__)

_PATIENCE_S = 2


class Unusable(Exception):
    """The socket cannot be made; the text says why and what to do."""


async def serve(*, listen: Path, engine: Path, containers: Iterable[str]) -> None:
    """Serve until TERM or INT. Raise Unusable when the socket cannot be made."""
    listener = _listener(listen)
    gate = Gate(str(engine), containers)
    runner = web.ServerRunner(
        # A sidecar that hangs up has no more use for the engine's answer: see its event streams.
        web.Server(gate.handle, handler_cancellation=True, access_log=None),
        shutdown_timeout=_PATIENCE_S,
    )
    await runner.setup()
    await web.SockSite(runner, listener).start()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    log.info("serving %s before %s for %s", listen, engine, ", ".join(containers))
    try:
        await ended.wait()
    finally:
        await runner.cleanup()
        await gate.close()
        await asyncio.to_thread(listen.unlink, missing_ok=True)


def _listener(path: Path) -> socket.socket:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Left by an earlier life. Nobody else may write into the folder.
        if path.is_socket():
            path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Before the bind: Linux gives the file the mode of the socket.
        os.fchmod(listener.fileno(), 0o600)
        listener.bind(str(path))
    except OSError as error:
        raise Unusable(
            f"cannot make the socket {path}: {error.strerror or error}; "
            "set SIDECAR_PROXY_LISTEN (or --listen) to a path in a folder that is writable"
        ) from error
    return listener
