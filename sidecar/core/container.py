"""One container on this node: brought to serve, or to stand by; mended where that helps.

Serving means running, not paused, and passing its checks (checks.py). An engine that does not
answer has not stopped the container: then the checks alone decide (safety rule 6). A failure is
mended by local restarts as long as the budget lasts; then the container counts as failed, which is
a reason to hand over (mending.py). Never decides who holds a group.
"""

from collections.abc import Callable
from typing import Final, assert_never

from sidecar.core import condition
from sidecar.core.actions import PauseService, RestartService, StartService, StopService
from sidecar.core.checks import Checks
from sidecar.core.events import (
    ContainerEvent,
    ServiceChanged,
    ServiceChecked,
    ServiceDone,
    ServiceRefused,
    ServiceRestarted,
)
from sidecar.core.handsoff import HandsOff
from sidecar.core.mending import Mending
from sidecar.core.occurrences import (
    CheckFailed,
    RestartedByOthers,
    ServiceFailed,
    ServiceRecovered,
)
from sidecar.core.operation import Operation
from sidecar.core.params import Container
from sidecar.core.terms import SECOND, ContainerFacts, ContainerState
from sidecar.core.timers import Timers
from sidecar.core.turn import Operations, Turn
from sidecar.core.view import ContainerView

OPERATION_MAX_NS: Final = 15 * SECOND
SETTLE_NS: Final = 2 * SECOND


