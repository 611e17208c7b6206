"""Wires the parts of the service together: what the daemon needs to know of them.

Three threads meet here. A worker of the daemon's runs ``perform``, a thread of ours watches, and
the event loop runs the checks. What the two threads find out comes to the loop in the order in
which each of them found it, and an inspection reaches the checks before its facts reach the core,
so that a check which the core then begins knows its settings.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from sidecar.core.actions import BeginChecks, EndChecks, ServiceAction
from sidecar.core.events import Event, ServiceDone, ServiceRefused
from sidecar.service.check import Checker
from sidecar.service.engine import Engine, VerbAction
from sidecar.service.inspection import Inspection
from sidecar.service.watch import ServiceWatch

_PATIENCE_S: Final = 1.0
"""How long an end waits for the watching thread, which a hung engine may hold longer."""


class ServiceAdapter:
    """The containers of this node.

    ``perform`` is for the worker thread alone; all else belongs to the event loop's thread, and
    ``emit`` is called there. ``submit`` hands an action to the worker.
    """

    def __init__(
        self,
        *,
        containers: Mapping[str, str],
        docker_host: str,
        emit: Callable[[Event], None],
        submit: Callable[[VerbAction], None],
    ) -> None:
        self._submit = submit
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._checker = Checker(emit)
        self._engine = Engine(docker_host=docker_host, containers=containers, noted=self._noted)
        self._watch = ServiceWatch(
            engine=Engine(docker_host=docker_host, containers=containers, noted=self._noted),
            containers=containers,
            emit=lambda event: self._on_loop(lambda: emit(event)),
        )
        self._thread = threading.Thread(target=self._watch.run, name="service watch", daemon=True)

    def start(self) -> None:
        """Begin to watch; from here on events are emitted."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def carry_out(self, action: ServiceAction) -> None:
        """Begin or end checks here, and leave what may block to the worker."""
        match action:
            case BeginChecks():
                self._checker.begin(action.container)
            case EndChecks():
                self._checker.end(action.container)
            case _:
                self._submit(action)

    def perform(self, action: VerbAction) -> ServiceDone | ServiceRefused:
        """Blocking, for the worker's thread."""
        return self._engine.perform(action)

    async def close(self) -> None:
        """Emit nothing any more. The worker should have ended before."""
        self._closed = True
        await self._checker.close()
        if self._thread.is_alive():
            await asyncio.to_thread(self._end_watch)
        self._engine.close()

    def _end_watch(self) -> None:
        self._watch.stop()
        self._thread.join(_PATIENCE_S)

    def _noted(self, container: str, seen: Inspection) -> None:
        self._on_loop(lambda: self._checker.observe(container, seen))

    def _on_loop(self, call: Callable[[], None]) -> None:
        """From any thread: make the call in the loop's, unless all is closed by then."""
        if self._loop is not None and not self._closed:
            with suppress(RuntimeError):  # the loop was closed at this very moment
                self._loop.call_soon_threadsafe(lambda: None if self._closed else call())
