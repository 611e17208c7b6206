"""One container on this node: brought to serve, or to stand by; mended within a budget.

Serving means running, not paused, and passing its checks. An engine that does not answer has not
stopped the container: then the checks alone decide (safety rule 6). A failure is mended by local
restarts as long as the budget lasts; then the container counts as failed, which is a reason to hand
over, and is tried again in peace at growing intervals. Never decides who holds a group.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, assert_never

from sidecar.core.actions import (
    BeginChecks,
    EndChecks,
    PauseService,
    RestartService,
    StartService,
    StopService,
)
from sidecar.core.budget import Budget
from sidecar.core.events import (
    ContainerEvent,
    ContainerFacts,
    ServiceChanged,
    ServiceChecked,
    ServiceDone,
    ServiceRefused,
    ServiceRestarted,
)
from sidecar.core.occurrences import (
    CheckFailed,
    CheckPassed,
    ContainerChanged,
    RestartedByOthers,
    ServiceFailed,
    ServiceLeftAlone,
    ServiceRecovered,
)
from sidecar.core.params import Container
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState, StandbyMode
from sidecar.core.timers import Then, Timers
from sidecar.core.turn import Operations, Turn
from sidecar.core.view import ContainerView

OPERATION_MAX_NS: Final = 15 * SECOND
FIRST_CHECK_MAX_NS: Final = 10 * SECOND
RETRY_MIN_NS: Final = 500 * MILLISECOND
RETRY_MAX_NS: Final = 30 * SECOND
RETRY_MAX_ACTIVE_NS: Final = 3 * SECOND
BUDGET_BACK_AFTER_NS: Final = 60 * SECOND
SETTLE_NS: Final = 2 * SECOND

_UP: Final = (ContainerState.RUNNING, ContainerState.UNKNOWN)


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
        self.failed = False
        self.reconfigure(container)
        self._timers = timers
        self._operations = operations
        self._frozen = frozen
        self._ordered = False
        """Whether it is on its way to what it was last told, and not there yet."""
        self._left_alone = ""
        """The failure that was told of and not mended, because of maintenance."""
        self._directed = False
        """Whether it was ever told what to do: until then it is left as it was found."""
        self._active = False
        self._op: int | None = None
        self._checking = False
        self._passed = False
        self._tells_check = False
        self._fails_in_a_row = 0
        self._budget = Budget()
        self._rests = False
        """Whether the operation under way is one towards rest."""
        self._ran = False
        """Whether it has run since it was last to serve or mended: losing that is a failure."""
        self._served = False
        """Whether it has also passed its checks since then."""
        self._retry_ns = RETRY_MIN_NS
        self._trial = False
        self._reason = ""

    def reconfigure(self, container: Container) -> None:
        """Take over how it is to stand by from haresources, as it is written now."""
        self._standby = container.standby

    def leave(self, turn: Turn) -> None:
        """It is not ours any more: it stays as it is."""
        self._end_checks(turn)
        for what in ("retry", "mend", "budget", "settle", "operation"):
            self._disarm(what)

    @property
    def busy(self) -> bool:
        return self._op is not None

    @property
    def serving(self) -> bool:
        if self.failed or not (self._active or self._trial):
            return False
        if self.facts.state is ContainerState.UNKNOWN:
            return self._passed if self.facts.checked else self._served
        return self.facts.state is ContainerState.RUNNING and (
            self._passed or not self.facts.checked
        )

    @property
    def trouble(self) -> str:
        """Why it could not serve if asked to; empty when it could."""
        if self.failed:
            return f"container {self.name} failed: {self._reason}"
        match self.facts.state:
            case ContainerState.ABSENT:
                return f"container {self.name} does not exist: create it (docker compose up)"
            case ContainerState.UNKNOWN:
                return f"container {self.name} is unknown: {self.facts.detail}"
            case _:
                return ""

    @property
    def at_rest(self) -> bool:
        """Standing by as its mode says, or not there to be put to rest."""
        resting = self._rest_action() is None or self._hands_off
        return not self.busy and not self._active and resting

    @property
    def _hands_off(self) -> bool:
        """Maintenance: what happens to it is seen and told, and nothing is done about it."""
        return self._frozen() and not self._ordered

    def activate(self, turn: Turn) -> None:
        """Make it serve, and keep it serving."""
        self._directed = True
        if not self._active:
            self._active = self._ordered = True
            self._ran = self._served = False
            self._retry_ns = RETRY_MIN_NS
            self._disarm("retry")
            self._disarm("mend")
            # A takeover is a new chance: it is tried even where it failed before.
            self._trial = self.failed = False
            self._budget.restore()
        self.advance(turn)

    def stand_by(self, turn: Turn) -> None:
        """It need not serve: pause, stop or leave it, as its mode says."""
        self._directed = True
        if self._active:
            self._ordered = True
            self._active = self._ran = self._served = self._tells_check = False
            self._retry_ns = RETRY_MIN_NS
            for what in ("retry", "mend", "budget"):
                self._disarm(what)
            if self.failed:
                self._mend_later(turn)
        self.advance(turn)

    def tell_next_check(self) -> None:
        """Its group is held from now on: its next good check is worth telling."""
        self._tells_check = True

    def advance(self, turn: Turn) -> None:
        """Take the next step towards the wish, unless one is under way or waits for its time."""
        if self.busy or not self._directed or self._is_armed("retry"):
            return
        if self._hands_off:
            self._look_on(turn)
        elif not (self._active or self._trial):
            self._advance_to_rest(turn)
        elif not self._is_armed("mend"):
            self._advance_to_serving(turn)

    def _look_on(self, turn: Turn) -> None:
        """Check it as ever, tell of a failure, and leave it as it is."""
        if not self._active:
            return
        match self.facts.state:
            case ContainerState.RUNNING:
                self._begin_checks(turn)
                if not self.facts.checked:
                    self._left_alone = ""
            case ContainerState.UNKNOWN:
                return  # the checks go on, and the engine is told of elsewhere
            case _:
                self._leave_alone(turn, self.facts.detail or f"it is {self.facts.state}")

    def _leave_alone(self, turn: Turn, reason: str) -> None:
        self._passed = False
        self._reason = reason
        if not self._left_alone:
            self._left_alone = reason
            turn.tell(ServiceLeftAlone(container=self.name, reason=reason))

    # --- answers -------------------------------------------------------------------------------

    def on_event(self, turn: Turn, event: ContainerEvent) -> None:
        """Take a fact about this container; an answer that is not awaited any more is ignored."""
        match event:
            case ServiceDone() if event.op == self._op:
                self._end_operation()
                self._learn(turn, event.facts)
            case ServiceRefused() if event.op == self._op:
                self._end_operation()
                self._not_done(turn, event.reason)
            case ServiceDone() | ServiceRefused():
                return
            case ServiceChanged():
                self._learn(turn, event.facts)
            case ServiceChecked():
                self._checked(turn, event)
            case ServiceRestarted():
                self._restarted(turn)
            case _:
                assert_never(event)

    def _checked(self, turn: Turn, event: ServiceChecked) -> None:
        if not self._checking:
            return
        if event.passed:
            self._pass(turn)
            return
        self._fails_in_a_row += 1
        if not self._passed and not self._served:
            self._reason = event.detail  # still starting: the deadline of the first check decides
            return
        limit = self.facts.failures
        if self._left_alone and self._hands_off:
            return  # it was told once, and would be each second
        turn.tell(
            CheckFailed(
                container=self.name,
                detail=event.detail,
                in_a_row=self._fails_in_a_row,
                limit=limit,
            )
        )
        if self._fails_in_a_row >= limit and not self.busy:
            self._fail(turn, f"{self._fails_in_a_row} checks failed: {event.detail}")

    def _restarted(self, turn: Turn) -> None:
        """The engine tells of a restart. What somebody else wanted is no failure."""
        if not self._budget.is_strangers(turn.ns):
            return
        turn.tell(RestartedByOthers(container=self.name))
        if self.failed:
            self._be_lenient()
        else:
            self._budget.give_back(turn.ns)
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
                self._ran = True
                self._begin_checks(turn)
                if self.serving:
                    self._count_as_serving(turn)
            case ContainerState.UNKNOWN if self._served or self._checking:
                return  # the checks will tell
            case ContainerState.ABSENT:
                self._fail(turn, self.facts.detail or "it does not exist")
            case ContainerState.STOPPED | ContainerState.RESTARTING if self._ran:
                self._budget.note_stop(turn.ns)
                self._fail(turn, self.facts.detail or f"it is {self.facts.state}")
            case _:
                self._operate(turn, StartService)

    def _begin_checks(self, turn: Turn) -> None:
        if self._checking or not self.facts.checked:
            return
        self._checking = True
        self._fails_in_a_row = 0
        turn.do(BeginChecks(container=self.name))
        self._arm(turn, "first check", FIRST_CHECK_MAX_NS, self._first_check_late)

    def _end_checks(self, turn: Turn) -> None:
        self._passed = False
        if not self._checking:
            return
        self._checking = False
        self._disarm("first check")
        turn.do(EndChecks(container=self.name))

    def _pass(self, turn: Turn) -> None:
        self._passed = True
        if self._tells_check:
            self._tells_check = False
            turn.tell(CheckPassed(container=self.name))
        self._left_alone = ""
        self._fails_in_a_row = 0
        self._disarm("first check")
        if self.failed:
            self._recover(turn)
        self.advance(turn)

    def _first_check_late(self, turn: Turn) -> None:
        self._fail(turn, f"no check passed within 10 s of its start: {self._reason}")

    def _count_as_serving(self, turn: Turn) -> None:
        self._ordered = False
        self._left_alone = ""
        if self._trial and not self._active:
            self._end_trial(turn)
            return
        if self._served:
            return
        self._served = True
        self._retry_ns = RETRY_MIN_NS
        self._arm(turn, "budget", BUDGET_BACK_AFTER_NS, self._restore_budget)

    def _restore_budget(self, turn: Turn) -> None:
        del turn
        self._budget.restore()

    # --- failure and mending -------------------------------------------------------------------

    def _fail(self, turn: Turn, reason: str) -> None:
        """It does not serve though it should, or did not do as it was told."""
        if self._hands_off:
            self._leave_alone(turn, reason)
            return
        self._reason = reason
        self._left_alone = ""
        self._disarm("budget")
        if not (self._active or self._trial):
            self._arm(turn, "retry", self._next_pause_ns(), self.advance)
            return
        exists = self.facts.state is not ContainerState.ABSENT
        left = self._budget.left(self.facts.restarts) if exists else 0
        if not self.failed or self._trial:
            turn.tell(ServiceFailed(container=self.name, reason=reason, restarts_left=left))
        self._end_checks(turn)
        self._ran = self._served = False
        if left and not self.failed:
            self._budget.spend()
            self._mend(turn)
            return
        self.failed = True
        self._trial = False
        self._mend_later(turn)
        self.advance(turn)

    def _mend(self, turn: Turn) -> None:
        verb = RestartService if self.facts.state in _UP else StartService
        self._operate(turn, verb)

    def _mend_later(self, turn: Turn) -> None:
        self._arm(turn, "mend", self._next_pause_ns(), self._try_to_mend)

    def _next_pause_ns(self) -> int:
        pause_ns = self._retry_ns
        longest_ns = RETRY_MAX_ACTIVE_NS if self._active else RETRY_MAX_NS
        self._retry_ns = min(2 * pause_ns, longest_ns)
        return pause_ns

    def _try_to_mend(self, turn: Turn) -> None:
        if self.busy or self.facts.state is ContainerState.ABSENT or self._hands_off:
            self._mend_later(turn)
            return
        # Also on the node that stands by: only a container seen serving is fit for a takeover.
        self._trial = not self._active
        self._mend(turn)

    def _recover(self, turn: Turn) -> None:
        self._forget_failure()
        turn.tell(ServiceRecovered(container=self.name))

    def _forget_failure(self) -> None:
        self.failed = False
        self._budget.restore()
        self._reason = ""
        self._disarm("mend")

    def _end_trial(self, turn: Turn) -> None:
        self._trial = False
        self._retry_ns = RETRY_MIN_NS
        self._advance_to_rest(turn)

    # --- towards rest --------------------------------------------------------------------------

    def _advance_to_rest(self, turn: Turn) -> None:
        self._end_checks(turn)
        verb = self._rest_action()
        if verb is not None:
            self._operate(turn, verb)
        else:
            self._ordered = False

    def _rest_action(self) -> type[PauseService | StopService] | None:
        if self._trial:
            return None
        match self._standby or self.facts.standby, self.facts.state:
            case StandbyMode.PAUSE, ContainerState.RUNNING:
                return PauseService
            case StandbyMode.STOP, ContainerState.RUNNING | ContainerState.PAUSED:
                return StopService
            case _:
                return None

    # --- operations and facts ------------------------------------------------------------------

    def _operate(
        self,
        turn: Turn,
        verb: type[StartService | RestartService | PauseService | StopService],
    ) -> None:
        self._op = self._operations.next()
        self._rests = verb in (PauseService, StopService)
        if verb is RestartService:
            self._budget.note_asked(turn.ns)
        turn.do(verb(op=self._op, container=self.name))
        self._arm(turn, "operation", OPERATION_MAX_NS, self._operation_hangs)

    def _operation_hangs(self, turn: Turn) -> None:
        self._op = None
        self._not_done(turn, "the Docker engine did not answer within 15 s")

    def _not_done(self, turn: Turn, reason: str) -> None:
        if self._rests and (self._active or self._trial):
            self.advance(turn)  # it was to rest, and is to serve by now: this is no failure
        else:
            self._fail(turn, reason)

    def _end_operation(self) -> None:
        self._op = None
        self._disarm("operation")

    def _learn(self, turn: Turn, facts: ContainerFacts) -> None:
        was = self.facts
        if facts.state is ContainerState.UNKNOWN:
            # An engine that does not answer has changed nothing: what is known of it stays.
            facts = replace(was, state=facts.state, detail=facts.detail)
        self.facts = facts
        if facts.state is not was.state:
            turn.tell(
                ContainerChanged(
                    container=self.name,
                    state=facts.state.value,
                    was=was.state.value,
                    detail=facts.detail,
                )
            )
        if facts.state not in _UP:
            self._end_checks(turn)
        if self.failed and self._deserves_a_chance(was, facts):
            self._be_lenient()
        if self.failed and facts.state is ContainerState.RUNNING and not facts.checked:
            self._arm(turn, "settle", SETTLE_NS, self._settled)
        self.advance(turn)

    @staticmethod
    def _deserves_a_chance(was: ContainerFacts, facts: ContainerFacts) -> bool:
        """Somebody made the container anew, or the engine answers again."""
        if facts.state in (ContainerState.ABSENT, ContainerState.UNKNOWN):
            return False
        return facts.identity != was.identity or was.state is ContainerState.UNKNOWN

    def _be_lenient(self) -> None:
        """What was wrong may be right now: a new chance, and a new budget."""
        self._disarm("retry")
        self._retry_ns = RETRY_MIN_NS
        self._forget_failure()

    def _settled(self, turn: Turn) -> None:
        """Unchecked, and still running after a while: that has to do as a proof."""
        if self.failed and self.facts.state is ContainerState.RUNNING:
            self._recover(turn)
            self.advance(turn)

    def _timer(self, what: str) -> str:
        return f"{what} of {self.name}"

    def _arm(self, turn: Turn, what: str, after_ns: int, then: Then) -> None:
        self._timers.arm(self._timer(what), turn.ns + after_ns, then)

    def _is_armed(self, what: str) -> bool:
        return self._timers.is_armed(self._timer(what))

    def _disarm(self, what: str) -> None:
        self._timers.disarm(self._timer(what))
