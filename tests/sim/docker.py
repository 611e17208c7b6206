"""A host's Docker engine: containers, verbs and what goes wrong with them.

The states, the verbs and what they lead to are those of ``sidecar/service/engine.py``; one table of
sentences (``tests/service/contract.py``) judges both. The containers live on when the sidecar or
the engine dies; power loss stops them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from random import Random
from typing import Final, assert_never

from sidecar.core.actions import PauseService, RestartService, StartService, StopService
from sidecar.core.events import ServiceDone, ServiceRefused
from sidecar.core.terms import SECOND, ContainerFacts, ContainerState, StandbyMode
from tests.sim.witness import ContainerMoved, Witness
from tests.sim.world import Callback, World

VerbAction = StartService | RestartService | PauseService | StopService

ABSENT: Final = ContainerState.ABSENT
STOPPED: Final = ContainerState.STOPPED
PAUSED: Final = ContainerState.PAUSED
RUNNING: Final = ContainerState.RUNNING
RESTARTING: Final = ContainerState.RESTARTING
_ALIVE: Final = (RUNNING, PAUSED, RESTARTING)
_SWEPT_AWAY: Final = "exit code 255"
"""What ends with its host or its engine comes back with it."""


class EngineMode(Enum):
    UP = auto()
    DOWN = auto()
    """Refuses connections."""
    HUNG = auto()
    """Takes the request and says nothing."""


class Verb(Enum):
    START = "start"
    RESTART = "restart"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    STOP = "stop"


VERBS: Final = {
    StartService: {STOPPED: Verb.START, PAUSED: Verb.UNPAUSE, RESTARTING: Verb.RESTART},
    RestartService: {
        STOPPED: Verb.START,
        PAUSED: Verb.RESTART,
        RUNNING: Verb.RESTART,
        RESTARTING: Verb.RESTART,
    },
    PauseService: {RUNNING: Verb.PAUSE},
    StopService: {PAUSED: Verb.STOP, RUNNING: Verb.STOP, RESTARTING: Verb.STOP},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The container's labels."""

    standby: StandbyMode = StandbyMode.PAUSE
    checked: bool = True
    failures: int = 3
    restarts: int = 1
    interval_ms: int = 1000
    timeout_ms: int = 1000


@dataclass(slots=True, kw_only=True)
class Box:
    """One container."""

    name: str
    identity: str
    settings: Settings
    state: ContainerState = STOPPED
    started_at: str = ""
    detail: str = "never started"
    sick: bool = False
    """A fault: it runs and does not serve."""
    heals_by_restart: bool = True
    failing_starts: int = 0
    """A fault: so many starts end at once with an error."""
    looping: bool = False
    """A fault: it dies after each start, and a restart policy starts it again and again."""

    @property
    def serves(self) -> bool:
        return self.state is RUNNING and not self.sick

    @property
    def broken(self) -> bool:
        """Missing, or dying again and again."""
        return self.looping or self.state is ABSENT

    @property
    def could_serve(self) -> bool:
        """As far as the container itself is concerned."""
        return not (self.sick or self.failing_starts or self.broken)


