"""In which worlds a rule has anything to say, and how long its troubles have to last there.

What is left open is drawn by the seed as always: a mutant is caught among random runs, and not by a
story that was written for it.
"""

from typing import Final

from sidecar.core.terms import SECOND, AutoFailback
from tests.sim.mutants.mutant import Pace
from tests.sim.swarm import Options

LONG: Final = Pace(every_s=12, shortest_s=20, longest_s=80)
"""For what is excused for a while: an engine's operation under way, a first check, a hand-over."""
_SOON_NS: Final = 4 * SECOND


def dies_soon(options: Options) -> bool:
    """The wait for a silent peer takes little of a trouble's time."""
    timing = options.pair.timing
    return max(timing.deadtime_ns, timing.initdead_ns) <= _SOON_NS


def may_have_two_owners(options: Options) -> bool:
    """No ping node makes one that is cut off let go, and the silent peer is soon held for dead."""
    return not options.pair.ping and options.pair.timing.deadtime_ns <= _SOON_NS


def has_ping_nodes(options: Options) -> bool:
    return bool(options.pair.ping)


def waits_for_failback(options: Options) -> bool:
    pair = options.pair
    return (
        pair.auto_failback is not AutoFailback.OFF
        and pair.failback_delay() > SECOND
        and not pair.ipfail
    )


def has_no_restarts(options: Options) -> bool:
    """A failed check is found out, and leads to the end of the attempts at once."""
    return options.settings.checked and not options.settings.restarts
