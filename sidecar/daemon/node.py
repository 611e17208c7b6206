"""One node: the core, its driver, all adapters and the pages, from their start to their end.

Vital parts (driver, media, leases, the watch of the addresses) are allowed no failure: it ends the
node, which releases what it holds, and the container starts anew. The others (pages, control
socket) are guarded.
"""

import asyncio
import logging
import signal
import time
from random import SystemRandom
from typing import Final

from sidecar.config.settings import Settings
from sidecar.core.cluster import Cluster
from sidecar.core.events import (
    Event,
    PacketReceived,
    PartChanged,
    ShutdownRequested,
)
from sidecar.core.params import Boot
from sidecar.core.terms import SECOND
from sidecar.daemon import guard, logs, realtime
from sidecar.daemon.adapters import Adapters
from sidecar.daemon.clock import moment
from sidecar.daemon.counted import Counted
from sidecar.daemon.driver import Driver
from sidecar.daemon.hands import NodeHands, Requests
from sidecar.daemon.history_file import HistoryFile
from sidecar.daemon.memory import Memory
from sidecar.daemon.news import News
from sidecar.daemon.notifying import notifier_of
from sidecar.daemon.reload import Load
from sidecar.daemon.reloader import Reloader
from sidecar.daemon.scheduler import LoopScheduler
from sidecar.daemon.shown import Shown
from sidecar.web.history import History
from sidecar.web.hub import EventHub
from sidecar.web.move import Move
from sidecar.web.ports import Progress, Sources

STUCK_AFTER_NS: Final = 5 * SECOND

log = logging.getLogger("sidecar")


class Node:
    """Everything that runs. Made inside the running loop."""

    def __init__(
        self,
        settings: Settings,
        boot: Boot,
        *,
        load: Load,
        past: tuple[Move, ...] = (),
    ) -> None:
        """``past``: the moves that earlier lives remembered, the oldest first."""
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = loop.create_future()
        self._asked_to_stop = False
        self._pulse_ns = moment().ns
        cluster = Cluster(settings.params, SystemRandom(), boot)
        counted = Counted(cluster.view)
        history = History(
            cluster.view,
            clock_ns=lambda: self._news.known_ns(),  # noqa: PLW0108 - it is made below
            wall_ns=time.time_ns,
            kept=past,
        )
        self._history_file = HistoryFile(settings.state_dir, history)
        hub = EventHub(wall_ns=time.time_ns)
        self._shown = shown = Shown(cluster, lambda: moment().ns)
        self._notifier = notifier_of(settings, boot, counted.load)
        notify = () if self._notifier is None else (self._notifier.report,)
        self._adapters = Adapters(settings, feed=self.feed, crashed=self._crash)
        self._reloader = Reloader(load, self._adapters, feed=self.feed, applied=self._sign_anew)
        requests = Requests(self.feed, reload=self._reloader.reload)
        self._memory = Memory(settings.state_dir, self._part_trouble)
        self._news = News(
            (
                *(logs.report, counted.report, shown.report),
                *(hub.report, history.report, *notify),
            ),
            crashed=self._crash,
        )
        hands = NodeHands(
            self._adapters,
            requests,
            news=self._news,
            keep=self._memory.keep,
            done=lambda: self._end(0),
        )
        self._driver = Driver(cluster, LoopScheduler(loop, counted.loop_lag, self._crash), hands)
        sources = Sources(
            view=cluster.view,
            progress=self._progress,
            wall_ns=time.time_ns,
            moves=history.moves,
            checks=self._checks,
            beyond=shown.beyond,
            gaps=shown.gaps,
            observed=shown.observed,
        )

        def web() -> guard.Part:
            from sidecar.web.app import WebServer  # noqa: PLC0415 - it takes longer than a beat
            from sidecar.web.pages import page_text  # noqa: PLC0415

            return WebServer(
                host=settings.http.host,
                port=settings.http.port,
                sources=sources,
                hub=hub,
                registry=counted.load(),
                page=page_text(),
            )

        def control() -> guard.Part:
            from sidecar.web.control import ControlServer  # noqa: PLC0415 - no beat needs it

            return ControlServer(path=str(settings.control), sources=sources, ask=requests.ask)

        self._guarded: dict[str, guard.Part] = {
            "http": guard.Late(web),
            "control": guard.Late(control),
        }
        if self._notifier is not None:
            self._guarded["webhooks"] = self._notifier

    def feed(self, event: Event) -> None:
        """The one way in. An error in here is an error of ours: the node must not go on."""
        if self._ended.done():
            return
        try:
            self._driver.feed(event)
            if isinstance(event, PacketReceived):
                self._shown.packet(event)
        except Exception as error:  # noqa: BLE001 - a guard: whatever it is ends the node
            self._crash(error)

    async def run(self) -> int:
        """Run until the end; return the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_stop_signal)
        loop.add_signal_handler(signal.SIGHUP, self._reloader.on_signal)
        realtime.switch_quickly()
        refused = realtime.hurry(self._adapters.settings.realtime_priority)
        if refused:
            log.info("running without real-time scheduling: %s", refused)
        self._adapters.start()
        tasks = [loop.create_task(self._beat_pulse())]
        tasks += [loop.create_task(self._keep(part, name)) for name, part in self._guarded.items()]
        tasks.append(loop.create_task(self._reloader.find_places()))
        try:
            return await self._ended
        finally:
            self._driver.stop()
            self._news.tell()
            await self._adapters.close()  # first: the disk may be slow, or stuck
            await self._memory.close()
            await self._history_file.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- signals -------------------------------------------------------------------------------

    def _on_stop_signal(self) -> None:
        if self._asked_to_stop:
            log.warning("stopping at once: a second signal came")
            self._end(1)
            return
        self._asked_to_stop = True
        self.feed(ShutdownRequested())

    # --- the end -------------------------------------------------------------------------------

    def _crash(self, error: BaseException) -> None:
        log.error("internal error, ending: %r", error, exc_info=error)
        self._end(1)

    def _end(self, status: int) -> None:
        if not self._ended.done():
            self._ended.set_result(status)

    # --- parts that are not vital --------------------------------------------------------------

    async def _keep(self, part: guard.Part, name: str) -> None:
        """Once what serves the address is loaded: these parts take long to load, too."""
        await self._adapters.loaded.wait()
        await guard.keep(part, name=name, trouble=self._part_trouble)

    async def _beat_pulse(self) -> None:
        """The loop makes progress as long as this runs."""
        while True:
            self._pulse_ns = moment().ns
            await asyncio.sleep(1)

    def _progress(self) -> Progress:
        return Progress(age_ns=moment().ns - self._pulse_ns, limit_ns=STUCK_AFTER_NS)

    def _checks(self) -> dict[str, str]:
        return self._adapters.service.checks()  # of the service as the last reload made it

    def _sign_anew(self, settings: Settings) -> None:
        if self._notifier is not None:
            self._notifier.sign_with(settings.webhooks.secret)

    def _part_trouble(self, part: str, trouble: str) -> None:
        self.feed(PartChanged(part=part, trouble=trouble))
