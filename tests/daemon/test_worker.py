"""A thread for what may block: in order, never awaited, never silently dead."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import pytest

from sidecar.core.actions import StartService
from sidecar.core.events import Event, ServiceRefused
from sidecar.daemon import worker
from sidecar.daemon.worker import Worker

PATIENCE_S: Final = 5


@dataclass
class Bench:
    """A worker in a running loop, with a gate that its work can be held at."""

    gate: threading.Event = field(default_factory=threading.Event)
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    performed: list[int] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    rested: list[int] = field(default_factory=list)
    """How much had been performed at each rest."""
    answers: list[Event] = field(default_factory=list)
    crashes: list[BaseException] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.worker: Worker[StartService] = Worker(
            "hands",
            lambda: self._perform,
            emit=self._answered,
            crashed=self._crashed,
            rest=lambda: self.rested.append(len(self.performed)),
        )

    def _perform(self, action: StartService) -> Event:
        self.began.release()
        assert self.gate.wait(PATIENCE_S)
        self.threads.add(threading.current_thread().name)
        self.performed.append(action.op)
        if action.container == "broken":
            raise RuntimeError("a mistake of ours")
        return ServiceRefused(op=action.op, container=action.container, reason="done")

    def _answered(self, event: Event) -> None:
        self.threads.add(threading.current_thread().name)
        self.answers.append(event)
        self.news.set()

    def _crashed(self, error: BaseException) -> None:
        self.crashes.append(error)
        self.news.set()

    def submit(self, *ops: int, container: str = "nginx") -> None:
        for op in ops:
            self.worker.submit(StartService(op=op, container=container))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.news.clear()
                await self.news.wait()

    async def busy(self) -> None:
        """Wait until the thread is inside its work."""
        assert await asyncio.to_thread(self.began.acquire, timeout=PATIENCE_S)


def _until(condition: Callable[[], bool]) -> None:
    """Look again and again, in a thread of its own."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.001)


def with_bench(test: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        bench = Bench()
        try:
            await test(bench)
        finally:
            bench.gate.set()
            if bench.worker._thread.is_alive():
                await asyncio.to_thread(bench.worker.stop, PATIENCE_S)

    asyncio.run(run())


def test_answers_come_in_the_loop_in_the_order_of_the_actions():
    async def test(bench: Bench) -> None:
        bench.worker.start()
        bench.submit(*range(50))
        await bench.until(lambda: len(bench.answers) == 50)
        assert bench.performed == list(range(50))
        assert [getattr(answer, "op", None) for answer in bench.answers] == list(range(50))
        assert bench.threads == {"hands", "MainThread"}

    with_bench(test)


def test_submitting_never_waits_and_what_does_not_fit_is_dropped():
    async def test(bench: Bench) -> None:
        bench.gate.clear()
        bench.worker.start()
        bench.submit(0)
        await bench.busy()
        bench.submit(*range(1, worker.MAILBOX_MAX + 100))
        bench.gate.set()
        await bench.until(lambda: len(bench.answers) == worker.MAILBOX_MAX + 1)
        assert bench.performed == list(range(worker.MAILBOX_MAX + 1))

    with_bench(test)


def test_it_rests_only_when_nothing_waits():
    async def test(bench: Bench) -> None:
        bench.gate.clear()
        bench.worker.start()
        bench.submit(0)
        await bench.busy()
        bench.submit(1, 2)
        bench.gate.set()
        await bench.until(lambda: len(bench.answers) == 3)
        await asyncio.to_thread(_until, lambda: bench.rested[-1:] == [3])
        assert set(bench.rested) <= {0, 3}

    with_bench(test)


def test_it_rests_at_last_where_actions_leave_no_pause(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker, "IDLE_S", 2 * PATIENCE_S)
    monkeypatch.setattr(worker, "RESTLESS_MAX_S", 0.1)

    async def test(bench: Bench) -> None:
        bench.worker.start()
        async with asyncio.timeout(PATIENCE_S):
            while len(bench.rested) < 2:
                bench.submit(1)
                await asyncio.sleep(0.01)

    with_bench(test)


def test_it_does_not_rest_right_after_the_action_that_ends_a_long_rest(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(worker, "IDLE_S", 0.0)
    monkeypatch.setattr(worker, "RESTLESS_MAX_S", 0.1)

    async def test(bench: Bench) -> None:
        bench.worker.start()
        await asyncio.to_thread(_until, lambda: bench.rested == [0])
        monkeypatch.setattr(worker, "IDLE_S", 2 * PATIENCE_S)
        await asyncio.sleep(0.2)
        bench.submit(1)
        await bench.until(lambda: len(bench.answers) == 1)
        await asyncio.sleep(0.05)
        assert bench.rested == [0]

    with_bench(test)


def test_a_worker_that_dies_is_heard_of():
    async def test(bench: Bench) -> None:
        bench.worker.start()
        bench.submit(1, container="broken")
        bench.submit(2)
        await bench.until(lambda: bool(bench.crashes))
        assert str(bench.crashes[0]) == "a mistake of ours"
        assert bench.performed == [1]
        assert bench.answers == []

    with_bench(test)


def test_once_stopped_nothing_more_is_performed():
    async def test(bench: Bench) -> None:
        bench.gate.clear()
        bench.worker.start()
        bench.submit(1, 2, 3)
        await bench.busy()
        stopping = asyncio.create_task(asyncio.to_thread(bench.worker.stop, PATIENCE_S))
        await asyncio.to_thread(_until, lambda: bench.worker._mailbox.qsize() <= 1)
        bench.gate.set()
        await stopping
        assert bench.performed == [1]
        assert not bench.worker._thread.is_alive()

    with_bench(test)


def test_a_stop_does_not_wait_longer_than_its_patience_for_a_call_that_hangs():
    async def test(bench: Bench) -> None:
        bench.gate.clear()
        bench.worker.start()
        bench.submit(1)
        await bench.busy()
        began_s = time.monotonic()
        await asyncio.to_thread(bench.worker.stop, 0.05)
        assert time.monotonic() - began_s < PATIENCE_S / 2
        assert bench.worker._thread.is_alive()

    with_bench(test)


def test_a_call_that_hangs_does_not_hold_up_the_exit_of_the_process():
    async def test(bench: Bench) -> None:
        assert bench.worker._thread.daemon

    with_bench(test)


def test_an_answer_after_the_loop_has_closed_is_for_nobody():
    benches: list[Bench] = []

    async def run() -> None:
        bench = Bench()
        benches.append(bench)
        bench.gate.clear()
        bench.worker.start()
        bench.submit(1)
        await bench.busy()

    asyncio.run(run())
    (bench,) = benches
    bench.gate.set()
    bench.worker._mailbox.put(None)
    bench.worker._thread.join(PATIENCE_S)
    assert not bench.worker._thread.is_alive()
    assert bench.performed == [1]
    assert bench.answers == []
