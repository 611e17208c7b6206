"""Wires the parts of the service together: what the daemon needs to know of them.

Three threads meet here. A worker of the daemon's runs ``perform``, a thread of ours watches, and
the event loop runs the checks. What the two threads find out comes to the loop in the order in
which each of them found it, and an inspection reaches the checks before its facts reach the core,
so that a check which the core then begins knows its settings.

The packages for Docker and for HTTP take longer to load than a beat may be late. So each thread
loads what it uses, and the first inspection comes after all is loaded that a check can need.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from sidecar.core.actions import BeginChecks, EndChecks, ServiceAction, VerbAction
from sidecar.core.events import Event, ServiceDone
from sidecar.core.terms import ContainerFacts
from sidecar.service.check import Checker
from sidecar.service.inspection import Inspection

if TYPE_CHECKING:
    from sidecar.service.engine import Engine
    from sidecar.service.watch import ServiceWatch

_PATIENCE_S: Final = 1.0
"""How long an end waits for the watching thread, which a hung engine may hold longer."""


class ServiceAdapter:
    """The containers of this node.

    ``open`` is for the worker's thread alone; all else belongs to the event loop's thread, and
    ``emit`` is called there. ``submit`` hands an action to the worker. ``crashed`` is called
    there when the watching thread or a check dies of an error: never a silence, for nothing that
    happens to a container would be noticed any more.
    """

    def __init__(
        self,
        *,
        containers: Mapping[str, str],
        docker_host: str,
        emit: Callable[[Event], None],
        submit: Callable[[VerbAction], None],
        crashed: Callable[[BaseException], None],
        before: "ServiceAdapter | None" = None,
    ) -> None:
        """``before``: the adapter of other containers that this one replaces, to be closed next."""
        self._submit = submit
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._checker = Checker(emit, crashed)
        self._emit = emit
        self._crashed = crashed
        self._docker_host = docker_host
        self._containers = containers
        self._last: dict[str, Inspection] = {}
        """What either of the two threads saw last; each replaces whole inspections only."""
        self._told: dict[str, ContainerFacts] = {}
        """What the core was last told by either of them, likewise."""
        if before is not None:
            self._checker, self._last = before.hand_over(containers)
        self._loaded: Callable[[], None] = lambda: None
        self._engine: Engine | None = None
        self._watch: ServiceWatch | None = None
        self._thread = threading.Thread(target=self._run_watch, name="service watch", daemon=True)

    def start(self, loaded: Callable[[], None] = lambda: None) -> None:
        """Begin to watch; from here on events are emitted. ``loaded`` is called in the loop."""
        self._loop = asyncio.get_running_loop()
        self._loaded = loaded
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

    def open(self) -> Callable[[VerbAction], Event]:
        """Load and make, on the worker's thread, what carries the other actions out there."""
        self._engine = self._make_engine()
        return partial(self._perform, self._engine)

    def _perform(self, engine: "Engine", action: VerbAction) -> Event:
        answer = engine.perform(action)
        if isinstance(answer, ServiceDone):
            self._told[action.container] = answer.facts
        return answer

    def checks(self) -> dict[str, str]:
        """The URL by which each container is checked, of those that are checked by one."""
        return self._checker.urls()

    def hand_over(self, containers: Mapping[str, str]) -> tuple[Checker, dict[str, Inspection]]:
        """Give away the checks, which go on, and what was last seen of the containers that stay.

        The core has begun them once and does not begin them again. An engine that is silent just
        now would not show the settings of a container anew.
        """
        checker, self._checker = self._checker, Checker(self._emit, self._crashed)
        for gone in self._containers.keys() - containers.keys():
            checker.forget(gone)
        return checker, {name: self._last[name] for name in containers if name in self._last}

    async def close(self) -> None:
        """Emit nothing any more. The worker should have ended before."""
        self._closed = True
        await self._checker.close()
        if self._thread.is_alive():
            await asyncio.to_thread(self._end_watch)
        if self._engine is not None:
            self._engine.close()

    def _run_watch(self) -> None:
        try:
            self._watch_on()
        except Exception as error:  # noqa: BLE001 - whatever it is ends the daemon, loudly
            self._on_loop(partial(self._crashed, error))

    def _watch_on(self) -> None:
        import sidecar.service.probe  # noqa: F401, PLC0415 - what the checks will ask with
        from sidecar.service.watch import ServiceWatch  # noqa: PLC0415

        self._on_loop(self._loaded)
        self._watch = ServiceWatch(
            engine=self._make_engine(),
            containers=self._containers,
            emit=lambda event: self._on_loop(lambda: self._emit(event)),
            told=self._told,
        )
        if not self._closed:
            self._watch.run()

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.stop()
        self._thread.join(_PATIENCE_S)

    def _make_engine(self) -> "Engine":
        from sidecar.service.engine import Engine  # noqa: PLC0415

        return Engine(
            docker_host=self._docker_host,
            containers=self._containers,
            noted=self._noted,
            last=self._last,
        )

    def _noted(self, container: str, seen: Inspection) -> None:
        self._on_loop(lambda: self._checker.observe(container, seen))

    def _on_loop(self, call: Callable[[], None]) -> None:
        """From any thread: make the call in the loop's, unless all is closed by then."""
        if self._loop is not None and not self._closed:
            with suppress(RuntimeError):  # the loop was closed at this very moment
                self._loop.call_soon_threadsafe(lambda: None if self._closed else call())
