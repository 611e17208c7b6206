"""The client's process: a new HTTP connection every few milliseconds, and a line for each.

    python -m tests.testbed.prober ADDRESS PORT EVERY_S PATIENCE_S

Each request has a connection and a timeout of its own and waits for no other: one lost packet loses
one request, not the time that its timeout takes. A line is ``began_ns ended_ns page``, on the
machine's monotonic clock, in the order in which the requests began; no page when no good answer
came in time. It ends with its parent's pipe.
"""

import asyncio
import socket
import sys
import time

_REQUEST = b"GET / HTTP/1.0\r\nHost: probe\r\n\r\n"

Line = tuple[int, int, str]


async def fetch(family: socket.AddressFamily, address: tuple[str, int], patience: float) -> Line:
    """One request: when it began and ended, and the page, or nothing."""
    began = time.monotonic_ns()
    try:
        async with asyncio.timeout(patience):
            page = await _page(family, address)
    except (OSError, TimeoutError):
        page = ""
    return began, time.monotonic_ns(), page


async def _page(family: socket.AddressFamily, address: tuple[str, int]) -> str:
    loop = asyncio.get_running_loop()
    received = b""
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)
        await loop.sock_connect(connection, address)
        await loop.sock_sendall(connection, _REQUEST)
        while part := await loop.sock_recv(connection, 65536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    good = head.split(b"\r\n", 1)[0].split()[1:2] == [b"200"]
    return body.decode().strip() if good else ""


async def _tell(requests: "asyncio.Queue[asyncio.Task[Line]]") -> None:
    while True:
        print(*(await (await requests.get())), flush=True)


async def probe(host: str, port: int, every: float, patience: float) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    loop = asyncio.get_running_loop()
    requests: asyncio.Queue[asyncio.Task[Line]] = asyncio.Queue()
    telling = loop.create_task(_tell(requests))
    due = loop.time()
    while not telling.done():
        requests.put_nowait(loop.create_task(fetch(family, (host, port), patience)))
        # A beat that was slept through is not made up for: a burst would measure nothing more.
        due = max(due + every, loop.time())
        await asyncio.sleep(due - loop.time())
    telling.result()


def main() -> None:
    host, port, every, patience = sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:5])
    asyncio.run(probe(host, port, every, patience))


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
