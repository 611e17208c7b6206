"""Tells what happens to the containers and whether the engine answers.

One blocking loop for a daemon thread of its own, so that an engine that hangs stalls nothing else.
The engine's events are hints without replay: each causes a new inspection, a death is told before
it already, and after every beginning of the stream all containers are inspected. A stream that
stays quiet is ended and begun anew, so that one which died silently costs a few seconds at most,
and the containers are inspected at that pace in any case. It never acts on a container.

Only news is told, and what is news depends on the answers of who does act, too: it may have paused
what was told as running, and somebody may have ended that before the next look. An answer that came
during a look may be younger than what the look has shown: then it looks again.

One call without an answer is enough to say that the engine is down: a refused connection is
certain, and a hung engine has then already been waited for. Nothing follows from it but a report,
for what the engine does not tell is unknown, not failed. An engine that answers with errors is up.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sidecar.core.events import EngineChanged, ServiceChanged, ServiceRestarted
from sidecar.core.terms import ContainerFacts
from sidecar.service.client import EventStream, Refused, Silent
from sidecar.service.engine import Engine
from sidecar.service.foresight import ended

log = logging.getLogger(__name__)

QUIET_S: Final = 5
"""A stream without a word for so long is begun anew, and everything is inspected again."""

_HARBINGERS: Final = ("oom", "kill")
"""A death after these has a reason, or a sequel as a removal, which only a look shows."""

_LOOKS_MAX: Final = 5
"""Somebody may act on a container as often as it is looked at, but hardly so often in a row."""

_FIRST_DELAY_S: Final = 0.1
_LONGEST_DELAY_S: Final = 1.0
"""Between attempts to reach an engine that is down; one attempt costs next to nothing."""


class ServiceWatch:
    """Watches these containers through an engine object that this thread alone uses."""

    def __init__(
        self,
        *,
        engine: Engine,
        containers: Iterable[str],
        emit: Callable[[ServiceChanged | ServiceRestarted | EngineChanged], None],
        told: dict[str, ContainerFacts] | None = None,
        quiet_s: int = QUIET_S,
    ) -> None:
        """``told``: what the core was last told of each container, by whomever."""
        self._engine = engine
        self._containers = tuple(containers)
        self._emit = emit
        self._quiet_s = quiet_s
        self._stopping = threading.Event()
        self._stream: EventStream | None = None
        self._told = {} if told is None else told
        self._warned: set[str] = set()
        """The containers whose last event was a harbinger."""
        self._up: bool | None = None
        self._events_refused = ""

    def run(self) -> None:
        """Watch until ``stop``."""
        delay_s = 0.0
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                self._watch_once()
                lasted_s = time.monotonic() - began
                well = self._up and lasted_s >= _LONGEST_DELAY_S
                delay_s = 0.0 if well else min(delay_s * 2 or _FIRST_DELAY_S, _LONGEST_DELAY_S)
                self._stopping.wait(delay_s)
        finally:
            self._engine.close()

    def stop(self) -> None:
        """End the loop from another thread: at once, or when the engine's time is up."""
        self._stopping.set()
        stream = self._stream
        if stream is not None:
            stream.cancel()

    def _watch_once(self) -> None:
        """One stream from its beginning to its end."""
        try:
            stream = self._open()
        except Silent as silence:
            self._engine_is_down(str(silence))
            return
        self._engine_is_up()
        if stream is None:
            # No events to be had, as behind a proxy that forbids them: looking is all there is.
            self._sweep()
            return
        try:
            if self._sweep():
                self._follow(stream)
        finally:
            self._stream = None
            stream.close()

    def _open(self) -> EventStream | None:
        try:
            stream = self._engine.client.events(quiet_s=self._quiet_s)
        except Refused as refusal:
            if str(refusal) != self._events_refused:
                self._events_refused = str(refusal)
                log.warning("%s; inspecting every %.0f s instead", refusal, _LONGEST_DELAY_S)
            return None
        self._stream = stream
        if self._stopping.is_set():  # it came while the stream was not there to be cancelled
            stream.cancel()
        return stream

    def _follow(self, stream: EventStream) -> None:
        """Inspect what the events name, and everything when it has not been done for long."""
        swept = time.monotonic()
        for event in stream:
            if self._stopping.is_set():
                return
            if time.monotonic() - swept >= self._quiet_s:
                return
            named = self._named_in(event)
            for container in named:
                self._foresee(container, event)
            if not all(self._look(container) for container in named):
                return
            if event.get("Action") == "restart":
                for container in named:
                    self._emit(ServiceRestarted(container=container))

    def _foresee(self, container: str, event: Mapping[str, Any]) -> None:
        """Tell of a death before it can be inspected, unless it is only a part of the story."""
        if event.get("Action") in _HARBINGERS:
            self._warned.add(container)
        elif container in self._warned:
            self._warned.discard(container)
        elif (dead := ended(self._engine.last_seen(container), event)) is not None:
            self._tell(container, dead.facts)

    def _named_in(self, event: Mapping[str, Any]) -> list[str]:
        """Our containers that this event may be about: by name, or by id if renamed away."""
        actor = event.get("Actor") or {}
        told = {(actor.get("Attributes") or {}).get("name", ""), actor.get("ID", "")}
        return [
            container
            for container in self._containers
            if self._engine.name_of(container) in told or self._identity_of(container) in told
        ]

    def _identity_of(self, container: str) -> str | None:
        facts = self._told.get(container)
        return (facts.identity or None) if facts else None

    def _sweep(self) -> bool:
        """Inspect everything; whether the engine answered."""
        return all(self._look(container) for container in self._containers)

    def _look(self, container: str) -> bool:
        """Inspect one container and tell what is new; whether the engine answered."""
        for _ in range(_LOOKS_MAX):
            told = self._told.get(container)
            seen = self._engine.look(container)
            if self._told.get(container) is told:
                break
        if not seen.answered:
            self._engine_is_down(seen.facts.detail)
            return False
        self._engine_is_up()
        self._tell(container, seen.facts)
        return True

    def _tell(self, container: str, facts: ContainerFacts) -> None:
        if self._stopping.is_set() or self._told.get(container) == facts:
            return
        self._told[container] = facts
        self._emit(ServiceChanged(container=container, facts=facts))

    def _engine_is_up(self) -> None:
        if self._up:
            return
        self._up = True
        self._emit(EngineChanged(up=True, reason="the Docker engine answers"))

    def _engine_is_down(self, reason: str) -> None:
        if self._up is not False and not self._stopping.is_set():
            self._up = False
            self._emit(EngineChanged(up=False, reason=reason))
            for container in self._containers:
                seen = self._engine.unknown(container, reason, answered=False)
                self._tell(container, seen.facts)
