"""A reload changes what touches the world only where it has to."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sidecar.config.settings import Settings
from sidecar.core.actions import BeginChecks, EndChecks, StartService
from sidecar.core.events import Event, ServiceChecked, ServiceRefused
from sidecar.core.params import Container, ResourceGroup
from sidecar.core.terms import MILLISECOND, ContainerFacts, ContainerState
from sidecar.daemon.adapters import Adapters
from sidecar.service.inspection import Inspection
from sidecar.service.labels import ContainerSettings, HttpCheck
from tests.config.written import copy_reference, settings
from tests.service.test_probe import answering, serving
from tests.waiting import until

WELL = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Bench:
    """The adapters of a node with the container web, which an engine had shown; it is silent now.

    There is no address, so that this machine is left as it is.
    """

    def __init__(self, folder: Path, url: str) -> None:
        copy_reference("masternginx", folder)
        self._read = settings(folder, docker=f"unix://{folder}/no-engine.sock")
        self.told: list[Event] = []
        self.crashes: list[BaseException] = []
        self.adapters = Adapters(
            self._with("web"), feed=self.told.append, crashed=self.crashes.append
        )
        self.adapters.service._last["web"] = Inspection(
            facts=ContainerFacts(state=ContainerState.RUNNING, checked=True),
            settings=ContainerSettings(check=HttpCheck(url=url), interval_ns=20 * MILLISECOND),
        )
        self.adapters._leases_loaded()
        self.adapters.service.carry_out(BeginChecks(container="web"))

    def _with(self, *names: str) -> Settings:
        (group,) = self._read.params.groups
        resources = tuple(Container(name=name) for name in names)
        groups: tuple[ResourceGroup, ...] = (replace(group, resources=resources),)
        return replace(self._read, params=replace(self._read.params, groups=groups))

    async def reload(self, *names: str) -> None:
        await self.adapters.reconfigure(self._with(*names))

    def checks(self) -> int:
        return sum(isinstance(event, ServiceChecked) and event.passed for event in self.told)

    def wish(self, container: str, *ops: int) -> None:
        for op in ops:
            self.adapters.service.carry_out(StartService(op=op, container=container))

    def answered(self) -> list[int]:
        return sorted(event.op for event in self.told if isinstance(event, ServiceRefused))

    async def await_checks(self, more: int = 3) -> None:
        wanted = self.checks() + more
        await until(lambda: self.checks() >= wanted)

    async def assert_no_checks(self) -> None:
        known = self.checks()
        await asyncio.sleep(0.2)
        assert self.checks() == known


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Callable[[Bench], Awaitable[None]]], None]:
    def play(scenario: Callable[[Bench], Awaitable[None]]) -> None:
        async def played() -> None:
            async with serving(answering(WELL)) as port:
                bench = Bench(tmp_path, f"http://127.0.0.1:{port}/")
                try:
                    await bench.await_checks()
                    await scenario(bench)
                finally:
                    await bench.adapters.close()
                await bench.assert_no_checks()
                assert bench.crashes == []

        asyncio.run(played())

    return play


Play = Callable[[Callable[[Bench], Awaitable[None]]], None]


def test_a_container_that_comes_ends_the_checks_of_no_other(play: Play):
    async def scenario(bench: Bench) -> None:
        await bench.reload("web", "other")
        await bench.await_checks()
        assert list(bench.adapters.service.checks()) == ["web"]

    play(scenario)


def test_checks_that_went_on_over_a_reload_end_when_they_are_to_end(play: Play):
    async def scenario(bench: Bench) -> None:
        await bench.reload("web", "other")
        bench.adapters.service.carry_out(EndChecks(container="web"))
        await bench.assert_no_checks()

    play(scenario)


def test_a_container_that_goes_is_checked_no_more(play: Play):
    async def scenario(bench: Bench) -> None:
        await bench.reload("other")
        assert bench.adapters.service.checks() == {}
        await bench.assert_no_checks()

    play(scenario)


def test_what_is_wished_of_a_container_while_the_settings_are_read_anew_is_done(play: Play):
    async def scenario(bench: Bench) -> None:
        bench.wish("web", *range(20))
        bench.wish("other", *range(20, 40))
        await bench.reload("web", "other")
        await until(lambda: bench.answered() == [*range(40)])

    play(scenario)


def test_what_was_wished_of_a_container_that_goes_is_done_no_more(play: Play):
    async def scenario(bench: Bench) -> None:
        bench.wish("web", *range(40))
        bench.wish("other", 40)
        await bench.reload("other")
        await until(lambda: 40 in bench.answered())
        assert len(bench.answered()) < 40

    play(scenario)
