"""Carries out the core's wishes on containers, as sidecar/service does it with the real engine.

One worker thread takes the wishes one after the other, each as inspect, verb, inspect. An engine
that is down refuses at once; one that hangs costs the client's whole patience and may have done the
work all the same. Checks go by the data plane and need no engine.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import Final, assert_never

from sidecar.core.actions import (
    BeginChecks,
    EndChecks,
    PauseService,
    RestartService,
    ServiceAction,
    StartService,
    StopService,
)
from sidecar.core.events import (
    EngineChanged,
    Event,
    ServiceChanged,
    ServiceChecked,
    ServiceDone,
    ServiceRefused,
)
from sidecar.core.terms import MILLISECOND, SECOND, ContainerFacts, ContainerState
from tests.sim.docker import (
    PAUSED,
    RUNNING,
    Box,
    Engine,
    EngineMode,
    Verb,
    VerbAction,
    outcome,
    verb_for,
)
from tests.sim.life import Life

ENGINE_TIMEOUT_NS: Final = 3 * SECOND

# Measured on a 2-core machine with a real engine.
_LATENCY_NS: Final = {
    Verb.UNPAUSE: 15 * MILLISECOND,
    Verb.PAUSE: 14 * MILLISECOND,
    Verb.START: 160 * MILLISECOND,
    Verb.STOP: 78 * MILLISECOND,
    Verb.RESTART: 240 * MILLISECOND,
}
_INSPECT_NS: Final = 3 * MILLISECOND // 2
_SLOW: Final = 0.02
"""Chance that a verb takes ten times as long."""

_EVENT_NS: Final = (MILLISECOND, 5 * MILLISECOND)
_SEES_DOWN_NS: Final = (10 * MILLISECOND, 300 * MILLISECOND)
_SEES_HUNG_NS: Final = (3 * SECOND, 8 * SECOND)
_SEES_UP_NS: Final = (50 * MILLISECOND, SECOND)
_CHECK_NS: Final = 2 * MILLISECOND
_QUICK_NS: Final = 50 * MILLISECOND
_QUICK_CHECKS: Final = 200
"""Ten seconds' worth of quick checks until the first one passes."""


