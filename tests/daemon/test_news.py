"""When news are told: at once, or behind an address that moves, and never lost."""

import asyncio
from collections.abc import Awaitable, Callable

from sidecar.core.occurrences import AddressGivenUp, AddressHeld, Occurrence
from sidecar.daemon.news import FEW, News

FIRST = AddressHeld(address="10.0.0.100", interface="eth0")
SECOND = AddressGivenUp(address="10.0.0.100", interface="eth0")


class Listener:
    def __init__(self) -> None:
        self.heard: list[Occurrence] = []
        self.crashes: list[BaseException] = []
        self.now_ns = 0
        self.known: list[int] = []
        """When what was heard had become known."""
        self.news = News((self._hear,), clock_ns=lambda: self.now_ns, crashed=self.crash)
        self._woken = asyncio.Event()

    def _hear(self, occurrence: Occurrence) -> None:
        self.heard.append(occurrence)
        self.known.append(self.news.known_ns())
        self._woken.set()

    def crash(self, error: BaseException) -> None:
        self.crashes.append(error)
        self._woken.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                self._woken.clear()
                await self._woken.wait()


def with_listener(test: Callable[[Listener], Awaitable[None]]) -> None:
    async def run() -> None:
        await test(Listener())

    asyncio.run(run())


def test_news_of_an_ordinary_turn_are_told_at_its_end():
    async def test(one: Listener) -> None:
        one.news.add(FIRST)
        assert one.heard == []
        one.news.end_turn(address_moves=False)
        assert one.heard == [FIRST]

    with_listener(test)


def test_news_of_a_turn_in_which_an_address_moves_are_told_soon_after_it():
    async def test(one: Listener) -> None:
        one.news.add(FIRST)
        one.news.end_turn(address_moves=True)
        assert one.heard == []
        await one.until(lambda: one.heard == [FIRST])

    with_listener(test)


def test_later_news_never_overtake_those_that_wait():
    async def test(one: Listener) -> None:
        one.news.add(FIRST)
        one.news.end_turn(address_moves=True)
        one.news.add(SECOND)
        one.news.end_turn(address_moves=False)
        assert one.heard == []
        await one.until(lambda: one.heard == [FIRST, SECOND])

    with_listener(test)


def test_at_the_end_all_that_waits_is_told_and_nothing_twice():
    async def test(one: Listener) -> None:
        one.news.add(FIRST)
        one.news.end_turn(address_moves=True)
        one.news.tell()
        assert one.heard == [FIRST]
        one.news.add(SECOND)
        one.news.end_turn(address_moves=True)
        await one.until(lambda: one.heard == [FIRST, SECOND])

    with_listener(test)


def test_an_error_of_who_listens_is_not_swallowed_when_news_are_late():
    async def test(one: Listener) -> None:
        def fail(_: Occurrence) -> None:
            raise RuntimeError("a broken listener")

        news = News((fail,), crashed=one.crash)
        news.add(FIRST)
        news.end_turn(address_moves=True)
        await one.until(lambda: bool(one.crashes))
        assert str(one.crashes[0]) == "a broken listener"

    with_listener(test)


def test_what_is_told_later_is_of_the_instant_at_which_it_became_known():
    async def test(one: Listener) -> None:
        for one.now_ns, occurrence in ((10, FIRST), (20, SECOND)):
            one.news.add(occurrence)
        one.news.end_turn(address_moves=True)
        one.now_ns = 30
        await one.until(lambda: len(one.heard) == 2)
        assert one.known == [10, 20]
        assert one.news.known_ns() == 30

    with_listener(test)


def test_many_news_are_told_a_few_at_a_time_and_in_their_order():
    async def test(one: Listener) -> None:
        many = [AddressHeld(address=f"10.0.0.{last}", interface="eth0") for last in range(100)]
        for news in many:
            one.news.add(news)
        one.news.end_turn(address_moves=False)
        assert one.heard == []
        seen: list[int] = []
        while len(one.heard) < len(many):
            before = len(one.heard)
            await one.until(lambda: len(one.heard) > before)  # noqa: B023 - asked for in this turn
            seen.append(len(one.heard))
        assert one.heard == many
        assert len(seen) >= len(many) // FEW

    with_listener(test)
