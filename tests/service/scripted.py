"""An engine that answers as a test says, on a Unix socket: what no real one can be made to do."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

Answer = Callable[[str, str], tuple[int, Any]]
"""From the method and the path of a request to the status and the JSON of its answer."""


@contextmanager
def scripted_engine(folder: Path, answer: Answer) -> Iterator[str]:
    """The address at which it answers until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            status, said = answer(self.command, self.path)
            body = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - so the base class calls them

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - its name
            pass

    path = folder / "engine.sock"
    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"unix://{path}"
        server.shutdown()
        thread.join(5)


def shown_container(name: str, state: str) -> dict[str, Any]:
    """What an engine shows of a container without labels."""
    return {
        "Id": "a" * 64,
        "Name": f"/{name}",
        "State": {
            "Status": state,
            "Running": state in {"running", "paused"},
            "Paused": state == "paused",
            "StartedAt": "2026-11-30T12:00:00.123456789Z",
        },
        "Config": {"Labels": {}},
    }
