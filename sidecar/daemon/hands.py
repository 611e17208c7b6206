"""Carries the core's wishes to the adapters, and the adapters' answers to nobody: they feed the
driver themselves. Nothing here blocks; what may block goes to a worker.
"""

import asyncio
from collections.abc import Callable
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
from sidecar.core.events import Event, StandbyRequested, TakeoverRequested
from sidecar.core.occurrences import AddressGivenUp, AddressHeld, AddressTaken, Occurrence
from sidecar.core.params import Address, Params
from sidecar.core.terms import LinkName
from sidecar.daemon.worker import Worker
from sidecar.media.base import Medium
from sidecar.media.icmp import Pinger
from sidecar.service.adapter import ServiceAdapter
from sidecar.vip.announce import Announcer
from sidecar.vip.probe import Prober
from sidecar.web.ports import Reply, Request, RequestKind

Tell = Callable[[Occurrence], None]
LeaseAction = ClaimAddress | RenewLease | ReleaseAddress


class Requests:
    """Numbers the operator's requests and wakes who waits for their answers."""

    def __init__(self, feed: Callable[[Event], None]) -> None:
        self._feed = feed
        self._last = 0
        self._waiting: dict[int, asyncio.Future[Reply]] = {}

    async def ask(self, request: Request) -> Reply:
        self._last += 1
        number = self._last
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        match request.kind:
            case RequestKind.STANDBY:
                self._feed(StandbyRequested(request=number, which=request.which))
            case RequestKind.TAKEOVER:
                self._feed(TakeoverRequested(request=number, which=request.which))
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
        params: Params,
        *,
        media: dict[LinkName, Medium],
        pinger: Pinger,
        leases: Worker[LeaseAction],
        prober: Prober,
        announcer: Announcer,
        service: ServiceAdapter,
        requests: Requests,
        tell: tuple[Tell, ...],
        done: Callable[[], None],
    ) -> None:
        self._media = media
        self._pinger = pinger
        self._leases = leases
        self._prober = prober
        self._announcer = announcer
        self._service = service
        self._requests = requests
        self._tell = tell
        self._done = done
        self._addresses: dict[str, Address] = {
            address.name: address for group in params.groups for address in group.addresses
        }

    def send(self, link: LinkName, data: bytes) -> None:
        self._media[link].send(data)

    def ping(self, action: SendPing) -> None:
        self._pinger.send(action)

    def vip(self, action: VipAction) -> None:
        match action:
            case ClaimAddress() | RenewLease() | ReleaseAddress():
                self._leases.submit(action)
            case ProbeAddress():
                self._prober.probe(action)
            case Announce():
                self._announcer.announce(action.address)
            case _:
                assert_never(action)

    def service(self, action: ServiceAction) -> None:
        self._service.carry_out(action)

    def report(self, occurrence: Occurrence) -> None:
        match occurrence:
            case AddressHeld():
                self._prober.holding(self._addresses[occurrence.address], True)
            case AddressGivenUp() | AddressTaken():
                self._prober.holding(self._addresses[occurrence.address], False)
            case _:
                pass
        for tell in self._tell:
            tell(occurrence)

    def answer(self, answer: Answer) -> None:
        self._requests.answer(answer)

    def exit(self) -> None:
        self._done()
