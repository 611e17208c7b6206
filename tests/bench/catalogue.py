"""All that can be measured: with which systems, how often, and how long it takes about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from tests.bench import calm, many
from tests.bench.birth import birth
from tests.bench.ground import Ground, Instruments
from tests.bench.heartbeat import Heartbeat
from tests.bench.jitter import judged
from tests.bench.keepalived import Keepalived
from tests.bench.rest import at_rest
from tests.bench.scenarios import SCENARIOS, Part, WatchedPlay
from tests.bench.sidecars import Sidecars
from tests.bench.system import System, SystemName
from tests.bench.ucarp import Ucarp

Make = Callable[[Ground, SystemName], System]
Play = Callable[[System, Instruments | None], Iterator[Part]]
SYSTEMS: Final[tuple[SystemName, ...]] = ("sidecar", "keepalived", "heartbeat", "ucarp")
PROGRAMS: Final = {
    "sidecar": "dockerd",
    "keepalived": "keepalived",
    "heartbeat": "/usr/libexec/heartbeat/heartbeat",
    "ucarp": "ucarp",
}
"""Without its program a system is left out: not every release of Debian has all of them."""
OURS: Final[tuple[SystemName, ...]] = ("sidecar",)
_QUICK_REST_S: Final = 10.0
_QUICK_CALM_MIN: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing to measure. Entries of one group and one kind share a running pair."""

    name: str
    group: str
    systems: tuple[SystemName, ...]
    make: Make
    play: Play
    rounds: int
    seconds: float
    """Of one round, about."""
    watched: bool = True
    """With all instruments; they would disturb what is measured at rest."""
    taking_turns: bool = False
    """The systems take turns round by round."""
    busy: bool = False
    """Every core is kept busy."""
    on_request: bool = False
    """Not measured unless it is named."""


def catalogue(rounds: int, *, quick: bool = False) -> list[Entry]:
    """Everything, in the order in which it is measured."""
    return [
        *_faults(rounds),
        *_rest(quick=quick),
        *_many(rounds),
        *_ours(rounds),
        *_calm(quick=quick),
    ]


def _faults(rounds: int) -> Iterator[Entry]:
    seconds = {"host": 7, "planned": 3, "stop": 4, "kill": 6, "freeze": 6, "link": 8, "service": 3}
    for name, play in SCENARIOS.items():
        yield Entry(
            name=name,
            group="faults",
            systems=SYSTEMS,
            make=plain,
            play=_watched(play),
            rounds=rounds,
            seconds=seconds[name],
            taking_turns=True,
        )


def _rest(*, quick: bool) -> Iterator[Entry]:
    for interval_ms in (1000, 100):
        yield Entry(
            name=f"rest-{interval_ms}",
            group="rest",
            # ucarp counts whole seconds.
            systems=SYSTEMS if interval_ms == 1000 else SYSTEMS[:3],
            make=partial(_paced, interval_ms),
            play=_alone(partial(at_rest, measured_s=_QUICK_REST_S) if quick else at_rest),
            rounds=1,
            seconds=85,
            watched=False,
        )


def _many(rounds: int) -> Iterator[Entry]:
    for count in many.COUNTS:
        yield Entry(
            name=f"addresses-{count}",
            group="addresses",
            systems=tuple(s for s in SYSTEMS if many.MOST.get(s, 0) >= count),
            make=partial(_with_addresses, count),
            play=_alone(partial(many.takeover, count=count)),
            rounds=max(1, rounds // 4),
            seconds=12,
            watched=False,
        )


def _ours(rounds: int) -> Iterator[Entry]:
    yield Entry(
        name="birth",
        group="birth",
        systems=OURS,
        make=plain,
        play=_alone(birth),
        rounds=rounds,
        seconds=3,
        watched=False,
    )
    for name, busy in (("jitter", False), ("jitter-busy", True)):
        yield Entry(
            name=name,
            group="jitter",
            systems=OURS,
            make=_realtime if busy else plain,
            play=_alone(judged),
            rounds=5 * rounds // 2,
            seconds=2,
            watched=False,
            busy=busy,
        )


def _calm(*, quick: bool) -> Iterator[Entry]:
    for name, minutes, busy in (("calm", 30.0, False), ("calm-busy", 10.0, True)):
        length = _QUICK_CALM_MIN if quick else minutes
        yield Entry(
            name=name,
            group="calm",
            systems=OURS,
            make=_tight_realtime if busy else _tight,
            play=_alone(partial(calm.calm, minutes=length)),
            rounds=1,
            seconds=60 * length,
            watched=False,
            busy=busy,
            on_request=True,
        )


def _watched(play: WatchedPlay) -> Play:
    """One that all instruments look at."""

    def played(system: System, instruments: Instruments | None) -> Iterator[Part]:
        assert instruments is not None
        return play(system, instruments)

    return played


def _alone(play: Callable[[System], Iterator[Part]]) -> Play:
    """One that looks for itself."""

    def played(system: System, _instruments: Instruments | None) -> Iterator[Part]:
        return play(system)

    return played


def plain(ground: Ground, name: SystemName) -> System:
    made: dict[SystemName, Callable[[Ground], System]] = {
        "sidecar": Sidecars,
        "keepalived": Keepalived,
        "heartbeat": Heartbeat,
        "ucarp": Ucarp,
    }
    return made[name](ground)


def _paced(interval_ms: int, ground: Ground, name: SystemName) -> System:
    made: dict[str, Callable[[], System]] = {
        "sidecar": lambda: Sidecars(ground, interval_ms=interval_ms),
        "keepalived": lambda: Keepalived(ground, interval_ms=interval_ms),
        "heartbeat": lambda: Heartbeat(ground, interval_ms=interval_ms),
        "ucarp": lambda: Ucarp(ground),
    }
    return made[name]()


def _with_addresses(count: int, ground: Ground, name: SystemName) -> System:
    return many.MAKERS[name](ground, count)


def _realtime(ground: Ground, _name: SystemName) -> System:
    return Sidecars(ground, realtime=True)


def _tight(ground: Ground, _name: SystemName, *, realtime: bool = False) -> System:
    return Sidecars(
        ground,
        interval_ms=calm.INTERVAL_MS,
        warn_ms=calm.WARN_MS,
        dead_ms=calm.DEAD_MS,
        realtime=realtime,
    )


def _tight_realtime(ground: Ground, name: SystemName) -> System:
    return _tight(ground, name, realtime=True)
