"""One question to a service on the loopback interface."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from sidecar.service.labels import HttpCheck, TcpCheck
from sidecar.service.probe import Failed, Prober

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """A server on the loopback interface; the port that it was given. Its end cuts all off."""
    at_work: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        at_work[task] = writer
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other side hung up
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            del at_work[task]

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for _ in range(5):  # by then a connection that was just accepted is at work, too
            await asyncio.sleep(0)
        for writer in at_work.values():
            writer.transport.abort()
        if at_work:
            await asyncio.wait(list(at_work), timeout=5)


def answering(text: str | bytes) -> Handler:
    answer = text if isinstance(text, bytes) else text.encode()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    return handle


@asynccontextmanager
async def a_prober() -> AsyncIterator[Prober]:
    prober = Prober()
    try:
        yield prober
    finally:
        await prober.close()


async def ask(spec: HttpCheck | TcpCheck) -> str:
    async with a_prober() as prober:
        return await prober.probe(spec)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.mark.parametrize("status", [200, 204, 301, 399])
def test_an_answer_below_400_passes_and_no_redirection_is_followed(status: int) -> None:
    answer = f"HTTP/1.1 {status} X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"

    async def scenario() -> str:
        async with serving(answering(answer)) as port:
            return await ask(HttpCheck(url=f"http://127.0.0.1:{port}/health"))

    assert asyncio.run(scenario()) == f"answered {status}"


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_answer_from_400_on_fails_with_its_own_words(status: int) -> None:
    async def scenario() -> str:
        answer = f"HTTP/1.1 {status} Not Today\r\nContent-Length: 0\r\n\r\n"
        async with serving(answering(answer)) as port:
            return await ask(HttpCheck(url=f"http://127.0.0.1:{port}/"))

    with pytest.raises(Failed, match=rf"^answered {status} Not Today$"):
        asyncio.run(scenario())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Dépassé".encode(), "answered 500 Dépassé"),
        ("Dépassé".encode("latin-1"), "answered 500 D?pass?"),
        (b"\xff\xfe", "answered 500 ??"),
    ],
    ids=["UTF-8", "Latin-1", "none"],
)
def test_words_in_any_encoding_can_be_told(words: bytes, told: str) -> None:
    """On the page, in the log and by webhooks, all of which are UTF-8."""

    async def scenario() -> str:
        answer = b"HTTP/1.1 500 " + words + b"\r\nContent-Length: 0\r\n\r\n"
        async with serving(answering(answer)) as port:
            return await ask(HttpCheck(url=f"http://127.0.0.1:{port}/"))

    with pytest.raises(Failed) as failed:
        asyncio.run(scenario())
    assert str(failed.value) == told


def test_what_is_no_http_fails() -> None:
    async def scenario() -> str:
        async with serving(answering("220 mail.example ESMTP\r\n")) as port:
            return await ask(HttpCheck(url=f"http://127.0.0.1:{port}/"))

    with pytest.raises(Failed):
        asyncio.run(scenario())


@pytest.mark.parametrize("scheme", ["http", "tcp"])
def test_a_refused_connection_fails_in_the_systems_words(scheme: str) -> None:
    port = free_port()
    spec = (
        TcpCheck(host="127.0.0.1", port=port)
        if scheme == "tcp"
        else HttpCheck(url=f"http://127.0.0.1:{port}/")
    )
    with pytest.raises(Failed, match=r"^Connection refused$"):
        asyncio.run(ask(spec))


def test_an_accepted_connection_passes() -> None:
    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def scenario() -> str:
        async with serving(handle) as port:
            return await ask(TcpCheck(host="localhost", port=port))

    assert asyncio.run(scenario()) == "accepted the connection"


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b"])
def test_a_name_that_is_nobodys_fails(host: str) -> None:
    with pytest.raises(Failed):
        asyncio.run(ask(HttpCheck(url=f"http://{host}/")))
    with pytest.raises(Failed):
        asyncio.run(ask(TcpCheck(host=host, port=80)))


def test_each_question_has_a_connection_of_its_own() -> None:
    peers = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername"))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.read()  # until the other side hangs up
        writer.close()

    async def scenario() -> None:
        prober = Prober()
        async with serving(handle) as port:
            for _ in range(3):
                await prober.probe(HttpCheck(url=f"http://127.0.0.1:{port}/"))
            await prober.close()

    asyncio.run(scenario())
    assert len(set(peers)) == 3


@pytest.mark.parametrize(
    "spec", [TcpCheck(host="db.test", port=1), HttpCheck(url="http://db.test")]
)
def test_a_name_server_that_does_not_answer_holds_one_thread(
    spec: TcpCheck | HttpCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are for whoever needs one: a reload, the history, the end."""
    asked: list[str] = []
    answered = threading.Event()
    real = socket.getaddrinfo

    def slow(host: str, *others: Any, **more: Any) -> Any:
        if more.get("flags", 0) & socket.AI_NUMERICHOST:
            return real(host, *others, **more)
        asked.append(host)
        answered.wait(10)
        return real("127.0.0.1", *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    async def scenario() -> None:
        prober = Prober()
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await prober.probe(spec)
        answered.set()
        await prober.close()

    asyncio.run(scenario())
    assert asked == ["db.test"]


@pytest.mark.parametrize("scheme", ["http", "tcp"])
def test_a_name_that_has_got_another_address_is_asked_there(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a container which was made anew."""
    address = "127.0.0.2"
    real = socket.getaddrinfo

    def look_up(host: str, *others: Any, **more: Any) -> Any:
        return real(address if host == "web.test" else host, *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def scenario() -> None:
        nonlocal address
        answer = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        async with serving(answer) as port, a_prober() as prober:
            http = HttpCheck(url=f"http://web.test:{port}/")
            spec = http if scheme == "http" else TcpCheck(host="web.test", port=port)
            with pytest.raises(Failed, match="refused"):
                await prober.probe(spec)
            address = "127.0.0.1"
            assert await prober.probe(spec)

    asyncio.run(scenario())


def test_a_hundred_services_that_hang_keep_no_other_from_being_asked() -> None:
    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        answer = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        async with serving(hang) as hung, serving(answer) as well, a_prober() as prober:
            spec = HttpCheck(url=f"http://127.0.0.1:{hung}/")
            asked = [asyncio.create_task(prober.probe(spec)) for _ in range(100)]
            await asyncio.sleep(0.2)
            async with asyncio.timeout(2):
                await prober.probe(HttpCheck(url=f"http://127.0.0.1:{well}/"))
            for one in asked:
                one.cancel()
            await asyncio.wait(asked)

    asyncio.run(scenario())


def test_a_password_in_what_is_no_address_is_not_told() -> None:
    with pytest.raises(Failed, match=r"^this is no address$"):
        asyncio.run(ask(HttpCheck(url="http://probe:secret@web\\health")))
