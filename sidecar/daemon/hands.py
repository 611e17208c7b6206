"""Carries the core's wishes to the adapters. Nothing here blocks; what may block goes to a worker,
and what comes of it the adapters feed to the driver themselves.

Packets come first. Addresses are gathered until the turn's end, and leave in one go: a takeover of
many would wake a thread for each of them. Containers and what is told come last, though the core
may have named them before: a client waits for an address, and each thread that is woken takes the
interpreter from the one that sets it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import assert_never

from sidecar.core.actions import (
    Announce,
    Answer,
    ClaimAddress,
    ProbeAddress,
    ReleaseAddress,
    RenewLease,
    SendPing,
    ServiceAction,
    VipAction,
)
from sidecar.core.events import Event, MaintenanceRequested, StandbyRequested, TakeoverRequested
from sidecar.core.occurrences import AddressGivenUp, AddressHeld, AddressTaken, Occurrence
from sidecar.core.params import Address, MaintenanceOrder
from sidecar.core.terms import LinkName
from sidecar.daemon.adapters import Adapters, LeaseAction
from sidecar.daemon.news import News
from sidecar.vip.table import AT_ONCE
from sidecar.web.ports import Reply, Request, RequestKind


class Requests:
    """Numbers the operator's requests and wakes who waits for their answers."""

    def __init__(
        self, feed: Callable[[Event], None], *, reload: Callable[[], Awaitable[Reply]]
    ) -> None:
        self._feed = feed
        self._reload = reload
        self._last = 0
        self._waiting: dict[int, asyncio.Future[Reply]] = {}

    async def ask(self, request: Request) -> Reply:
        if request.kind is RequestKind.RELOAD:
            return await self._reload()  # the files, before the core hears of it
        self._last += 1
        number = self._last
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        match request.kind:
            case RequestKind.STANDBY:
                self._feed(StandbyRequested(request=number, which=request.which))
            case RequestKind.TAKEOVER:
                self._feed(TakeoverRequested(request=number, which=request.which))
            case RequestKind.MAINTENANCE:
                self._feed(MaintenanceRequested(request=number, seconds=request.seconds))
            case _:
                assert_never(request.kind)
        try:
            return await answer
        finally:
            del self._waiting[number]

    def answer(self, answer: Answer) -> None:
        waiting = self._waiting.get(answer.request)
        if waiting is not None and not waiting.done():
            waiting.set_result(Reply(ok=answer.ok, text=answer.text))


class NodeHands:
    """The hands of a real node."""

    def __init__(
        self,
        adapters: Adapters,
        requests: Requests,
        *,
        news: News,
        keep: Callable[[MaintenanceOrder], None],
        done: Callable[[], None],
    ) -> None:
        self._adapters = adapters
        self._requests = requests
        self._news = news
        self._keep = keep
        self._done = done
        self._announced: list[Address] = []
        self._asked: list[ProbeAddress] = []
        self._leases: list[LeaseAction] = []
        self._verbs: list[ServiceAction] = []

    def send(self, link: LinkName, data: bytes) -> None:
        self._adapters.media[link].send(data)

    def ping(self, action: SendPing) -> None:
        self._adapters.pinger.send(action)

    def vip(self, action: VipAction) -> None:
        match action:
            case ClaimAddress() | RenewLease() | ReleaseAddress():
                self._leases.append(action)
            case ProbeAddress():
                self._asked.append(action)
            case Announce():
                self._announced.append(action.address)
            case _:
                assert_never(action)

    def service(self, action: ServiceAction) -> None:
        self._verbs.append(action)

    def report(self, occurrence: Occurrence) -> None:
        match occurrence:
            case AddressHeld():
                self._hold(occurrence.address, held=True)
            case AddressGivenUp() | AddressTaken():
                self._hold(occurrence.address, held=False)
            case _:
                pass
        self._news.add(occurrence)

    def answer(self, answer: Answer) -> None:
        self._requests.answer(answer)

    def keep(self, order: MaintenanceOrder) -> None:
        self._keep(order)

    def exit(self) -> None:
        self._done()

    def end_turn(self) -> None:
        moves = any(not isinstance(action, RenewLease) for action in self._leases)
        self._end_addresses()
        verbs, self._verbs = self._verbs, []
        for action in verbs:
            self._adapters.service.carry_out(action)
        self._news.end_turn(address_moves=moves)

    def _end_addresses(self) -> None:
        """What is announced is here still: if it is to go, that is the last that happens to it."""
        if self._announced:
            announced, self._announced = self._announced, []
            self._adapters.announcer.announce(announced)
        leases, self._leases = self._leases, []
        for start in range(0, len(leases), AT_ONCE):
            self._adapters.leases.submit(tuple(leases[start : start + AT_ONCE]))
        if self._asked:
            asked, self._asked = self._asked, []
            self._adapters.prober.probe(*asked)

    def _hold(self, name: str, *, held: bool) -> None:
        """Who else uses an address matters while it is held."""
        self._adapters.prober.holding(self._adapters.addresses[name], held)
