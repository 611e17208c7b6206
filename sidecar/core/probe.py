"""Does somebody still answer for an address? Asked before it is claimed (safety rules 2 and 3).

A silent peer need not be a dead one: perhaps only the heartbeat is cut. So the standby asks for the
owner on the service interface, from warntime on. Silence counts only when several questions in a
row found no answer; a question that could not be asked counts for nothing. To a peer whose hardware
address is known the question goes directly, since a router may answer broadcasts for the dead.
"""

from typing import Final

from sidecar.core.actions import ProbeAddress
from sidecar.core.changes import Changes
from sidecar.core.events import AddressProbed, ProbeFailed
from sidecar.core.neighbours import Neighbours
from sidecar.core.params import Address, Timing
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.core.timers import Timers
from sidecar.core.turn import Operations, Turn

SILENT_PROBES_NEEDED: Final = 3
PERIOD_MIN_NS: Final = 10 * MILLISECOND
PERIOD_MAX_NS: Final = 200 * MILLISECOND
PATIENCE_MAX_NS: Final = 50 * MILLISECOND
CONTENDED_FOR_NS: Final = 2 * SECOND
"""Who still asks is reported every second."""
LATE_NS: Final = 2 * MILLISECOND
LATE_MAX_NS: Final = 1 * SECOND
"""So much later than it should an answer may come, for each other address that is asked for at the
same time. After that it is lost.
"""
EACH_NS: Final = 200_000
"""Of the time between two questions, for each address that is asked for at the same time: to send a
question and to read its answer takes about 50 us, and other things have to be done meanwhile."""
ASKED_NS: Final = 50_000
"""What the question and the reading of the answer take, for each address."""
EARLY_NS: Final = 2 * MILLISECOND
"""By so much the last answer before the claim is to come too early rather than too late."""
BELIEVED_FOR_NS: Final = 5 * MILLISECOND
"""An answer is acted upon at once or not at all: another node may claim while we wait."""
READ_NS: Final = 20_000
"""So much later for each address that was asked for at the same time."""


def probe_period_ns(timing: Timing) -> int:
    """So often that enough questions fit between warntime and deadtime."""
    room_ns = (timing.deadtime_ns - timing.warntime_ns) // (SILENT_PROBES_NEEDED + 2)
    return max(PERIOD_MIN_NS, min(PERIOD_MAX_NS, room_ns))


class Probe:
    """Asks for one address, at an even pace, while somebody wants to know."""

    def __init__(
        self,
        address: Address,
        timing: Timing,
        *,
        timers: Timers,
        operations: Operations,
        neighbours: Neighbours,
        troubles: Changes,
    ) -> None:
        """``troubles``: noted whenever the trouble becomes another one."""
        self.answered_by: str | None = None
        """Who gave the last answer; None after a silent question."""
        self.trouble = ""
        """Why the question cannot be asked, while that is so."""
        self._troubles = troubles
        self._address = address
        self._timers = timers
        self._operations = operations
        self._neighbours = neighbours
        self._contended_ns: int | None = None
        self._pace_ns = probe_period_ns(timing)
        # Less than the period: each answer is in before the next question goes out.
        self._patience_ns = min(self._pace_ns * 3 // 4, PATIENCE_MAX_NS)
        self._wanted_ns: int | None = None
        """When the answer is likely to be acted upon; None: at once."""
        self._name = f"probe {address.name}"
        self._op: int | None = None
        self._asking = False
        self._asked_ns = 0
        self._silent = 0
        self._silent_at_ns = 0
        """When the last question that nobody answered was asked."""
        self._heard_ns = 0
        """When it was known that nobody had answered it."""

    @property
    def asking(self) -> bool:
        return self._asking

    def begin(self, turn: Turn, wanted_ns: int | None = None) -> None:
        """Ask now and go on asking; what was found before counts no more.

        Where it is known when the answer will be wanted, one is there just in time.
        """
        self._wanted_ns = wanted_ns
        if self._asking or not self._address.interface:  # nobody could be asked without one
            return
        self._asking = True
        self._ask(turn)

    def end(self) -> None:
        if not (self._asking or self.trouble):
            return
        self._asking = False
        self._become_troubled("")
        self.distrust()
        self._timers.disarm(self._name)

    def distrust(self) -> None:
        """We slept: what was found before says nothing any more."""
        self._op = None
        self._silent = 0
        self.answered_by = None

    def contend(self, turn: Turn) -> None:
        """Another machine asks for the address, too, and may be about to claim it."""
        self._contended_ns = turn.ns

    def is_clear(self, turn: Turn) -> bool:
        """Nobody answered the last questions, and the very last one was over just now.

        Nor does another machine ask, to which this node has to leave the address (RFC 5227 2.1.1).
        """
        contended_ns = self._contended_ns
        if (
            self._neighbours.yields()
            and contended_ns is not None
            and turn.ns - contended_ns < CONTENDED_FOR_NS
        ):
            return False
        recent = turn.ns - self._silent_at_ns <= 3 * self._period_ns
        now = turn.ns - self._heard_ns <= BELIEVED_FOR_NS + (self._neighbours.crowd() - 1) * READ_NS
        return self._silent >= SILENT_PROBES_NEEDED and recent and now

    def ask_now(self, turn: Turn) -> None:
        """All else is ready for the claim: one more question, and it does not wait for its time."""
        if self._op is None and self._silent >= SILENT_PROBES_NEEDED:
            self._ask(turn)

    def on_probed(self, turn: Turn, event: AddressProbed) -> None:
        """Take the answer, if it is the one awaited. The first questions follow each other fast."""
        if event.op != self._op:
            return
        self._op = None
        self._become_troubled("")
        self.answered_by = event.answered_by
        self._silent = self._silent + 1 if event.answered_by is None else 0
        self._silent_at_ns, self._heard_ns = self._asked_ns, turn.ns
        if 0 < self._silent < SILENT_PROBES_NEEDED:
            self._ask(turn)

    def on_failed(self, event: ProbeFailed) -> None:
        if event.op != self._op:
            return
        self.distrust()
        self._become_troubled(event.reason)

    def _become_troubled(self, reason: str) -> None:
        if self.trouble != reason:
            self.trouble = reason
            self._troubles.note()

    @property
    def _period_ns(self) -> int:
        return max(self._pace_ns, min(PERIOD_MAX_NS, self._neighbours.crowd() * EACH_NS))

    def _next_ns(self, turn: Turn) -> int:
        """When to ask again: at the pace, but no answer is to come just before the last one."""
        at_ns = turn.ns + self._period_ns
        if self._wanted_ns is None:
            return at_ns
        takes_ns = (self._neighbours.crowd() - 1) * ASKED_NS + self._patience_ns + EARLY_NS
        last_ns = self._wanted_ns - takes_ns
        return last_ns if turn.ns < last_ns < at_ns + takes_ns else at_ns

    def _ask(self, turn: Turn) -> None:
        if not self._asking:
            return
        self._timers.arm(self._name, self._next_ns(turn), self._ask)
        late_ns = min(LATE_MAX_NS, (self._neighbours.crowd() - 1) * LATE_NS)
        if self._op is not None and turn.ns < self._asked_ns + self._period_ns + late_ns:
            return
        self._asked_ns = turn.ns
        self._op = self._operations.next()
        turn.do(
            ProbeAddress(
                op=self._op,
                address=self._address,
                mac=self._neighbours.owner_mac(),
                patience_ns=self._patience_ns,
            )
        )
