"""One node: the core, its driver and all adapters, from their start to their end.

Vital parts (driver, media, leases, the watch of the addresses) are allowed no failure: it ends the
node, which releases what it holds, and the container starts anew. The others (pages, control
socket, the engine's events) are guarded.
"""

import asyncio
import logging
import signal
import time
from contextlib import suppress
from random import SystemRandom
from typing import Final

from prometheus_client import CollectorRegistry

from sidecar.config.settings import Settings
from sidecar.core.actions import ReleaseAddress
from sidecar.core.cluster import Cluster
from sidecar.core.events import Event, PartChanged, ShutdownRequested
from sidecar.core.params import Boot
from sidecar.core.terms import SECOND, LinkName
from sidecar.daemon import guard, logs
from sidecar.daemon.clock import moment
from sidecar.daemon.driver import Driver
from sidecar.daemon.hands import LeaseAction, NodeHands, Requests
from sidecar.daemon.scheduler import LoopScheduler
from sidecar.daemon.worker import Worker
from sidecar.media.base import Medium
from sidecar.media.icmp import Pinger
from sidecar.media.open import open_medium
from sidecar.service.adapter import ServiceAdapter
from sidecar.service.engine import VerbAction
from sidecar.vip.announce import Announcer
from sidecar.vip.lease import Lease
from sidecar.vip.probe import Prober
from sidecar.vip.watch import AddressWatch
from sidecar.web.app import WebServer
from sidecar.web.control import ControlServer
from sidecar.web.counters import Counters
from sidecar.web.metrics import register_view
from sidecar.web.ports import Progress, Sources
from sidecar.web.stream import EventHub

STUCK_AFTER_NS: Final = 5 * SECOND
LAST_RELEASE_S: Final = 1.0

log = logging.getLogger("sidecar")


class Node:
    """Everything that runs. Made inside the running loop."""

    def __init__(self, settings: Settings, boot: Boot, lease: Lease, page: str) -> None:
        params = settings.params
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = loop.create_future()
        self._params = params
        self._lease = lease
        self._asked_to_stop = False
        cluster = Cluster(params, SystemRandom(), boot)
        registry = CollectorRegistry()
        register_view(registry, cluster.view)
        counters = Counters(registry, cluster.view())
        hub = EventHub(wall_ns=time.time_ns)
        self._requests = Requests(self.feed)
        self._leases: Worker[LeaseAction] = Worker(
            "leases", lease.perform, emit=self.feed, crashed=self._crash
        )
        self._service = ServiceAdapter(
            containers=_containers(settings),
            docker_host=settings.docker,
            emit=self.feed,
            submit=self._submit_service,
        )
        self._services = Worker(
            "services", self._service.perform, emit=self.feed, crashed=self._crash
        )
        self._media: dict[LinkName, Medium] = {
            link.name: open_medium(link, self.feed) for link in params.links
        }
        self._pinger = Pinger(self.feed)
        self._prober = Prober(self.feed)
        self._announcer = Announcer()
        hands = NodeHands(
            params,
            media=self._media,
            pinger=self._pinger,
            leases=self._leases,
            prober=self._prober,
            announcer=self._announcer,
            service=self._service,
            requests=self._requests,
            tell=(logs.report, counters.report, hub.report),
            done=lambda: self._end(0),
        )
        self._driver = Driver(cluster, LoopScheduler(loop, counters.loop_lag), hands)
        addresses = tuple(a for group in params.groups for a in group.addresses)
        self._watch = AddressWatch(addresses, self.feed)
        sources = Sources(view=cluster.view, progress=self._progress, wall_ns=time.time_ns)
        self._web = WebServer(
            host=settings.http.host,
            port=settings.http.port,
            sources=sources,
            hub=hub,
            registry=registry,
            page=page,
        )
        self._control = ControlServer(
            path=str(settings.control), sources=sources, ask=self._requests.ask
        )
        self._pulse_ns = moment().ns

    def feed(self, event: Event) -> None:
        """The one way in. An error in here is an error of ours: the node must not go on."""
        if self._ended.done():
            return
        try:
            self._driver.feed(event)
        except Exception as error:  # noqa: BLE001 - a guard: whatever it is ends the node
            self._crash(error)

    def _submit_service(self, action: VerbAction) -> None:
        self._services.submit(action)

    async def run(self) -> int:
        """Run until the end; return the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_stop_signal)
        self._leases.start()
        self._services.start()
        self._service.start()
        tasks = [
            loop.create_task(self._watch_addresses()),
            loop.create_task(self._beat_pulse()),
            loop.create_task(guard.keep(self._web, name="http", trouble=self._part_trouble)),
            loop.create_task(guard.keep(self._control, name="control", trouble=self._part_trouble)),
        ]
        for medium in self._media.values():
            medium.open()
        try:
            return await self._ended
        finally:
            await self._close(tasks)

    # --- the end -------------------------------------------------------------------------------

    def _on_stop_signal(self) -> None:
        if self._asked_to_stop:
            log.warning("stopping at once: a second signal came")
            self._end(1)
            return
        self._asked_to_stop = True
        self.feed(ShutdownRequested())

    def _crash(self, error: BaseException) -> None:
        log.error("internal error, ending: %r", error, exc_info=error)
        self._end(1)

    def _end(self, status: int) -> None:
        if not self._ended.done():
            self._ended.set_result(status)

    async def _close(self, tasks: list[asyncio.Task[None]]) -> None:
        self._driver.stop()
        await asyncio.to_thread(self._release_what_is_left)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for medium in self._media.values():
            medium.close()
        self._pinger.close()
        self._prober.close()
        self._announcer.close()
        await asyncio.to_thread(self._services.stop, LAST_RELEASE_S)
        await self._service.close()

    def _release_what_is_left(self) -> None:
        """After a clean stop nothing is; after a crash the address must not outlive us."""
        self._leases.stop(LAST_RELEASE_S)
        for group in self._params.groups:
            for address in group.addresses:
                with suppress(OSError):
                    self._lease.perform(ReleaseAddress(op=0, address=address))
        self._lease.close()

    # --- parts ---------------------------------------------------------------------------------

    async def _watch_addresses(self) -> None:
        try:
            await self._watch.run()
        except Exception as error:  # noqa: BLE001 - a guard: a blind node must not hold on
            self._crash(error)

    async def _beat_pulse(self) -> None:
        """The loop makes progress as long as this runs."""
        while True:
            self._pulse_ns = moment().ns
            await asyncio.sleep(1)

    def _progress(self) -> Progress:
        return Progress(age_ns=moment().ns - self._pulse_ns, limit_ns=STUCK_AFTER_NS)

    def _part_trouble(self, part: str, trouble: str) -> None:
        self.feed(PartChanged(part=part, trouble=trouble))


def _containers(settings: Settings) -> dict[str, str]:
    names: list[str] = [c.name for g in settings.params.groups for c in g.containers]
    return {name: settings.container_here(name) for name in names}
