"""The wired service against a real engine: a worker, a watch and the checks."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sidecar.core.actions import BeginChecks, EndChecks, PauseService, StartService, VerbAction
from sidecar.core.events import (
    EngineChanged,
    Event,
    ServiceChanged,
    ServiceChecked,
    ServiceDone,
    ServiceRefused,
)
from sidecar.core.terms import ContainerState
from sidecar.service.adapter import ServiceAdapter
from sidecar.service.engine import Engine
from tests.service.dockerd import Containers, Dockerd
from tests.service.proxy import Events, MakeProxy
from tests.service.test_probe import free_port
from tests.waiting import until

pytestmark = pytest.mark.engine

NAME = "web"


class Service:
    """The adapter with a worker as the daemon has one, and all events in their order."""

    def __init__(self, docker_host: str) -> None:
        self.events: list[Event] = []
        self.crashes: list[BaseException] = []
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._perform: Callable[[VerbAction], Event] | None = None
        self.adapter = ServiceAdapter(
            containers={NAME: NAME},
            docker_host=docker_host,
            emit=self.events.append,
            submit=self._submit,
            crashed=self.crashes.append,
        )

    def _submit(self, action: VerbAction) -> None:
        loop = asyncio.get_running_loop()

        def work() -> None:
            self._perform = self._perform or self.adapter.open()
            answer = self._perform(action)
            loop.call_soon_threadsafe(self.events.append, answer)

        self._worker.submit(work)

    async def await_event(self, wanted: Callable[[Event], bool], seconds: float = 5.0) -> None:
        await until(lambda: any(wanted(each) for each in self.events), seconds=seconds)

    async def close(self) -> None:
        self._worker.shutdown()
        await self.adapter.close()


def play(docker_host: str, scenario: Callable[[Service], Awaitable[None]]) -> None:
    async def played() -> None:
        service = Service(docker_host)
        service.adapter.start()
        try:
            await scenario(service)
        finally:
            await service.close()
        count = len(service.events)
        await asyncio.sleep(0.05)
        assert len(service.events) == count, "nothing is told after the end"
        assert service.crashes == []

    asyncio.run(played())


def web_server(containers: Containers, port: int, **labels: str) -> None:
    """A running container that answers HTTP on the loopback interface."""
    command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    named = {f"sidecar.{label.replace('_', '.')}": text for label, text in labels.items()}
    containers.run(NAME, command, labels=named)


def checked(event: Event, *, passed: bool) -> bool:
    return isinstance(event, ServiceChecked) and event.passed is passed


def is_in(state: ContainerState) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, ServiceChanged) and event.facts.state is state


def test_a_paused_server_is_started_and_then_checked(
    dockerd: Dockerd, containers: Containers
) -> None:
    async def scenario(service: Service) -> None:
        await service.await_event(is_in(ContainerState.PAUSED))
        service.adapter.carry_out(StartService(op=5, container=NAME))
        await service.await_event(lambda event: isinstance(event, ServiceDone))
        done = next(each for each in service.events if isinstance(each, ServiceDone))
        assert (done.op, done.facts.state) == (5, ContainerState.RUNNING)
        service.adapter.carry_out(BeginChecks(container=NAME))
        await service.await_event(lambda event: checked(event, passed=True))
        service.adapter.carry_out(EndChecks(container=NAME))

    port = free_port()
    web_server(containers, port, check=f"http://127.0.0.1:{port}/")
    until_it_answers(port)
    containers.client.containers.get(NAME).pause()
    play(dockerd.host, scenario)


def test_what_undoes_an_answer_is_told_though_it_was_told_before_it(
    containers: Containers, proxied: MakeProxy
) -> None:
    """The engine tells of nothing here: the watch looks by itself, and only after both."""

    async def scenario(service: Service) -> None:
        await service.await_event(is_in(ContainerState.RUNNING))
        service.events.clear()
        service.adapter.carry_out(PauseService(op=1, container=NAME))
        await service.await_event(lambda event: isinstance(event, ServiceDone))
        containers.client.containers.get(NAME).unpause()
        await service.await_event(is_in(ContainerState.RUNNING), seconds=8)

    containers.run(NAME)
    play(proxied(events=Events.MUTE).host, scenario)


def test_a_paused_server_accepts_the_check_and_never_answers_it(
    dockerd: Dockerd, containers: Containers
) -> None:
    async def scenario(service: Service) -> None:
        service.adapter.carry_out(BeginChecks(container=NAME))
        await service.await_event(lambda event: checked(event, passed=True))
        service.adapter.carry_out(PauseService(op=1, container=NAME))
        await service.await_event(lambda event: checked(event, passed=False))
        failed = next(each for each in service.events if checked(each, passed=False))
        assert isinstance(failed, ServiceChecked)
        assert "no answer within 0.2 s" in failed.detail

    port = free_port()
    check = f"http://127.0.0.1:{port}/"
    web_server(containers, port, check=check, check_interval="100ms", check_timeout="200ms")
    until_it_answers(port)
    play(dockerd.host, scenario)


def test_a_hung_engine_stalls_neither_the_checks_nor_the_loop(
    dockerd: Dockerd, containers: Containers
) -> None:
    """What serves goes on to be known by its answers, and the wish is refused in bounded time."""

    async def scenario(service: Service) -> None:
        service.adapter.carry_out(BeginChecks(container=NAME))
        await service.await_event(lambda event: checked(event, passed=True))
        dockerd.freeze()
        try:
            count = len(service.events)
            service.adapter.carry_out(PauseService(op=9, container=NAME))
            worst_s = 0.0
            while not any(isinstance(each, ServiceRefused) for each in service.events[count:]):
                began = time.monotonic()
                await asyncio.sleep(0.01)
                worst_s = max(worst_s, time.monotonic() - began)
            during = [each for each in service.events[count:] if isinstance(each, ServiceChecked)]
            assert len(during) > 10
            assert all(each.passed for each in during)
            assert worst_s < 0.2
        finally:
            dockerd.thaw()

    port = free_port()
    web_server(containers, port, check=f"http://127.0.0.1:{port}/", check_interval="100ms")
    until_it_answers(port)
    play(dockerd.host, scenario)


def test_checks_begun_at_once_know_their_settings_from_the_start(
    dockerd: Dockerd, containers: Containers
) -> None:
    async def scenario(service: Service) -> None:
        service.adapter.carry_out(BeginChecks(container=NAME))
        await service.await_event(lambda event: checked(event, passed=False))
        first = next(each for each in service.events if isinstance(each, ServiceChecked))
        assert first.detail == f"connection to 127.0.0.1:{port}: Connection refused"

    port = free_port()
    containers.run(NAME, labels={"sidecar.check": f"tcp://127.0.0.1:{port}"})
    play(dockerd.host, scenario)


def test_what_was_on_its_way_at_the_end_is_not_told() -> None:
    told: list[Event] = []
    crashes: list[BaseException] = []

    async def played() -> None:
        adapter = ServiceAdapter(
            containers={NAME: NAME},
            docker_host="unix:///nonexistent/docker.sock",
            emit=told.append,
            submit=lambda _: None,
            crashed=crashes.append,
        )
        adapter.start()
        event = EngineChanged(up=True, reason="on its way")
        adapter._on_loop(lambda: told.append(event))
        await adapter.close()
        await asyncio.sleep(0.05)

    asyncio.run(played())
    assert told == []
    assert crashes == []


def test_a_watch_that_dies_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    crashes: list[BaseException] = []

    def fail(_: Engine, container: str, *_words: object, **_more: object) -> None:
        raise RuntimeError(f"a mistake of ours with {container}")

    async def played() -> None:
        adapter = ServiceAdapter(
            containers={NAME: NAME},
            docker_host="unix:///nonexistent/docker.sock",
            emit=lambda _: None,
            submit=lambda _: None,
            crashed=crashes.append,
        )
        adapter.start()
        await until(lambda: bool(crashes))
        await adapter.close()

    monkeypatch.setattr(Engine, "unknown", fail)
    asyncio.run(played())
    assert [str(crash) for crash in crashes] == ["a mistake of ours with web"]


def until_it_answers(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on port {port}")
