"""The client's process: one new HTTP connection after the other, a line for each.

    python -m tests.testbed.prober ADDRESS PORT PAUSE_S TIMEOUT_S

A line is ``began_ns ended_ns page``, on the machine's monotonic clock; no page when no good answer
came in time. It ends with its parent's pipe. It imports little, so that nothing delays its loop.
"""

import socket
import sys
import time

_REQUEST = b"GET / HTTP/1.0\r\nHost: probe\r\n\r\n"


def fetch(family: socket.AddressFamily, address: tuple[str, int], timeout: float) -> str:
    """The page, or nothing."""
    limit = time.monotonic() + timeout
    received = b""
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        try:
            connection.settimeout(timeout)
            connection.connect(address)
            connection.sendall(_REQUEST)
            while True:
                connection.settimeout(max(limit - time.monotonic(), 0.001))
                part = connection.recv(65536)
                if not part:
                    break
                received += part
        except OSError:
            return ""
    head, _, body = received.partition(b"\r\n\r\n")
    good = head.split(b"\r\n", 1)[0].split()[1:2] == [b"200"]
    return body.decode().strip() if good else ""


def main() -> None:
    host, port, pause, timeout = sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:5])
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        began = time.monotonic_ns()
        page = fetch(family, (host, port), timeout)
        print(began, time.monotonic_ns(), page, flush=True)
        time.sleep(pause)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
