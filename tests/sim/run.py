"""Runs one seed: rounds of trouble, each of them healed, until its virtual time is used up."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from sidecar.core.terms import SECOND
from tests.sim import checkers
from tests.sim.chaos import Chaos
from tests.sim.cluster import TwoNodes
from tests.sim.fault import Fault
from tests.sim.liveness import Liveness
from tests.sim.schedule import Schedule, Trouble
from tests.sim.stage import chance_of
from tests.sim.swarm import Options, focused, options_of
from tests.sim.trace import LEGEND, Trace, seconds
from tests.sim.violation import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a seed."""

    seed: int
    virtual_ns: int
    turns: int
    packets: int
    digest: str
    """The same for two runs that were the same in every packet and every line."""
    violation: str = ""
    check: str = ""
    """The name of the check that was violated."""
    last_lines: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    """What was to be made until the end, made or not."""
    made: dict[Fault, int] = field(default_factory=dict)


def run_seed(
    seed: int,
    minutes: float,
    show: Callable[[str], None] | None = None,
    only: frozenset[int] | None = None,
    faults: tuple[Fault, ...] = (),
    *,
    options: Options | None = None,
) -> Outcome:
    """Run one seed; never raises for what the simulated nodes do.

    ``only``: leave all faults out but those with these numbers. ``faults``: these kinds are on, and
    come fast, instead of those that the seed draws. ``options``: instead of all that it draws.
    """
    if options is None:
        options = focused(options_of(seed), faults) if faults else options_of(seed)
    two = TwoNodes(
        chance_of(seed),
        options.pair,
        quality=options.calm,
        settings=options.settings,
        drift_ppm=options.drift_ppm,
    )
    trace = Trace(two.world, width=len("a"), show=show)
    if show is not None:
        show(LEGEND)
        for line in describe(options):
            show(line)
    two.stage.witness.add(trace)
    run = _Run(two, options, Schedule(seed, options, only))
    violation = check = ""
    try:
        run.go_on(int(minutes * 60 * SECOND))
    except Violation as broken:
        violation = f"{seconds(two.world.now_ns).strip()} s: {broken}"
        check = broken.check
    except Exception:  # noqa: BLE001 # a mistake of the simulator's own: it must name its seed as well
        violation = f"the simulator failed\n{traceback.format_exc()}"
        check = "the simulator"
    return Outcome(
        seed=seed,
        virtual_ns=two.world.now_ns,
        turns=sum(node.turns for node in two),
        packets=two.network.sent,
        digest=f"{trace.digest:08x}{two.network.digest:08x}",
        violation=violation,
        check=check,
        troubles=tuple(t for t in run.troubles if t.at_ns <= two.world.now_ns),
        made=dict(run.chaos.made),
        last_lines=tuple(trace.lines[-40:]) if violation else (),
    )


class _Run:
    """Rounds of trouble, healing and rest."""

    def __init__(self, two: TwoNodes, options: Options, schedule: Schedule) -> None:
        self.troubles: list[Trouble] = []
        self.chaos = Chaos(two, options)
        self._two = two
        self._options = options
        self._schedule = schedule
        checkers.watch(two)
        self._liveness = Liveness(two, maintenance_s=options.longest_maintenance_s)

    def go_on(self, length_ns: int) -> None:
        """At least one round, and then as many as end nearest to that length."""
        two, liveness = self._two, self._liveness
        two.network.records = Fault.REPLAYED in self._options.faults
        first, second = two
        first.start()
        if not self._options.first_starts_alone:
            second.start()
        shortest_ns = self._options.round_ns + liveness.quiet_ns()
        while two.world.now_ns == 0 or two.world.now_ns + shortest_ns // 2 < length_ns:
            troubles = self._schedule.next_round(two.world.now_ns)
            self.troubles += troubles
            self.chaos.make(troubles)
            two.world.run_for(self._options.round_ns)
            self.chaos.heal()
            liveness.must_settle()
            liveness.must_stay()


def describe(options: Options) -> list[str]:
    """The seed's options in a few lines for a person."""
    pair, timing = options.pair, options.pair.timing
    ms = 1_000_000
    links = ", ".join(f"{link.medium} {link.name}" for link in pair.links)
    groups = ", ".join(f"{group.preferred} {group.name}" for group in pair.groups)
    timers = (
        f"# keepalive {timing.keepalive_ns // ms} ms, warntime {timing.warntime_ns // ms} ms, "
        f"deadtime {timing.deadtime_ns // ms} ms, initdead {timing.initdead_ns // ms} ms, "
        f"lease {timing.lease_s} s"
    )
    ping = f"; ping, ipfail {'on' if pair.ipfail else 'off'}" if pair.ping else ""
    window = f"{pair.max_moves} within {pair.moves_window_ns // ms} ms"
    bound = window if pair.max_moves else "no bound"
    faults = ", ".join(fault.name.lower() for fault in options.faults) or "none"
    lasting = f"every {options.pace_ns // ms} ms for up to {options.longest_ns // ms} ms"
    return [
        timers,
        f"# auto_failback {pair.auto_failback}; {links}; {groups}{ping}",
        f"# {options.settings}",
        f"# failback after {pair.failback_delay() // ms} ms, moves: {bound}",
        f"# faults {lasting}: {faults}",
    ]
