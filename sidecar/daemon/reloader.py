"""The settings of a running node, and whatever changes them: an operator who has edited the files,
and an interface or an address of this host that comes later than the sidecar.

A HUP asks for the same as ``sidecar reload``, and gets no answer but the log's. Sent by ``docker
kill`` it has a price that nobody sees: the engine takes a container that it has sent any signal to
for one that was stopped by hand, and ``unless-stopped`` does not start it when the host boots.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from sidecar.config.settings import Settings
from sidecar.core.events import Event, Reloaded, ReloadRefused
from sidecar.core.occurrences import ConfigurationReloaded, ReloadFailed
from sidecar.core.params import differences
from sidecar.daemon.adapters import Adapters
from sidecar.daemon.places import LOOK_EVERY_S, any_doubtful, any_placeless, as_of_now
from sidecar.daemon.reload import Load, ReloadError, read_anew
from sidecar.web.ports import Reply

PRICE_OF_A_SIGNAL: Final = (
    "reloading on a signal: if `docker kill` sent it, the engine takes this container for one that "
    "was stopped by hand, and does not start it when the host boots: `docker restart` it once, and "
    "reload by `docker exec sidecar sidecar reload`, which has no such effect"
)

log = logging.getLogger("sidecar")


class Reloader:
    """Changes the settings, one change at a time."""

    def __init__(
        self,
        load: Load,
        adapters: Adapters,
        *,
        feed: Callable[[Event], None],
        applied: Callable[[Settings], None],
    ) -> None:
        """``applied`` is told the settings from now on, before the adapters take them over."""
        self._load = load
        self._adapters = adapters
        self._feed = feed
        self._applied = applied
        self._asked = False
        self._reloading: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()
        self._unfinished = asyncio.Event()
        """What comes later than the sidecar would change the settings."""

    @property
    def busy(self) -> bool:
        """A signal's reload is under way."""
        return self._reloading is not None and not self._reloading.done()

    def on_signal(self) -> None:
        log.warning("%s", PRICE_OF_A_SIGNAL)
        self._asked = True
        if not self.busy:
            self._reloading = asyncio.get_running_loop().create_task(self._reload_as_asked())

    async def _reload_as_asked(self) -> None:
        """Once more if it was asked for meanwhile: the files may have changed after the reading."""
        while self._asked:
            self._asked = False
            await self.reload()

    async def reload(self) -> Reply:
        """Read the files and take over what differs; the reply says all that the log does."""
        async with self._changing:
            before = self._adapters.settings
            try:
                fresh = await read_anew(self._load, before)
            except ReloadError as error:
                self._feed(ReloadRefused(problems=error.problems))
                return Reply(ok=False, text=ReloadFailed(problems=error.problems).sentence())
            for warning in fresh.warnings:
                log.warning("%s", warning)
            await self._apply(fresh)
        changes = differences(before.params, fresh.params)
        told = ConfigurationReloaded(changes=changes).sentence()
        return Reply(ok=True, text="\n".join((*map(str, fresh.warnings), told)))

    async def _apply(self, fresh: Settings) -> None:
        self._feed(Reloaded(params=fresh.params))
        self._applied(fresh)
        await self._adapters.reconfigure(fresh)
        self._note_unfinished()

    def _note_unfinished(self) -> None:
        params = self._adapters.settings.params
        if any_placeless(params) or any_doubtful(params):
            self._unfinished.set()
        else:
            self._unfinished.clear()

    async def find_places(self) -> None:
        """As soon as the network is there, as if it had been at the start. Never ends."""
        self._note_unfinished()
        while await self._unfinished.wait():
            await asyncio.sleep(LOOK_EVERY_S)
            async with self._changing:
                before = self._adapters.settings
                try:
                    fresh = await asyncio.to_thread(as_of_now, before)
                except OSError:
                    continue  # the kernel will tell another time
                if fresh.params != before.params:
                    log.info("this host has an address that it had not at the start")
                    await self._apply(fresh)
