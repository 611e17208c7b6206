"""What a seed decides before its run: the timers, the links, the groups, and which faults are on.

Swarm testing: each seed switches a random part of the fault kinds off, because a run with every
fault at once never gets far into any one of them.
"""

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from sidecar.core.params import PingTarget, Timing
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback, Medium, StandbyMode
from sidecar.wire.auth import Key, Method
from tests.sim.docker import Settings
from tests.sim.fault import Fault
from tests.sim.network import Quality
from tests.sim.pair import Pair, a_group, a_link, keyring_of, timing_of

# A keepalive and its weight. The short ones cost most of the time, the long ones say least.
_KEEPALIVES_MS: Final = {50: 1, 100: 2, 200: 4, 500: 6, 1000: 8, 2000: 5}
_MEDIA: Final = (
    Medium.UCAST,
    Medium.UCAST,
    Medium.UCAST6,
    Medium.BCAST,
    Medium.MCAST,
    Medium.SERIAL,
)
_PING: Final = (
    PingTarget(name="router", hosts=("10.0.0.1",)),
    PingTarget(name="resolvers", hosts=("10.0.0.2", "10.0.0.3"), is_group=True),
)
_DEADPINGS: Final = (0.5, 0.8, 0.8, 1, 2)
"""Of the deadtime. The advice is to choose a shorter one; not everybody takes it."""
_DRIFTS_PPM: Final = (20, 100, 100, 1000)
_METHODS: Final = (Method.CRC, Method.MD5, Method.SHA1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One seed's world."""

    pair: Pair
    faults: tuple[Fault, ...]
    pace_ns: int
    """Between two faults, on average."""
    shortest_ns: int
    longest_ns: int
    """How long a fault lasts: between these two, short ones as often as long ones."""
    round_ns: int
    """How long the faults go on before all is healed and must settle."""
    bad: Quality
    """What links are like under BAD_QUALITY."""
    calm: Quality
    """What links are like otherwise."""
    settings: Settings
    drift_ppm: tuple[int, int]
    first_starts_alone: bool

    @property
    def longest_maintenance_s(self) -> int:
        """0 where nobody asks for it."""
        return self.longest_ns // SECOND if Fault.MAINTENANCE in self.faults else 0


def options_of(seed: int) -> Options:
    rng = Random(f"{seed}/options")
    timing = _timing(rng)
    deadtime_ns = timing.deadtime_ns
    faults = _faults(seed, rng)
    pace_ns = max(500 * MILLISECOND, int(deadtime_ns * rng.choice((0.3, 0.7, 1.5, 3, 6))))
    delay_ns = rng.choice((MILLISECOND // 2, 2 * MILLISECOND, 20 * MILLISECOND))
    return Options(
        pair=_with_bounds(seed, _pair(rng, timing)),
        faults=faults,
        pace_ns=pace_ns,
        shortest_ns=SECOND // 20,
        longest_ns=max(2 * SECOND, int(deadtime_ns * rng.choice((0.8, 2, 4)))),
        round_ns=max(20 * SECOND, min(150 * SECOND, pace_ns * rng.randint(5, 25))),
        bad=_bad_quality(rng, timing),
        calm=Quality(delay_mean_ns=min(delay_ns, timing.keepalive_ns // 4)),
        settings=_settings(rng),
        drift_ppm=(_drift_ppm(rng), _drift_ppm(rng)),
        first_starts_alone=rng.random() < 0.5,
    )


def focused(options: Options, faults: tuple[Fault, ...]) -> Options:
    """The same world with these kinds of trouble only, one after the other at a quick pace."""
    deadtime_ns = options.pair.timing.deadtime_ns
    pace_ns = max(SECOND, deadtime_ns)
    return replace(
        options,
        faults=faults,
        pace_ns=pace_ns,
        shortest_ns=deadtime_ns // 2,
        longest_ns=max(25 * SECOND, 3 * deadtime_ns),
        round_ns=min(120 * SECOND, 20 * pace_ns),
    )


def _timing(rng: Random) -> Timing:
    keepalive_ms = rng.choices(list(_KEEPALIVES_MS), list(_KEEPALIVES_MS.values()))[0]
    keepalive_ns = keepalive_ms * MILLISECOND
    deadtime_ns = min(30 * SECOND, keepalive_ns * rng.randint(3, 15))
    return timing_of(
        keepalive_ns=keepalive_ns,
        deadtime_ns=deadtime_ns,
        warntime_ns=rng.randint(min(2 * keepalive_ns, deadtime_ns // 2), deadtime_ns * 9 // 10),
        initdead_ns=int(deadtime_ns * rng.choice((1, 1.2, 2))) + rng.choice((0, 10 * SECOND)),
    )


def _pair(rng: Random, timing: Timing) -> Pair:
    names = ("eth1", "eth2", "eth3")[: rng.choice((1, 2, 2, 3))]
    links = tuple(a_link(name, rng.choice(_MEDIA)) for name in names)
    groups = [a_group("a", "10.0.0.100", "nginx")]
    if rng.random() < 0.4:
        second = ("redis",) if rng.random() < 0.7 else ()
        groups.append(a_group(rng.choice(("a", "b")), "10.0.0.101", *second))
    ping = _PING[: rng.choice((0, 0, 1, 1, 2))]
    return Pair(
        timing=timing,
        auto_failback=rng.choices(list(AutoFailback), (5, 4, 1))[0],
        links=links,
        groups=tuple(groups),
        keyring=keyring_of(Key(1, rng.choice(_METHODS), b"simulated")),
        ping=ping,
        deadping_ns=max(2 * timing.keepalive_ns, int(timing.deadtime_ns * rng.choice(_DEADPINGS))),
        ipfail=bool(ping) and rng.random() < 0.7,
    )


def _with_bounds(seed: int, pair: Pair) -> Pair:
    """How long a failback waits, and how often a group may move."""
    rng = Random(f"{seed}/bounds")
    return replace(
        pair,
        failback_delay_ns=rng.choice((None, None, 0, rng.randint(1, 10 * SECOND))),
        max_moves=rng.choice((0, 0, 1, 3, 5)),
        moves_window_ns=rng.randint(20, 60) * SECOND,
    )


def _faults(seed: int, rng: Random) -> tuple[Fault, ...]:
    """Each kind on or off; one run in eight is without any, which shows what faults hide."""
    if rng.random() < 1 / 8:
        return ()
    share = rng.choice((0.15, 0.3, 0.6))
    older: list[Fault] = [fault for fault in Fault if fault is not Fault.MAINTENANCE]
    faults: list[Fault] = [fault for fault in older if rng.random() < share]
    # With a chance of its own, so that the other draws of a seed stay what they were.
    if Random(f"{seed}/maintenance").random() < share:
        faults.append(Fault.MAINTENANCE)
    return tuple(faults)


def _bad_quality(rng: Random, timing: Timing) -> Quality:
    def maybe(most: float) -> float:
        return rng.random() * most if rng.random() < 0.6 else 0.0

    return Quality(
        delay_mean_ns=rng.randint(MILLISECOND, timing.keepalive_ns),
        loss=maybe(0.4),
        duplicate=maybe(0.3),
        damage=maybe(0.1),
        reorder=maybe(0.3),
        reorder_ns=3 * timing.keepalive_ns,
        replay=maybe(0.1),
    )


def _drift_ppm(rng: Random) -> int:
    most = rng.choice(_DRIFTS_PPM)
    return rng.randint(-most, most)


def _settings(rng: Random) -> Settings:
    standby = rng.choices(list(StandbyMode), (6, 2, 2))[0]
    return Settings(
        standby=standby,
        checked=rng.random() < 0.75,
        failures=rng.randint(1, 3),
        restarts=rng.randint(0, 2),
    )