class Engine:
    """The engine of one host."""

    def __init__(self, world: World, rng: Random, node: str, witness: Witness) -> None:
        self.mode = EngineMode.UP
        self.slower = 1
        """A fault: by this factor every verb takes longer."""
        self.silent_ns = -SECOND
        """When it last ceased or began to answer."""
        self.works_until_ns = 0
        """When it has done all that it was asked for so far."""
        self.boxes: dict[str, Box] = {}
        self.changed: Callback | None = None
        """Told when a container or the engine itself has changed: a hint, without what."""
        self._world = world
        self._rng = rng
        self._node = node
        self._witness = witness

    def create(self, name: str, settings: Settings, state: ContainerState = STOPPED) -> Box:
        """``docker compose up``: a container with an identity of its own."""
        identity = self._rng.randbytes(8).hex()
        box = self.boxes[name] = Box(name=name, identity=identity, settings=settings)
        if state is RUNNING:
            box.started_at = self._stamp()
        box.detail = ""
        self._become(box, state)
        return box

    def set_mode(self, mode: EngineMode) -> None:
        if self.mode is not mode:
            self.mode = mode
            self.silent_ns = self._world.now_ns
            self._hint()

    def facts(self, name: str) -> ContainerFacts:
        """What an inspection of a willing engine shows."""
        box = self.boxes.get(name)
        if box is None or box.state is ABSENT:
            return ContainerFacts(state=ABSENT)
        settings = box.settings
        return ContainerFacts(
            state=box.state,
            identity=box.identity,
            started_at=box.started_at,
            standby=settings.standby,
            checked=settings.checked,
            failures=settings.failures,
            restarts=settings.restarts,
            detail=box.detail if box.state in (STOPPED, RESTARTING) else "",
        )

    def apply(self, verb: Verb, name: str) -> str:
        """Carry one verb out; what the engine complains of, if it does."""
        box = self.boxes[name]
        match verb:
            case Verb.START:
                return self._start(box)
            case Verb.RESTART:
                self._become(box, STOPPED)
                return self._start(box)
            case Verb.PAUSE:
                self._become(box, PAUSED)
            case Verb.UNPAUSE:
                self._become(box, RUNNING)
            case Verb.STOP:
                box.detail = "exit code 0"
                self._become(box, STOPPED)
            case _:
                assert_never(verb)
        return ""

    # --- the hands of strangers ------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """The container's process dies."""
        box = self.boxes[name]
        if box.state in _ALIVE:
            box.detail = "exit code 137 (signal 9)"
            self._become(box, STOPPED)

    def pause_by_stranger(self, name: str) -> None:
        box = self.boxes[name]
        if box.state is RUNNING:
            self._become(box, PAUSED)

    def start_by_stranger(self, name: str) -> None:
        """Somebody typed ``docker unpause`` or ``docker start``."""
        box = self.boxes[name]
        if box.state is PAUSED:
            self._become(box, RUNNING)
        elif box.state is STOPPED:
            self._start(box)

    def loop(self, name: str) -> None:
        """It dies, and does so after each start from now on."""
        box = self.boxes[name]
        box.looping = True
        if box.state in _ALIVE:
            box.detail = "exit code 1"
            self._become(box, RESTARTING)

    def end_loop(self, name: str) -> None:
        """It can be started again; the restart policy does so, unless somebody stopped it."""
        box = self.boxes[name]
        box.looping = False
        if box.state is RESTARTING:
            self._start(box)

    def remove(self, name: str) -> None:
        """``docker rm --force``."""
        box = self.boxes[name]
        box.looping = False
        self._become(box, ABSENT)

    def recreate(self, name: str, *, running: bool) -> None:
        """``docker compose up``, or ``create``: the same name, another identity."""
        box = self.boxes[name]
        if box.state is ABSENT:
            self.create(name, box.settings, RUNNING if running else STOPPED)

    def sicken(self, name: str, *, heals_by_restart: bool) -> None:
        box = self.boxes[name]
        box.sick, box.heals_by_restart = True, heals_by_restart
        self._tell(box)

    def cure(self, name: str) -> None:
        """What is sick is well again by itself."""
        box = self.boxes[name]
        if box.sick:
            box.sick = False
            self._tell(box)

    def repair(self) -> None:
        """An administrator mends all: what is sick is well, what is down is started."""
        self.set_mode(EngineMode.UP)
        self.slower = 1
        for box in tuple(self.boxes.values()):
            was_sick, box.sick, box.failing_starts = box.sick, False, 0
            self.end_loop(box.name)
            self.recreate(box.name, running=True)
            if box.state is STOPPED and box.settings.standby is not StandbyMode.STOP:
                self._start(box)
            elif was_sick:
                self._tell(box)

    def power_off(self) -> None:
        """No container survives; the engine comes back with the host."""
        self._sweep_away()
        self.mode = EngineMode.UP

    def go_down(self, *, live_restore: bool) -> None:
        """The daemon stops, with its containers unless it is told to leave them running."""
        self.set_mode(EngineMode.DOWN)
        if not live_restore:
            self._sweep_away()

    def boot(self) -> None:
        """``restart: unless-stopped`` brings back what ran."""
        for box in self.boxes.values():
            if box.state is STOPPED and box.detail == _SWEPT_AWAY:
                self._start(box)

    def later(self, delay_ns: int, what: Callable[[], object]) -> None:
        """The engine works on, whatever becomes of the client that asked."""

        def work() -> None:
            what()

        self.works_until_ns = max(self.works_until_ns, self._world.now_ns + delay_ns)
        self._world.call_later(delay_ns, work)

    # --- inside ----------------------------------------------------------------------------------

    def _sweep_away(self) -> None:
        for box in self.boxes.values():
            if box.state in _ALIVE:
                box.detail = _SWEPT_AWAY
                self._become(box, STOPPED)

    def _start(self, box: Box) -> str:
        if box.looping:
            box.detail = "exit code 1"
            self._become(box, RESTARTING)
            return "it dies after its start: exit code 1"
        if box.failing_starts:
            box.failing_starts -= 1
            box.detail = "exit code 1"
            self._become(box, STOPPED)
            return "start failed: exit code 1"
        box.started_at = self._stamp()
        if box.heals_by_restart:
            box.sick = False
        box.detail = ""
        self._become(box, RUNNING)
        return ""

    def _become(self, box: Box, state: ContainerState) -> None:
        if box.state is not state:
            box.state = state
            self._tell(box)
        self._hint()

    def _tell(self, box: Box) -> None:
        self._witness(ContainerMoved(self._node, box.name, box.state, box.serves))

    def _hint(self) -> None:
        if self.changed is not None:
            self.changed()

    def _stamp(self) -> str:
        """Two starts never carry the same stamp, even at one instant."""
        return f"{self._world.now_ns}.{self._rng.randrange(1000)}"


def verb_for(action: VerbAction, state: ContainerState) -> Verb | None:
    """What to ask of the engine; None when there is nothing to do, or nothing that can be done."""
    return VERBS[type(action)].get(state)


def outcome(
    action: VerbAction, before: ContainerFacts, now: ContainerFacts, trouble: str
) -> ServiceDone | ServiceRefused:
    """The answer, by the state that was found afterwards and never by an error."""
    if _is_done(action, before, now):
        return ServiceDone(op=action.op, container=action.container, facts=now)
    if now.state is ABSENT:
        trouble = f"the engine has no container named {action.container}"
    reason = trouble or f"container {action.container} is {now.state}: {now.detail}"
    return ServiceRefused(op=action.op, container=action.container, reason=reason)


def _is_done(action: VerbAction, before: ContainerFacts, now: ContainerFacts) -> bool:
    match action:
        case StartService():
            return now.state is RUNNING
        case RestartService():
            return now.state is RUNNING and now.started_at != before.started_at
        case PauseService():
            return now.state not in (RUNNING, ContainerState.UNKNOWN)
        case StopService():
            return now.state in (STOPPED, ABSENT)
        case _:
            assert_never(action)
