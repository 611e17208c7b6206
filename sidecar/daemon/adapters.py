"""All that touches the world: links, pings, leases, probes, announcements, containers.

Made, started, changed by a reload, and ended here; what they do they are told by hands.py, and what
they find out they feed to the driver.
"""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Final

from sidecar.config.settings import Settings
from sidecar.core.actions import ClaimAddress, ReleaseAddress, RenewLease, VerbAction
from sidecar.core.events import Event
from sidecar.core.params import Address
from sidecar.core.terms import LinkName
from sidecar.daemon import realtime
from sidecar.daemon.clock import moment
from sidecar.daemon.worker import Worker
from sidecar.media.base import Medium
from sidecar.media.icmp import Pinger
from sidecar.media.open import open_media
from sidecar.service.adapter import ServiceAdapter
from sidecar.vip.announce import Announcer
from sidecar.vip.probe import Prober
from sidecar.vip.watch import AddressWatch
from sidecar.wire.sieve import is_signed

if TYPE_CHECKING:
    from sidecar.vip.lease import Lease

LeaseAction = ClaimAddress | RenewLease | ReleaseAddress

LAST_RELEASE_S: Final = 1.0


class Adapters:
    """Made inside the running loop, whose thread all calls belong to."""

    def __init__(
        self,
        settings: Settings,
        *,
        feed: Callable[[Event], None],
        crashed: Callable[[BaseException], None],
    ) -> None:
        self.settings = settings
        self._feed = feed
        self._crashed = crashed
        self.addresses: dict[str, Address] = {}
        """Every address that was ever ours to hold."""
        self.media: dict[LinkName, Medium] = {}
        self.pinger = Pinger(feed)
        self.prober = Prober(feed)
        self.announcer = Announcer()
        self.leases: Worker[tuple[LeaseAction, ...]] = Worker(
            "leases", self._lease, emit=feed, crashed=crashed, rest=self._settle
        )
        self._settle_claims: Callable[[], None] = lambda: None
        self.loaded = asyncio.Event()
        """All that the adapters need: what is not vital may be loaded then."""
        self._loop = asyncio.get_running_loop()
        self._may_load = False
        self._closed = False
        self._note_addresses()
        self._make_service()
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Beat. What takes long to load follows, one after the other, what is vital first.

        All at once would take each of them as long as all, and the first claim may come at once.
        """
        self._open_media()
        self._watch_addresses()
        self.leases.start()

    async def reconfigure(self, settings: Settings) -> None:
        """Apply what differs, and touch nothing else. The core has been told before."""
        before, self.settings = self.settings, settings
        if before.params.links != settings.params.links:
            self._open_media()
        if before.params.groups == settings.params.groups:
            return
        self._note_addresses()
        self._watch_addresses()
        if _containers(before) != _containers(settings):
            old_service, old_worker = self.service, self._services
            # What the core wished when it was told waits there, too.
            waiting = old_worker.take_waiting()
            self._make_service(before=old_service)
            for action in waiting:
                if action.container in _containers(settings):
                    self._submit(action)
            self._start_service()
            await asyncio.to_thread(old_worker.stop, LAST_RELEASE_S)
            await old_service.close()

    async def close(self) -> None:
        """Release what is left, and end. After a clean stop nothing is left."""
        self._closed = True
        self._may_load = False
        await asyncio.to_thread(self._release_all)
        if self._watching is not None:
            self._watching.cancel()
        for medium in self.media.values():
            medium.close()
        self.pinger.close()
        self.prober.close()
        self.announcer.close()
        await asyncio.to_thread(self._services.stop, LAST_RELEASE_S)
        await self.service.close()

    def _release_all(self) -> None:
        """After a crash the address must not outlive us by its lease."""
        self.leases.stop(LAST_RELEASE_S)
        everything = [ReleaseAddress(op=0, address=one) for one in self.addresses.values()]
        with closing(self._make_lease()) as lease:
            lease.perform_all(everything)

    # --- parts ---------------------------------------------------------------------------------

    def _make_lease(self) -> "Lease":
        """On the thread that will use it: what it needs may take long to load."""
        from sidecar.vip.lease import Lease  # noqa: PLC0415

        lease = Lease(lambda: moment().ns)
        lease.open()
        return lease

    def _lease(self) -> Callable[[tuple[LeaseAction, ...]], Event]:
        lease = self._make_lease()
        realtime.hurry(self.settings.realtime_priority)
        self._settle_claims = lease.rest
        self._loop.call_soon_threadsafe(self._leases_loaded)
        return lease.perform_all

    def _settle(self) -> None:
        self._settle_claims()

    def _note_addresses(self) -> None:
        for group in self.settings.params.groups:
            self.addresses |= {address.name: address for address in group.addresses}
        self.prober.attend(self.addresses.values())

    def _open_media(self) -> None:
        """All anew, since links may share a receiver; no beat is missed by it."""
        for medium in self.media.values():
            medium.close()
        self.media = open_media(self.settings.params.links, self._feed, self._is_signed)
        for medium in self.media.values():
            medium.open()

    def _is_signed(self, data: bytes) -> bool:
        """With a key of authkeys as it is now."""
        return is_signed(data, self.settings.params.keyring)

    def _make_service(self, before: ServiceAdapter | None = None) -> None:
        self.service = ServiceAdapter(
            containers=_containers(self.settings),
            docker_host=self.settings.docker,
            emit=self._feed,
            submit=self._submit,
            crashed=self._crashed,
            before=before,
        )
        self._services: Worker[VerbAction] = Worker(
            "services", self.service.open, emit=self._feed, crashed=self._crashed
        )

    def _submit(self, action: VerbAction) -> None:
        self._services.submit(action)

    def _leases_loaded(self) -> None:
        self._may_load = not self._closed
        self._start_service()

    def _start_service(self) -> None:
        if self._may_load:
            self._services.start()
            self.service.start(self.loaded.set)

    def _watch_addresses(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        watch = AddressWatch(tuple(self.addresses.values()), self._feed)
        self._watching = asyncio.get_running_loop().create_task(self._watch(watch))

    async def _watch(self, watch: AddressWatch) -> None:
        try:
            await watch.run()
        except Exception as error:  # noqa: BLE001 - a guard: a blind node must not hold on
            self._crashed(error)


def _containers(settings: Settings) -> dict[str, str]:
    names: list[str] = [c.name for g in settings.params.groups for c in g.containers]
    return {name: settings.container_here(name) for name in names}
