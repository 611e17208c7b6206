"""Checker: when it asks, what it tells, and that it keeps quiet when it should."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from sidecar.core.events import ServiceChecked
from sidecar.core.terms import MILLISECOND, SECOND, ContainerFacts, ContainerState, Health
from sidecar.service.check import Checker
from sidecar.service.inspection import Inspection
from sidecar.service.labels import CheckSpec, ContainerSettings, DockerCheck, HttpCheck, TcpCheck
from tests.service.test_probe import answering, free_port, serving
from tests.waiting import until

NAME = "web"
WELL = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
ILL = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


def seen(
    check: CheckSpec,
    *,
    interval_ns: int = 60 * SECOND,
    timeout_ns: int = SECOND,
    state: ContainerState = ContainerState.RUNNING,
    health: Health = Health.NONE,
) -> Inspection:
    return Inspection(
        facts=ContainerFacts(state=state, health=health, checked=True),
        settings=ContainerSettings(check=check, interval_ns=interval_ns, timeout_ns=timeout_ns),
    )


class Desk:
    """A checker and all that it has told."""

    def __init__(self) -> None:
        self.told: list[ServiceChecked] = []
        self.when_told: Callable[[], None] = lambda: None
        self.crashes: list[BaseException] = []
        self.checker = Checker(self._tell, self.crashes.append)

    def passes(self) -> list[bool]:
        return [each.passed for each in self.told]

    def _tell(self, event: ServiceChecked) -> None:
        self.told.append(event)
        self.when_told()

    async def await_count(self, count: int) -> None:
        await until(lambda: len(self.told) >= count)


def play(scenario: Callable[[Desk], Awaitable[None]]) -> None:
    """Run the scenario in a loop of its own, where no check may crash unseen."""
    crashes: list[object] = []

    async def played() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: crashes.append(context))
        desk = Desk()
        try:
            await scenario(desk)
        finally:
            await desk.checker.close()
        crashes.extend(desk.crashes)

    asyncio.run(played())
    assert not crashes


def test_a_service_that_serves_is_asked_at_once_and_then_at_its_interval() -> None:
    async def scenario(desk: Desk) -> None:
        async with serving(answering(WELL)) as port:
            check = HttpCheck(url=f"http://127.0.0.1:{port}/")
            desk.checker.observe(NAME, seen(check, interval_ns=200 * MILLISECOND))
            began = time.monotonic()
            desk.checker.begin(NAME)
            await desk.await_count(1)
            first_s = time.monotonic() - began
            await desk.await_count(4)
            assert first_s < 0.15
            assert 0.58 < time.monotonic() - began < 0.9
            assert desk.told[0] == ServiceChecked(
                container=NAME, passed=True, detail="answered 200"
            )
            assert desk.passes() == [True] * 4

    play(scenario)


def test_the_interval_counts_from_one_question_to_the_next() -> None:
    async def answer_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        await answering(WELL)(reader, writer)

    async def scenario(desk: Desk) -> None:
        async with serving(answer_slowly) as port:
            check = HttpCheck(url=f"http://127.0.0.1:{port}/")
            desk.checker.observe(NAME, seen(check, interval_ns=200 * MILLISECOND))
            began = time.monotonic()
            desk.checker.begin(NAME)
            await desk.await_count(4)
            assert 0.74 < time.monotonic() - began < 1.1

    play(scenario)


def test_a_service_that_comes_up_is_found_within_a_fraction_of_the_interval() -> None:
    async def scenario(desk: Desk) -> None:
        port = free_port()
        desk.checker.observe(NAME, seen(TcpCheck(host="127.0.0.1", port=port)))
        desk.checker.begin(NAME)
        await desk.await_count(3)
        assert desk.told[0].detail == f"connection to 127.0.0.1:{port}: Connection refused"

        async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", port)
        took_s = await until(lambda: desk.told[-1].passed)
        server.close()
        assert took_s < 0.2

    play(scenario)


def test_after_the_first_pass_a_failure_waits_for_the_interval() -> None:
    answers = [WELL, ILL]

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(answers.pop(0) if len(answers) > 1 else answers[0])(reader, writer)

    async def scenario(desk: Desk) -> None:
        async with serving(handle) as port:
            check = HttpCheck(url=f"http://127.0.0.1:{port}/")
            desk.checker.observe(NAME, seen(check, interval_ns=300 * MILLISECOND))
            desk.checker.begin(NAME)
            await desk.await_count(1)
            began = time.monotonic()
            await desk.await_count(3)
            assert 0.5 < time.monotonic() - began < 0.9
            assert desk.passes() == [True, False, False]
            assert desk.told[-1].detail == f"GET http://127.0.0.1:{port}/: answered 503 Busy"

    play(scenario)


def test_a_service_that_never_answers_times_out_and_checks_never_overlap() -> None:
    open_now, most = 0, 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await reader.read()
        await reader.read()
        open_now -= 1
        writer.close()

    async def scenario(desk: Desk) -> None:
        async with serving(hang) as port:
            check = HttpCheck(url=f"http://127.0.0.1:{port}/")
            spec = seen(check, interval_ns=50 * MILLISECOND, timeout_ns=150 * MILLISECOND)
            desk.checker.observe(NAME, spec)
            began = time.monotonic()
            desk.checker.begin(NAME)
            await desk.await_count(3)
            assert 0.44 < time.monotonic() - began < 0.8
            assert desk.told[0].detail == (f"GET http://127.0.0.1:{port}/: no answer within 0.15 s")
            assert most <= 2  # the server sees the last one end a little later

    play(scenario)


def test_an_end_is_an_end_even_in_the_middle_of_a_check() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def scenario(desk: Desk) -> None:
        async with serving(hang) as port:
            check = TcpCheck(host="127.0.0.1", port=port)
            desk.checker.observe(NAME, seen(check, interval_ns=10 * MILLISECOND))
            desk.checker.begin(NAME)
            await desk.await_count(2)
            desk.checker.end(NAME)
            count = len(desk.told)
            await asyncio.sleep(0.1)
            assert len(desk.told) == count

    play(scenario)


def test_the_one_who_is_told_may_end_the_checks() -> None:
    async def scenario(desk: Desk) -> None:
        desk.when_told = lambda: desk.checker.end(NAME)
        desk.checker.observe(NAME, seen(TcpCheck(host="127.0.0.1", port=free_port())))
        desk.checker.begin(NAME)
        await desk.await_count(1)
        await asyncio.sleep(0.15)
        assert len(desk.told) == 1

    play(scenario)


def test_checks_begun_before_the_first_inspection_start_with_it() -> None:
    async def scenario(desk: Desk) -> None:
        desk.checker.begin(NAME)
        await asyncio.sleep(0.1)
        assert desk.told == []
        desk.checker.observe(NAME, seen(TcpCheck(host="127.0.0.1", port=free_port())))
        await desk.await_count(1)

    play(scenario)


def test_changed_labels_change_the_checks() -> None:
    async def scenario(desk: Desk) -> None:
        desk.checker.observe(NAME, seen(TcpCheck(host="127.0.0.1", port=free_port())))
        desk.checker.begin(NAME)
        await desk.await_count(1)
        async with serving(answering(WELL)) as port:
            desk.checker.observe(NAME, seen(HttpCheck(url=f"http://127.0.0.1:{port}/")))
            await until(lambda: desk.told[-1].passed)

    play(scenario)


def test_an_inspection_alone_begins_no_checks() -> None:
    async def scenario(desk: Desk) -> None:
        desk.checker.observe(NAME, seen(TcpCheck(host="127.0.0.1", port=free_port())))
        await asyncio.sleep(0.1)
        assert desk.told == []

    play(scenario)


def test_the_images_own_verdict_is_followed_at_each_change() -> None:
    async def scenario(desk: Desk) -> None:
        docker = DockerCheck()
        desk.checker.observe(NAME, seen(docker, health=Health.STARTING))
        desk.checker.begin(NAME)
        await asyncio.sleep(0.05)
        assert desk.told == [], "a probe that has not ended is no verdict"
        desk.checker.observe(NAME, seen(docker, health=Health.HEALTHY))
        await desk.await_count(1)
        desk.checker.observe(NAME, seen(docker, health=Health.UNHEALTHY))
        await desk.await_count(2)
        assert desk.passes() == [True, False]
        assert desk.told[1].detail == "HEALTHCHECK: unhealthy"

    play(scenario)


def test_the_images_own_verdict_is_repeated_so_that_failures_can_be_counted() -> None:
    async def scenario(desk: Desk) -> None:
        ill = seen(DockerCheck(), health=Health.UNHEALTHY, interval_ns=50 * MILLISECOND)
        desk.checker.observe(NAME, ill)
        desk.checker.begin(NAME)
        await desk.await_count(3)
        assert desk.passes() == [False] * 3

    play(scenario)


@pytest.mark.parametrize("state", [ContainerState.PAUSED, ContainerState.UNKNOWN])
def test_the_verdict_on_a_container_that_is_not_known_to_run_is_none(
    state: ContainerState,
) -> None:
    async def scenario(desk: Desk) -> None:
        silent = seen(
            DockerCheck(), state=state, health=Health.HEALTHY, interval_ns=20 * MILLISECOND
        )
        desk.checker.observe(NAME, silent)
        desk.checker.begin(NAME)
        await asyncio.sleep(0.1)
        assert desk.told == []

    play(scenario)


def test_a_password_in_the_url_is_used_and_not_told() -> None:
    async def scenario(desk: Desk) -> None:
        requests: list[bytes] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(ILL.encode())

        async with serving(answer) as port:
            check = HttpCheck(url=f"http://probe:secret@127.0.0.1:{port}/health?full=1")
            desk.checker.observe(NAME, seen(check))
            desk.checker.begin(NAME)
            await desk.await_count(1)
            whom = f"127.0.0.1:{port}/health?full=1"
            assert desk.told[0].detail == f"GET http://{whom}: answered 503 Busy"
            assert b"\r\nAuthorization: Basic " in requests[0]

    play(scenario)


def test_a_check_that_dies_is_heard_of() -> None:
    async def scenario(desk: Desk) -> None:
        def crash() -> None:
            raise AssertionError("a mistake of ours")

        desk.when_told = crash
        desk.checker.observe(NAME, seen(TcpCheck(host="127.0.0.1", port=free_port())))
        desk.checker.begin(NAME)
        await until(lambda: bool(desk.crashes))
        assert str(desk.crashes.pop()) == "a mistake of ours"

    play(scenario)
