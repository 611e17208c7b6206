"""A little HTTP service on a thread, that can be absent for a while as an address is that moves."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Service:
    def __init__(self, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        self._listener = listener
        self._absent_until_s = 0.0
        self._ended = threading.Event()

    def leave(self, seconds: float) -> None:
        """Answer nobody for so long; who connects is turned away."""
        self._absent_until_s = time.monotonic() + seconds

    def serve(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(1)
                connection.recv(4096)  # first: a close before that would be a reset
                if time.monotonic() >= self._absent_until_s:
                    connection.sendall(GOOD)

    def end(self) -> None:
        self._ended.set()


@contextmanager
def a_service() -> Iterator[Service]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        service = Service(listener)
        thread = threading.Thread(target=service.serve)
        thread.start()
        try:
            yield service
        finally:
            service.end()
            thread.join(5)
