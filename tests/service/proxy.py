"""A proxy before the engine's socket, as careful people put there; this one may mislead.

One request a connection: the engine is told to close after its answer, so each request is seen.
"""

import contextlib
import socket
import threading
import time
from enum import Enum
from pathlib import Path
from typing import Final, Protocol


class Events(Enum):
    FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nnot here\n"
    MUTE = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    """The stream begins, and then says nothing whatever happens."""
    CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    """The stream ends as soon as it has begun."""


_LIE: Final = b'HTTP/1.1 500 Lie\r\nContent-Length: 21\r\n\r\n{"message": "failed"}'


class MakeProxy(Protocol):
    """What the fixture ``proxied`` gives: a proxy before the session's engine."""

    def __call__(
        self, *, events: Events = ..., lies: bool = ..., delay_s: float = ...
    ) -> "Proxy": ...


_END_OF_HEAD: Final = b"\r\n\r\n"


class Proxy:
    """Passes requests on to the engine, except for those of events.

    One that lies says of each verb that it failed, after the engine has carried it out. One with a
    delay keeps each answer back for so long, as an engine does whose disk is overloaded.
    """

    def __init__(
        self,
        socket_path: Path,
        engine: Path,
        *,
        events: Events = Events.FORBIDDEN,
        lies: bool = False,
        delay_s: float = 0,
    ) -> None:
        self.host = f"unix://{socket_path}"
        self.streams_begun = 0
        self.verbs: list[str] = []
        self.looks = 0
        self._engine = engine
        self._events = events
        self._lies = lies
        self._delay_s = delay_s
        self.refuses = False
        """Answer whatever concerns containers with an error, and ask the engine nothing."""
        self._held: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(socket_path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        for held in (self._listener, *self._held):
            held.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            client.settimeout(5)
            with contextlib.suppress(OSError):  # one side hung up in the middle
                self._answer(client)
            if client not in self._held:
                client.close()

    def _answer(self, client: socket.socket) -> None:
        head = b""
        while _END_OF_HEAD not in head:
            received = client.recv(65536)
            if not received:  # only knocked
                return
            head += received
        if b"/events" in head.split(b"\r\n")[0]:
            self.streams_begun += 1
            client.sendall(self._events.value)
            if self._events is Events.MUTE:
                self._held.append(client)
            return
        if self.refuses and b"/containers/" in head.split(b"\r\n")[0]:
            client.sendall(_LIE)
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
            engine.settimeout(5)
            engine.connect(str(self._engine))
            first, rest = head.split(b"\r\n", 1)
            kept = b"\r\n".join(
                line for line in rest.split(b"\r\n") if not line.lower().startswith(b"connection:")
            )
            engine.sendall(first + b"\r\nConnection: close\r\n" + kept)
            is_verb = first.startswith(b"POST")
            self.looks += b"/json" in first
            if is_verb:
                self.verbs.append(first.split()[1].split(b"?")[0].rsplit(b"/")[-1].decode())
            time.sleep(self._delay_s)
            while answer := engine.recv(65536):
                if not (is_verb and self._lies):
                    client.sendall(answer)
            if is_verb and self._lies:
                client.sendall(_LIE)
