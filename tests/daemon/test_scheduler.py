"""The driver's time over asyncio."""

import asyncio
from collections.abc import Callable

from sidecar.core.terms import MILLISECOND
from sidecar.daemon.clock import moment
from sidecar.daemon.scheduler import LoopScheduler


class Seen:
    """A scheduler in the running loop, and what it told."""

    def __init__(self) -> None:
        self.lags: list[int] = []
        self.errors: list[BaseException] = []
        self.scheduler = LoopScheduler(
            asyncio.get_running_loop(), self.lags.append, self.errors.append
        )
        self._woken = asyncio.Event()
        self.woken_ns: list[int] = []

    def wake(self) -> None:
        self.woken_ns.append(moment().ns)
        self._woken.set()

    async def woken(self) -> None:
        await asyncio.wait_for(self._woken.wait(), 5)


def in_loop(test: Callable[[Seen], object]) -> None:
    async def run() -> None:
        result = test(Seen())
        if asyncio.iscoroutine(result):
            await result

    asyncio.run(run())


def test_it_wakes_at_the_instant_or_after_it_and_never_before():
    async def test(seen: Seen) -> None:
        at_ns = seen.scheduler.now().ns + 20 * MILLISECOND
        seen.scheduler.call_at(at_ns, seen.wake)
        await seen.woken()
        assert seen.woken_ns[0] >= at_ns
        assert seen.lags == [lag for lag in seen.lags if lag >= 0]
        assert len(seen.lags) == 1

    in_loop(test)


def test_an_instant_that_has_passed_wakes_at_once_and_shows_as_lag():
    async def test(seen: Seen) -> None:
        seen.scheduler.call_at(moment().ns - 50 * MILLISECOND, seen.wake)
        await seen.woken()
        assert seen.lags[0] >= 50 * MILLISECOND

    in_loop(test)


def test_what_is_cancelled_does_not_wake():
    async def test(seen: Seen) -> None:
        now_ns = moment().ns
        seen.scheduler.call_at(now_ns, seen.wake).cancel()
        last = Seen()
        last.scheduler.call_at(now_ns + MILLISECOND, last.wake)
        await last.woken()
        assert not seen.woken_ns

    in_loop(test)


def test_a_wake_up_that_comes_too_early_waits_on_and_can_still_be_cancelled():
    async def test(seen: Seen) -> None:
        loop = asyncio.get_running_loop()
        pending: list[Callable[[], object]] = []

        def call_later(_delay: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
            pending.append(callback)
            return loop.call_at(loop.time() + 3600, lambda: None)

        seen.scheduler._loop = _LoopWith(call_later)  # type: ignore[assignment]
        timer = seen.scheduler.call_at(moment().ns + 60_000 * MILLISECOND, seen.wake)
        pending.pop()()  # the loop's clock is ahead of ours
        assert not seen.woken_ns
        assert len(pending) == 1, "it waits for the rest of the time"
        timer.cancel()

    in_loop(test)


def test_an_error_in_a_wake_up_is_told_and_not_only_logged():
    async def test(seen: Seen) -> None:
        def fail() -> None:
            seen.wake()
            raise RuntimeError("a mistake of ours")

        seen.scheduler.call_at(moment().ns, fail)
        await seen.woken()
        assert [str(error) for error in seen.errors] == ["a mistake of ours"]

    in_loop(test)


class _LoopWith:
    """As much of a loop as the scheduler uses."""

    def __init__(
        self, call_later: Callable[[float, Callable[[], object]], asyncio.TimerHandle]
    ) -> None:
        self.call_later = call_later
