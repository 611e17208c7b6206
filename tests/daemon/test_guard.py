"""A part that is not vital may fail as it likes: it is told, and started anew."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sidecar.daemon import guard


class Part:
    """Fails to start as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.log: list[str] = []

    async def start(self) -> None:
        self.log.append("start")
        if self.failures:
            self.failures -= 1
            raise OSError("port 9694 is taken")

    async def stop(self) -> None:
        self.log.append("stop")


class Guarded:
    """A part under guard, with the pauses that it made instead of sleeping."""

    def __init__(self, part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
        self.part = part
        self.troubles: list[tuple[str, str]] = []
        self.pauses_s: list[float] = []
        self.runs = asyncio.Event()
        self._real_sleep = asyncio.sleep
        monkeypatch.setattr(asyncio, "sleep", self._pause)
        self.task = asyncio.create_task(guard.keep(part, name="http", trouble=self._trouble))

    async def _pause(self, pause_s: float) -> None:
        self.pauses_s.append(pause_s)
        await self._real_sleep(0)

    def _trouble(self, name: str, reason: str) -> None:
        self.troubles.append((name, reason))
        if not reason:
            self.runs.set()

    async def end(self) -> None:
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task


def guarded(
    part: Part, monkeypatch: pytest.MonkeyPatch, test: Callable[[Guarded], Awaitable[None]]
) -> None:
    async def run() -> None:
        async with asyncio.timeout(5):
            await test(Guarded(part, monkeypatch))

    asyncio.run(run())


def test_a_part_that_starts_has_no_trouble(monkeypatch):
    async def test(kept: Guarded) -> None:
        await kept.runs.wait()
        await kept.end()
        assert kept.troubles == [("http", "")]
        assert kept.part.log == ["start", "stop"]

    guarded(Part(), monkeypatch, test)


def test_a_part_that_fails_is_told_of_and_started_again_with_growing_pauses(monkeypatch):
    async def test(kept: Guarded) -> None:
        await kept.runs.wait()
        await kept.end()
        reason = ("http", "http: port 9694 is taken")
        assert kept.troubles == [*[reason] * 7, ("http", "")]
        assert kept.pauses_s == [1, 2, 4, 8, 16, 30, 30]

    guarded(Part(failures=7), monkeypatch, test)


def test_a_part_that_never_started_is_not_stopped(monkeypatch):
    async def test(kept: Guarded) -> None:
        while len(kept.pauses_s) < 3:
            await kept._real_sleep(0)
        await kept.end()
        assert "stop" not in kept.part.log

    guarded(Part(failures=10**6), monkeypatch, test)