class ContainerKeeper:
    """Brings one container to where it is wished, one operation at a time."""

    def __init__(
        self,
        container: Container,
        timers: Timers,
        operations: Operations,
        *,
        frozen: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = container.name
        self.facts = ContainerFacts(state=ContainerState.UNKNOWN, detail="not inspected yet")
        self.reconfigure(container)
        self._timers = timers
        self._settling = f"settle of {container.name}"
        self._operation = Operation(f"operation of {container.name}", operations, timers)
        self._checks = Checks(container.name, timers, late=self._first_check_late)
        self._mending = Mending(container.name, timers, again=self.advance, mend=self._try_to_mend)
        self._hands_off = HandsOff(container.name, frozen)
        self._directed = False
        """Whether it was ever told what to do: until then it is left as it was found."""
        self._active = False
        self._retired = False
        self._rests = False
        """Whether the operation under way is one towards rest."""
        self._ran = False
        """Whether it has run since it was last to serve or mended: losing that is a failure."""
        self._served = False
        """Whether it has also passed its checks since then."""
        self._reason = ""

    def reconfigure(self, container: Container) -> None:
        """Take over how it is to stand by from haresources, as it is written now."""
        self._standby = container.standby

    def leave(self, turn: Turn) -> None:
        """It is not ours any more: it stays as it is."""
        self._checks.end(turn)
        self._mending.leave()
        self._operation.end()
        self._timers.disarm(self._settling)

    @property
    def busy(self) -> bool:
        return self._operation.under_way

    @property
    def failed(self) -> bool:
        """No restart has helped; it is tried on."""
        return self._mending.failed

    @property
    def tried(self) -> bool:
        """It failed, and is run only to see whether it would serve."""
        return self._mending.trial

    @property
    def serving(self) -> bool:
        if self.failed or not (self._active or self._mending.trial):
            return False
        if self.facts.state is ContainerState.UNKNOWN:
            return self._checks.passed if self.facts.checked else self._served
        return self.facts.state is ContainerState.RUNNING and (
            self._checks.passed or not self.facts.checked
        )

    @property
    def trouble(self) -> str:
        """Why it could not serve if asked to; empty when it could."""
        if self.failed:
            return f"container {self.name} failed: {self._reason}"
        return condition.trouble_of(self.name, self.facts)

    @property
    def at_rest(self) -> bool:
        """Standing by as its mode says, or not there to be put to rest; and not just being tried,
        which in maintenance is looked at again when that ends.
        """
        resting = self._rest_action() is None or self._hands_off.on
        return not self.busy and not self._active and not self.tried and resting

    def activate(self, turn: Turn) -> None:
        """Make it serve, and keep it serving."""
        self._directed = True
        if not self._active:
            self._active = self._hands_off.ordered = True
            self._ran = self._served = False
            self._mending.begin()
        self.advance(turn)

    def stand_by(self, turn: Turn) -> None:
        """It need not serve: pause, stop or leave it, as its mode says."""
        self._directed = True
        if self._active:
            self._hands_off.ordered = True
            self._active = self._ran = self._served = False
            self._checks.tell_next(good=False)
            self._mending.end(turn)
        self.advance(turn)

    def retire(self, turn: Turn) -> None:
        """This node stops: it is not tried any more, and put to rest if it is just being tried."""
        self._retired = True
        if self.tried:
            self._hands_off.ordered = True
            self._mending.end_trial()
            self.advance(turn)

    def order(self) -> None:
        """Its group is wanted from now on: it is to serve even where it was left alone since."""
        self._hands_off.ordered = True

    def tell_next_check(self) -> None:
        """Its group is held from now on: its next good check is worth telling."""
        self._checks.tell_next(good=True)

    def advance(self, turn: Turn) -> None:
        """Take the next step towards the wish, unless one is under way or waits for its time."""
        if self.busy or not self._directed or self._mending.pauses:
            return
        if self._hands_off.on:
            self._look_on(turn)
        elif not (self._active or self._mending.trial):
            self._advance_to_rest(turn)
        elif not self._mending.waits:
            self._advance_to_serving(turn)

    def _look_on(self, turn: Turn) -> None:
        """Check it as ever, tell of a failure, and leave it as it is."""
        if not self._active:
            return
        match self.facts.state:
            case ContainerState.RUNNING:
                self._attend(turn)
            case ContainerState.UNKNOWN:
                return  # the checks go on, and the engine is told of elsewhere
            case _:
                self._leave_alone(turn, self.facts.detail or f"it is {self.facts.state}")

    def _leave_alone(self, turn: Turn, reason: str) -> None:
        self._checks.passed = False
        self._reason = reason
        self._hands_off.tell(turn, reason)

    # --- answers -------------------------------------------------------------------------------

    def on_event(self, turn: Turn, event: ContainerEvent) -> None:
        """Take a fact about this container; an answer that is not awaited any more ends nothing."""
        match event:
            case ServiceDone() if self._operation.is_answered_by(event.op):
                self._operation.end()
                self._learn(turn, event.facts)
            case ServiceRefused() if self._operation.is_answered_by(event.op):
                self._operation.end()
                self._not_done(turn, event.reason)
            case ServiceRefused():
                return
            case ServiceDone() | ServiceChanged():
                # What a late answer shows is told by nobody else: the watch counts it as told.
                self._learn(turn, event.facts)
            case ServiceChecked():
                self._checked(turn, event)
            case ServiceRestarted():
                self._restarted(turn)
            case _:
                assert_never(event)

    def _checked(self, turn: Turn, event: ServiceChecked) -> None:
        if not self._checks.running:
            return
        if event.passed:
            self._pass(turn)
            return
        self._checks.on_fail(event.detail)
        if self._checks.awaits_first and not self._served:
            self._reason = event.detail  # still starting: the deadline of the first check decides
            return
        limit = self.facts.failures
        if self._hands_off.has_told:
            return  # it was told once, and would be each second
        turn.tell(
            CheckFailed(
                container=self.name,
                detail=event.detail,
                in_a_row=self._checks.fails_in_a_row,
                limit=limit,
            )
        )
        if self._checks.fails_in_a_row >= limit and not self.busy:
            self._fail(turn, f"{self._checks.fails_in_a_row} checks failed: {event.detail}")

    def _restarted(self, turn: Turn) -> None:
        """The engine tells of a restart. What somebody else wanted is no failure."""
        if not self._mending.budget.is_strangers(turn.ns):
            return
        turn.tell(RestartedByOthers(container=self.name))
        if self.failed:
            self._be_lenient()
        else:
            self._mending.budget.give_back(turn.ns)
        self.advance(turn)

    def view(self) -> ContainerView:
        return ContainerView(
            name=self.name,
            state=self.facts.state,
            serving=self.serving,
            failed=self.failed,
            detail=self.facts.detail or self._reason,
        )

    # --- towards serving -----------------------------------------------------------------------

    def _advance_to_serving(self, turn: Turn) -> None:
        match self.facts.state:
            case ContainerState.RUNNING:
                self._attend(turn)
            case ContainerState.UNKNOWN if self._served or self._checks.running:
                return  # the checks will tell
            case ContainerState.ABSENT:
                self._fail(turn, self.facts.detail or "it does not exist")
            case ContainerState.STOPPED | ContainerState.RESTARTING if self._ran:
                self._mending.budget.note_stop(turn.ns)
                self._fail(turn, self.facts.detail or f"it is {self.facts.state}")
            case _:
                self._operate(turn, StartService)

    def _attend(self, turn: Turn) -> None:
        """It runs: check it, and count it as serving as soon as it does."""
        self._ran = True
        self._begin_checks(turn)
        if self.serving:
            self._count_as_serving(turn)

    def _begin_checks(self, turn: Turn) -> None:
        if self.facts.checked:
            self._checks.begin(turn, first_within_ns=self.facts.first_check_ns)

    def _pass(self, turn: Turn) -> None:
        self._checks.on_pass(turn)
        self._hands_off.forget()
        if self.failed:
            self._recover(turn)
        self.advance(turn)

    def _first_check_late(self, turn: Turn) -> None:
        within_s = self.facts.first_check_ns // SECOND
        said = f": {self._checks.complaint}" if self._checks.complaint else ""
        self._fail(turn, f"no check passed within {within_s} s of its start{said}")

    def _count_as_serving(self, turn: Turn) -> None:
        self._hands_off.ordered = False
        self._hands_off.forget()
        if self._mending.trial and not self._active:
            self._end_trial(turn)
            return
        if self._served:
            return
        self._served = True
        self._mending.serves(turn)

    # --- failure and mending -------------------------------------------------------------------

    def _fail(self, turn: Turn, reason: str) -> None:
        """It does not serve though it should, or did not do as it was told."""
        if self._hands_off.on:
            self._leave_alone(turn, reason)
            return
        self._reason = reason
        self._hands_off.forget()
        self._mending.fails()
        if not (self._active or self._mending.trial):
            self._mending.repeat_later(turn, active=self._active)
            return
        exists = self.facts.state is not ContainerState.ABSENT
        left = self._mending.budget.left(self.facts.restarts) if exists else 0
        if not self.failed or self._mending.trial:
            turn.tell(ServiceFailed(container=self.name, reason=reason, restarts_left=left))
        self._checks.end(turn)
        self._ran = self._served = False
        if left and not self.failed:
            self._mending.budget.spend()
            self._mend(turn)
            return
        self._mending.give_up()
        self._mending.mend_later(turn, active=self._active)
        self.advance(turn)

    def _mend(self, turn: Turn) -> None:
        self._operate(turn, condition.mending_action(self.facts, trial=self._mending.trial))

    def _try_to_mend(self, turn: Turn) -> None:
        if self._retired:
            return
        if self.busy or self.facts.state is ContainerState.ABSENT or self._hands_off.on:
            self._mending.mend_later(turn, active=self._active)
            return
        # Also on the node that stands by: only a container seen serving is fit for a takeover.
        self._mending.trial = not self._active
        self._checks.end(turn)  # they may have begun in maintenance; the first gets its time anew
        self._mend(turn)

    def _recover(self, turn: Turn) -> None:
        self._mending.forget()
        self._reason = ""
        turn.tell(ServiceRecovered(container=self.name))

    def _end_trial(self, turn: Turn) -> None:
        self._mending.end_trial()
        self._advance_to_rest(turn)

    # --- towards rest --------------------------------------------------------------------------

    def _advance_to_rest(self, turn: Turn) -> None:
        self._checks.end(turn)
        verb = self._rest_action()
        if verb is not None:
            self._operate(turn, verb)
        else:
            self._hands_off.ordered = False

    def _rest_action(self) -> type[PauseService | StopService] | None:
        return condition.resting_action(self.facts, self._standby or self.facts.standby)

    # --- operations and facts ------------------------------------------------------------------

    def _operate(
        self,
        turn: Turn,
        verb: type[StartService | RestartService | PauseService | StopService],
    ) -> None:
        self._rests = verb in (PauseService, StopService)
        if verb is RestartService:
            self._mending.budget.note_asked(turn.ns)
        op = self._operation.begin(turn, at_most_ns=OPERATION_MAX_NS, hangs=self._hangs)
        turn.do(verb(op=op, container=self.name))

    def _hangs(self, turn: Turn) -> None:
        self._not_done(turn, "the Docker engine did not answer within 15 s")

    def _not_done(self, turn: Turn, reason: str) -> None:
        if self._rests and (self._active or self._mending.trial):
            self.advance(turn)  # it was to rest, and is to serve by now: this is no failure
        else:
            self._fail(turn, reason)

    def _learn(self, turn: Turn, facts: ContainerFacts) -> None:
        was, self.facts = self.facts, condition.known_of(self.facts, facts)
        if self.facts.state is not was.state:
            turn.tell(condition.change(self.name, was, self.facts))
        if self.facts.state not in condition.UP:
            self._checks.end(turn)
        elif self.facts.state is ContainerState.UNKNOWN and was.state not in condition.UP:
            self._served = False  # it was last seen not to
        if self.failed and condition.deserves_a_chance(was, self.facts):
            self._be_lenient()
        running = self.facts.state is ContainerState.RUNNING
        if self.failed and running and not self.facts.checked:
            self._timers.arm(self._settling, turn.ns + SETTLE_NS, self._settled)
        self.advance(turn)

    def _be_lenient(self) -> None:
        """What was wrong may be right now: a new chance, and a new budget."""
        self._mending.be_lenient()
        self._reason = ""

    def _settled(self, turn: Turn) -> None:
        """Unchecked, and still running after a while: that has to do as a proof."""
        if self.failed and self.facts.state is ContainerState.RUNNING:
            self._recover(turn)
            self.advance(turn)