class ServiceWorker:
    """The service adapter of one life of the sidecar: verbs, checks and the watch."""

    def __init__(
        self,
        engine: Engine,
        containers: tuple[str, ...],
        life: Life,
        rng: Random,
        feed: Callable[[Event], None],
    ) -> None:
        self._engine = engine
        self._life = life
        self._rng = rng
        self._feed = feed
        self._mailbox: deque[VerbAction] = deque()
        self._busy = False
        # Counts the beginnings and ends of checks: a check of an earlier number is not told.
        self._checking: dict[str, int] = {}
        self._watch = Watch(engine, containers, life, rng, feed)

    def begin(self) -> None:
        """Look at the engine for the first time."""
        self._engine.changed = self._watch.hint
        self._watch.hint()

    def perform(self, action: ServiceAction) -> None:
        match action:
            case StartService() | RestartService() | PauseService() | StopService():
                self._mailbox.append(action)
                if not self._busy:
                    self._busy = True
                    self._life.thread_later(0, self._next)
            case BeginChecks():
                number = self._checking[action.container] = self._number(action.container) + 1
                self._check(action.container, number, _QUICK_CHECKS)
            case EndChecks():
                self._checking[action.container] = self._number(action.container) + 1
            case _:
                assert_never(action)

    # --- verbs -----------------------------------------------------------------------------------

    def _next(self) -> None:
        if not self._mailbox:
            self._busy = False
            return
        action = self._mailbox.popleft()
        if not self._refuses(action):
            self._life.thread_later(_INSPECT_NS, partial(self._begin_verb, action))

    def _begin_verb(self, action: VerbAction) -> None:
        if self._refuses(action):
            return
        before = self._engine.facts(action.container)
        verb = verb_for(action, before.state)
        if verb is None:
            self._answer(action, before, "")
            return
        takes_ns = self._latency(verb)
        if takes_ns <= ENGINE_TIMEOUT_NS:
            self._life.thread_later(takes_ns, partial(self._end_verb, action, before))
        else:
            self._engine.later(takes_ns, partial(self._work, action))
            self._refuse(action, ENGINE_TIMEOUT_NS)

    def _end_verb(self, action: VerbAction, before: ContainerFacts) -> None:
        silent = self._engine.mode is not EngineMode.UP
        if silent and self._rng.random() < 0.5:  # it did the work, or did not
            self._refuses(action)
            return
        trouble = self._work(action)
        if not self._refuses(action):
            self._life.thread_later(_INSPECT_NS, partial(self._answer, action, before, trouble))

    def _work(self, action: VerbAction) -> str:
        """The engine does it; what it complains of."""
        # Somebody may have changed the container since it was looked at.
        still = verb_for(action, self._engine.facts(action.container).state)
        return self._engine.apply(still, action.container) if still else ""

    def _refuses(self, action: VerbAction) -> bool:
        """Answer for an engine that does not."""
        mode = self._engine.mode
        if mode is EngineMode.UP:
            return False
        self._refuse(action, ENGINE_TIMEOUT_NS if mode is EngineMode.HUNG else MILLISECOND)
        return True

    def _refuse(self, action: VerbAction, wait_ns: int) -> None:
        refusal = ServiceRefused(
            op=action.op, container=action.container, reason="the engine does not answer"
        )
        self._life.thread_later(wait_ns, partial(self._done, refusal))

    def _answer(self, action: VerbAction, before: ContainerFacts, trouble: str) -> None:
        now = self._engine.facts(action.container)
        answer = outcome(action, before, now, trouble)
        if isinstance(answer, ServiceDone):
            self._watch.note(action.container, answer.facts)
        self._done(answer)

    def _done(self, event: Event) -> None:
        self._feed(event)
        self._next()

    def _latency(self, verb: Verb) -> int:
        usual_ns = _LATENCY_NS[verb]
        factor = 10 if self._rng.random() < _SLOW else 1
        return (
            factor * self._engine.slower * self._rng.randrange(usual_ns * 4 // 5, usual_ns * 3 // 2)
        )

    # --- checks ----------------------------------------------------------------------------------

    def _number(self, container: str) -> int:
        return self._checking.get(container, 0)

    def _check(self, container: str, number: int, quick: int) -> None:
        """One check now; its verdict and the next check follow, quickly until the first pass."""
        if self._number(container) != number:
            return
        box = self._engine.boxes[container]
        settings = box.settings
        passes, detail = _verdict(box)
        takes_ns = _CHECK_NS
        if not passes and box.state in (RUNNING, PAUSED):
            takes_ns = settings.timeout_ms * MILLISECOND
        told = ServiceChecked(container=container, passed=passes, detail=detail)
        self._life.loop_later(takes_ns, partial(self._tell_check, container, number, told))
        quick = 0 if passes else max(0, quick - 1)
        pace_ns = _QUICK_NS if quick else settings.interval_ms * MILLISECOND
        again = partial(self._check, container, number, quick)
        self._life.loop_later(max(takes_ns, pace_ns), again)

    def _tell_check(self, container: str, number: int, told: ServiceChecked) -> None:
        if self._number(container) == number:
            self._feed(told)


def _verdict(box: Box) -> tuple[bool, str]:
    if box.serves:
        return True, "200"
    if box.state is RUNNING:
        return False, "503"
    return False, "timed out" if box.state is PAUSED else "connection refused"


class Watch:
    """Looks again after each hint, and tells what is new."""

    def __init__(
        self,
        engine: Engine,
        containers: tuple[str, ...],
        life: Life,
        rng: Random,
        feed: Callable[[Event], None],
    ) -> None:
        self._engine = engine
        self._containers = containers
        self._life = life
        self._rng = rng
        self._feed = feed
        self._told: dict[str, ContainerFacts] = {}
        self._up: bool | None = None
        self._looking: EngineMode | None = None

    def note(self, container: str, facts: ContainerFacts) -> None:
        """Somebody else has told this."""
        self._told[container] = facts

    def hint(self) -> None:
        """Something has changed: look soon, unless a look is under way for the same reason."""
        mode = self._engine.mode
        if self._looking is mode:
            return
        self._looking = mode
        self._life.thread_later(self._rng.randrange(*self._after(mode)), partial(self._look, mode))

    def _after(self, mode: EngineMode) -> tuple[int, int]:
        match mode:
            case EngineMode.UP:
                return _EVENT_NS if self._up is not False else _SEES_UP_NS
            case EngineMode.DOWN:
                return _SEES_DOWN_NS
            case EngineMode.HUNG:
                return _SEES_HUNG_NS
            case _:
                assert_never(mode)

    def _look(self, mode: EngineMode) -> None:
        if self._looking is not mode:
            return
        self._looking = None
        if self._engine.mode is not mode:
            self.hint()
        elif mode is EngineMode.UP:
            self._sees_up()
        else:
            self._sees_nothing("connection refused" if mode is EngineMode.DOWN else "no answer")

    def _sees_up(self) -> None:
        if not self._up:
            self._up = True
            self._told.clear()
            self._feed(EngineChanged(up=True, reason="the Docker engine answers"))
        for container in self._containers:
            self._tell(container, self._engine.facts(container))

    def _sees_nothing(self, reason: str) -> None:
        if self._up is False:
            return
        self._up = False
        self._feed(EngineChanged(up=False, reason=reason))
        for container in self._containers:
            last = self._told.get(container, ContainerFacts(state=ContainerState.UNKNOWN))
            unknown = replace(last, state=ContainerState.UNKNOWN, detail=reason)
            self._tell(container, unknown)

    def _tell(self, container: str, facts: ContainerFacts) -> None:
        if self._told.get(container) != facts:
            self._told[container] = facts
            self._feed(ServiceChanged(container=container, facts=facts))
