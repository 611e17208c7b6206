"""One container: brought to serve or to rest, mended within a budget, never acted upon twice."""

import pytest

from sidecar.core.actions import (
    BeginChecks,
    EndChecks,
    PauseService,
    RestartService,
    StartService,
    StopService,
)
from sidecar.core.events import ServiceDone, ServiceRefused
from sidecar.core.occurrences import (
    CheckFailed,
    ContainerChanged,
    RestartedByOthers,
    ServiceFailed,
    ServiceRecovered,
)
from sidecar.core.params import Container
from sidecar.core.terms import ContainerState, StandbyMode
from tests.core.resources import Bench, a_group, facts

ABSENT, STOPPED, RESTARTING, PAUSED, RUNNING, UNKNOWN = (
    ContainerState.ABSENT,
    ContainerState.STOPPED,
    ContainerState.RESTARTING,
    ContainerState.PAUSED,
    ContainerState.RUNNING,
    ContainerState.UNKNOWN,
)
VERBS = (StartService, RestartService, PauseService, StopService)


def a_bench(**more) -> Bench:
    """A bench of a container alone."""
    return Bench(a_group(Container(name="nginx")), **more)


def starting(**more) -> Bench:
    """It runs, and its first check has not come yet."""
    bench = a_bench()
    bench.inspected(STOPPED, **more)
    bench.want()
    bench.done(StartService, RUNNING, **more)
    return bench


def serving(**more) -> Bench:
    bench = starting(**more)
    bench.check(passed=True)
    assert bench.nginx.serving
    bench.wishes.clear()
    bench.told.clear()
    return bench


def failed(**more) -> Bench:
    """It crashed, and crashed again after its one restart."""
    bench = serving(**more)
    bench.inspected(STOPPED, **more)
    bench.done(StartService, RUNNING, **more)
    bench.inspected(STOPPED, **more)
    assert bench.nginx.failed
    bench.wishes.clear()
    bench.told.clear()
    return bench


# --- towards serving -----------------------------------------------------------------------------


@pytest.mark.parametrize("found", [PAUSED, STOPPED, RESTARTING, UNKNOWN])
def test_a_container_that_is_to_serve_is_started_whatever_it_was(found):
    bench = a_bench()
    bench.inspected(found)
    bench.want()
    assert bench.wish(StartService).container == "nginx"


def test_a_running_container_is_not_started_but_checked():
    bench = a_bench(decided=False)
    bench.inspected(RUNNING)
    bench.want()
    assert bench.wish(BeginChecks).container == "nginx"
    assert bench.nothing_of(*VERBS)


def test_it_serves_only_once_a_check_has_passed():
    bench = starting()
    assert not bench.nginx.serving
    bench.check(passed=True)
    assert bench.nginx.serving


def test_an_unchecked_container_serves_when_it_runs():
    bench = starting(checked=False)
    assert bench.nginx.serving
    assert bench.nothing_of(BeginChecks)


def test_a_container_that_need_not_serve_does_not_count_as_serving():
    bench = a_bench()
    bench.inspected(RUNNING, checked=False)
    assert not bench.nginx.serving


def test_one_operation_is_under_way_at_a_time():
    bench = a_bench()
    bench.inspected(PAUSED)
    bench.want()
    bench.give_up()
    bench.want()
    bench.inspected(STOPPED)
    assert len(bench.all_of(StartService)) == 1
    assert bench.nothing_of(*VERBS)


def test_a_stale_answer_is_ignored():
    bench = a_bench()
    bench.inspected(PAUSED)
    bench.want()
    op = bench.wish(StartService).op
    bench.feed(ServiceDone(op=op + 1, container="nginx", facts=facts(RUNNING)))
    bench.feed(ServiceRefused(op=op - 1, container="nginx", reason="an old one"))
    assert bench.nginx.busy
    assert bench.nginx.facts.state is PAUSED
    assert not bench.occurrences(ServiceFailed)


def test_a_silent_engine_counts_as_a_refusal_after_15_s():
    bench = a_bench()
    bench.inspected(PAUSED)
    bench.want()
    op = bench.wish(StartService).op
    bench.wait(14_999)
    assert bench.nginx.busy
    assert bench.nothing_of(*VERBS)
    bench.wait(2)
    assert "15 s" in bench.occurrences(ServiceFailed)[0].reason
    bench.feed(ServiceDone(op=op, container="nginx", facts=facts(RUNNING)))
    assert bench.nginx.busy, "the late answer is not that of the next attempt"


def test_a_refused_start_is_tried_again_within_the_budget():
    bench = a_bench()
    bench.inspected(PAUSED)
    bench.want()
    bench.refused(StartService, "disk full")
    assert bench.occurrences(ServiceFailed)[0].reason == "disk full"
    assert not bench.nginx.failed
    bench.refused(StartService, "disk full")
    assert bench.nginx.failed
    assert bench.group.failing == ("service_failed", "container nginx failed: disk full")


def test_it_fails_when_no_check_passes_within_10_s_of_its_start():
    bench = starting(restarts=0)
    bench.check(passed=False, detail="connection refused")
    bench.wait(9_999)
    assert not bench.nginx.failed
    bench.wait(2)
    assert bench.nginx.failed
    assert "no check passed within 10 s" in bench.nginx.trouble
    assert "connection refused" in bench.nginx.trouble


def test_failed_checks_before_the_first_pass_are_not_counted():
    bench = starting()
    for _ in range(50):
        bench.check(passed=False)
    assert not bench.occurrences(CheckFailed)
    bench.check(passed=True)
    assert bench.nginx.serving


# --- trouble while it serves ---------------------------------------------------------------------


def test_only_so_many_failed_checks_in_a_row_are_a_failure():
    bench = serving(failures=3)
    for _ in range(10):
        bench.check(passed=False)
        bench.check(passed=False)
        bench.check(passed=True)
    assert bench.nginx.serving
    assert bench.nothing_of(RestartService)
    for _ in range(3):
        bench.check(passed=False)
    assert not bench.nginx.serving
    bench.wish(RestartService)
    told = bench.occurrences(CheckFailed)
    assert [(one.in_a_row, one.limit) for one in told[-3:]] == [(1, 3), (2, 3), (3, 3)]


def test_an_exit_is_mended_by_a_start_and_its_checks_begin_anew():
    bench = serving()
    bench.inspected(STOPPED, detail="exit code 1")
    assert not bench.nginx.serving
    bench.wish(EndChecks)
    bench.done(StartService, RUNNING)
    bench.wish(BeginChecks)
    assert not bench.nginx.serving
    bench.check(passed=True)
    assert bench.nginx.serving
    (told,) = bench.occurrences(ServiceFailed)
    assert told.sentence() == "container nginx failed: exit code 1; restarting it"


def test_after_its_budget_it_has_failed_and_is_tried_again_at_growing_intervals():
    bench = failed()
    pauses = []
    for _ in range(5):
        begin_ns = bench.now_ns
        while bench.nothing_of(*VERBS):
            bench.wait(100)
        pauses.append((bench.now_ns - begin_ns) // 1_000_000)
        bench.refused(StartService)
    assert pauses == [500, 1000, 2000, 3000, 3000], "a holder tries more often than a stand-by"


def test_the_budget_is_back_after_a_minute_of_good_service():
    bench = serving()
    bench.inspected(STOPPED)
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    bench.wait(59_000)
    bench.check(passed=True)
    bench.wait(2_000)
    bench.inspected(STOPPED)
    assert not bench.nginx.failed
    bench.wish(StartService)


def test_a_failed_container_that_passes_a_check_has_recovered():
    bench = failed()
    bench.wait(500)
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    assert bench.nginx.serving
    assert not bench.nginx.failed
    assert bench.occurrences(ServiceRecovered)
    assert not bench.nginx.trouble


def test_an_unchecked_one_has_recovered_when_it_still_runs_after_2_s():
    bench = failed(checked=False)
    bench.wait(500)
    bench.done(StartService, RUNNING, checked=False)
    bench.wait(1_999)
    assert bench.nginx.failed
    bench.wait(2)
    assert not bench.nginx.failed
    assert bench.nginx.serving


def test_a_crash_before_the_first_check_uses_up_the_budget():
    """Else a container that always dies young would be started without end, in place of the
    other node's.
    """
    bench = a_bench()
    bench.inspected(PAUSED)
    bench.want()
    for _ in range(2):
        bench.done(StartService, RUNNING)
        bench.inspected(STOPPED, detail="exit code 1")
    assert bench.nginx.failed
    assert bench.nothing_of(*VERBS)


def test_one_that_the_engine_restarts_over_and_over_has_failed_too():
    bench = starting()
    bench.inspected(RESTARTING)
    bench.done(StartService, RUNNING)
    bench.inspected(RESTARTING)
    assert bench.nginx.failed


def test_one_paused_by_a_stranger_is_unpaused_without_loss_of_budget():
    bench = serving()
    for _ in range(5):
        bench.inspected(PAUSED)
        bench.done(StartService, RUNNING)
        bench.check(passed=True)
    assert bench.nginx.serving
    assert not bench.occurrences(ServiceFailed)


def restarted_by_a_stranger(bench: Bench) -> None:
    """As the engine tells it: stopped, running, and then that it was a restart."""
    bench.inspected(STOPPED)
    bench.inspected(RUNNING)
    for start in bench.all_of(StartService):
        assert isinstance(start, StartService)
        bench.feed(ServiceDone(op=start.op, container="nginx", facts=facts(RUNNING)))
    bench.restarted()
    bench.check(passed=True)


def test_one_restarted_by_somebody_else_loses_no_budget():
    bench = serving()
    for _ in range(5):
        restarted_by_a_stranger(bench)
        assert bench.nginx.serving
    assert len(bench.occurrences(RestartedByOthers)) == 5
    bench.inspected(STOPPED)
    assert bench.occurrences(ServiceFailed)[-1].restarts_left == 1


def test_without_a_budget_it_serves_again_as_soon_as_somebody_has_restarted_it():
    bench = serving(restarts=0)
    bench.inspected(STOPPED, restarts=0)
    assert bench.nginx.failed
    bench.inspected(RUNNING, restarts=0)
    bench.restarted()
    bench.check(passed=True)
    assert not bench.nginx.failed
    assert bench.nginx.serving


def test_a_restart_of_our_own_is_counted():
    bench = serving()
    for _ in range(3):
        bench.check(passed=False)
    bench.done(RestartService, RUNNING)
    bench.restarted()
    bench.check(passed=True)
    assert not bench.occurrences(RestartedByOthers)
    bench.inspected(STOPPED)
    assert bench.nginx.failed, "the one restart is used up"


def test_a_restart_long_after_a_failure_gives_nothing_back():
    bench = serving()
    bench.inspected(STOPPED)
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    bench.wait(10_000)
    bench.restarted()
    bench.inspected(STOPPED)
    assert bench.nginx.failed


def test_an_absent_container_has_failed_and_a_person_is_told_what_to_do():
    bench = serving()
    bench.inspected(ABSENT, identity="")
    assert bench.nginx.failed
    assert bench.occurrences(ServiceFailed)[-1].restarts_left == 0
    assert bench.nothing_of(*VERBS)
    bench.wait(60_000)
    assert bench.nothing_of(*VERBS), "what is not there is not started"


def test_an_absent_container_is_worth_a_reason_while_standing_by():
    bench = a_bench()
    bench.inspected(ABSENT)
    assert bench.nginx.trouble == "container nginx does not exist: create it (docker compose up)"


def test_a_container_made_anew_gets_a_new_chance_at_once():
    bench = failed()
    bench.inspected(STOPPED, identity="c2")
    assert not bench.nginx.failed
    bench.done(StartService, RUNNING, identity="c2")
    bench.check(passed=True)
    assert bench.nginx.serving


def test_a_failed_one_gets_a_new_chance_when_the_engine_answers_again():
    bench = a_bench()
    bench.inspected(PAUSED)
    bench.inspected(UNKNOWN)
    bench.want()
    for _ in range(6):
        bench.wait(4_000)
        for _ in bench.all_of(StartService) + bench.all_of(RestartService):
            bench.feed(
                ServiceRefused(
                    op=bench.nginx._operation._op or 0, container="nginx", reason="silent"
                )
            )
    assert bench.nginx.failed
    bench.all_of(StartService)
    bench.nginx._operation._op = None
    bench.inspected(PAUSED)
    assert not bench.nginx.failed
    bench.wish(StartService)


def test_a_takeover_brings_a_new_budget():
    bench = serving()
    bench.inspected(STOPPED)
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    bench.give_up()
    bench.done(PauseService, PAUSED)
    bench.want()
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    bench.inspected(STOPPED)
    assert not bench.nginx.failed
    bench.wish(StartService)


def test_one_that_has_recovered_has_its_budget_back():
    bench = failed()
    bench.wait(501)
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    bench.inspected(STOPPED)
    assert not bench.nginx.failed
    bench.wish(StartService)


def test_a_minute_with_a_failure_in_it_brings_no_budget_back():
    bench = serving(restarts=2)
    bench.wait(30_000)
    bench.inspected(STOPPED, restarts=2)
    bench.wait(14_000)
    bench.done(StartService, RUNNING, restarts=2)
    bench.wait(9_000)
    bench.check(passed=True)
    bench.wait(20_000)
    bench.inspected(STOPPED, restarts=2)
    bench.done(StartService, RUNNING, restarts=2)
    bench.inspected(STOPPED, restarts=2)
    assert bench.nginx.failed


# --- an engine that does not answer --------------------------------------------------------------


def test_while_the_engine_is_silent_the_check_alone_decides():
    bench = serving(failures=3)
    bench.inspected(UNKNOWN)
    assert bench.nginx.serving
    assert bench.nothing_of(EndChecks, *VERBS)
    for _ in range(3):
        bench.check(passed=False)
    assert not bench.nginx.serving


def test_an_unchecked_one_goes_on_serving_while_the_engine_is_silent():
    bench = serving(checked=False)
    bench.inspected(UNKNOWN)
    assert bench.nginx.serving
    assert bench.nothing_of(*VERBS)


def test_an_unknown_state_keeps_what_was_known_of_the_container():
    bench = serving(failures=7)
    bench.inspected(UNKNOWN, failures=1, identity="", detail="connection refused")
    assert bench.nginx.facts.failures == 7
    assert bench.nginx.facts.identity == "c1"
    assert bench.nginx.trouble == "container nginx is unknown: connection refused"


def test_an_engine_that_falls_silent_before_the_first_check_passes_is_not_asked_again():
    bench = starting()
    bench.inspected(UNKNOWN)
    assert bench.nothing_of(*VERBS)
    bench.check(passed=True)
    assert bench.nginx.serving


# --- towards rest --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "verb", "rests_as"),
    [(StandbyMode.PAUSE, PauseService, PAUSED), (StandbyMode.STOP, StopService, STOPPED)],
)
def test_it_stands_by_as_its_label_says(mode, verb, rests_as):
    bench = serving(standby=mode)
    bench.give_up()
    bench.wish(EndChecks)
    assert not bench.group.at_rest
    bench.done(verb, rests_as, standby=mode)
    assert bench.group.at_rest


def test_one_that_runs_on_while_standing_by_is_left_alone():
    bench = serving(standby=StandbyMode.RUN)
    bench.give_up()
    bench.wish(EndChecks)
    assert bench.group.at_rest
    assert bench.nothing_of(*VERBS)


def test_the_word_in_haresources_goes_before_the_label():
    bench = Bench(a_group(Container(name="nginx", standby=StandbyMode.STOP)))
    bench.inspected(RUNNING, standby=StandbyMode.PAUSE)
    bench.wish(StopService)


@pytest.mark.parametrize("found", [STOPPED, ABSENT, PAUSED, UNKNOWN])
def test_what_cannot_be_paused_is_at_rest_as_it_is(found):
    bench = a_bench()
    bench.inspected(found)
    assert bench.group.at_rest
    assert bench.nothing_of(*VERBS)


def test_until_it_is_decided_who_holds_what_it_is_left_as_it_was_found():
    bench = a_bench(decided=False)
    bench.inspected(RUNNING)
    bench.wait(60_000)
    assert bench.nothing_of(*VERBS)
    bench.decided = True
    bench.turn()
    bench.wish(PauseService)


def test_one_that_a_stranger_unpauses_on_the_standby_is_paused_again():
    bench = a_bench()
    bench.inspected(PAUSED)
    bench.inspected(RUNNING)
    bench.wish(PauseService)


def test_a_refused_pause_is_tried_again_and_is_no_failure():
    bench = a_bench()
    bench.inspected(RUNNING)
    bench.refused(PauseService)
    assert not bench.nginx.failed
    assert bench.nothing_of(PauseService)
    bench.wait(501)
    bench.refused(PauseService)
    bench.wait(999)
    assert bench.nothing_of(PauseService)
    bench.wait(2)
    bench.wish(PauseService)


def test_a_pause_that_is_refused_when_it_is_to_serve_again_costs_no_restart():
    bench = serving()
    bench.give_up()
    bench.want()
    bench.refused(PauseService)
    assert bench.nothing_of(*VERBS)
    assert not bench.occurrences(ServiceFailed)
    bench.check(passed=True)
    assert bench.nginx.serving


def test_a_pause_without_an_answer_is_tried_again():
    bench = a_bench()
    bench.inspected(RUNNING)
    bench.wish(PauseService)
    bench.wait(15_001)
    assert bench.nothing_of(PauseService)
    bench.wait(500)
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest


def test_the_checks_end_when_a_stranger_pauses_it():
    bench = serving()
    bench.inspected(PAUSED)
    bench.wish(EndChecks)


def test_a_wish_that_turns_during_an_operation_is_followed_when_it_ends():
    bench = serving()
    bench.give_up()
    bench.want()
    bench.done(PauseService, PAUSED)
    bench.give_up()
    bench.done(StartService, RUNNING)
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest


def test_a_wish_that_turns_does_not_wait_for_an_old_pause_between_attempts():
    bench = a_bench()
    bench.inspected(RUNNING)
    bench.refused(PauseService)
    bench.want()
    bench.wish(BeginChecks)


# --- a container that failed, on the node that stands by ------------------------------------------


def test_a_failed_container_is_paused_when_its_group_is_given_up():
    """The other node serves now; what failed here need not run on meanwhile."""
    bench = serving(restarts=0)
    for _ in range(3):
        bench.check(passed=False)
    assert bench.nginx.failed
    bench.give_up()
    bench.done(PauseService, PAUSED, restarts=0)
    assert bench.group.at_rest


def test_a_failed_container_is_tried_on_the_standby_and_put_to_rest_when_it_serves():
    bench = failed()
    bench.give_up()
    assert bench.nginx.trouble
    bench.wait(501)
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    assert not bench.nginx.trouble
    assert bench.occurrences(ServiceRecovered)
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest


def test_a_trial_that_is_due_while_it_is_put_to_rest_comes_later():
    bench = serving(restarts=0)
    for _ in range(3):
        bench.check(passed=False)
    bench.give_up()
    bench.wait(5_000)
    bench.done(PauseService, PAUSED, restarts=0)
    bench.wait(10_000)
    bench.wish(StartService)


def test_after_a_trial_that_went_well_the_next_failure_is_mended_soon():
    bench = failed()
    bench.give_up()
    for _ in range(4):
        while bench.nothing_of(*VERBS):
            bench.wait(100)
        bench.refused(StartService)
    while bench.nothing_of(*VERBS):
        bench.wait(100)
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    bench.refused(PauseService)
    bench.wait(501)
    bench.wish(PauseService)


def test_a_trial_that_fails_puts_the_container_to_rest_until_the_next_one():
    bench = failed()
    bench.give_up()
    bench.wait(501)
    bench.done(StartService, RUNNING)
    bench.wait(10_001)
    assert bench.nginx.failed
    bench.done(PauseService, PAUSED)
    bench.wait(1_001)
    bench.wish(StartService)


def test_trials_on_the_standby_come_ever_more_seldom_up_to_30_s():
    bench = failed()
    bench.give_up()
    pauses = []
    for _ in range(9):
        begin_ns = bench.now_ns
        while bench.nothing_of(*VERBS):
            bench.wait(100)
        pauses.append((bench.now_ns - begin_ns) // 1_000_000)
        bench.refused(StartService)
    assert pauses == [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]


def test_a_trial_that_began_before_maintenance_is_ended_after_it():
    """Seed 415: it ran on unchecked, and the node was not fit for a takeover ever again."""
    bench = failed()
    bench.give_up()
    bench.wait(501)
    bench.maintenance = True
    bench.done(StartService, RUNNING)
    bench.maintenance = False
    bench.turn()
    bench.check(passed=True)
    assert bench.occurrences(ServiceRecovered)
    bench.done(PauseService, PAUSED)
    assert bench.group.settled


def test_a_trial_that_goes_well_during_maintenance_is_ended_after_it():
    bench = failed()
    bench.give_up()
    bench.wait(501)
    bench.done(StartService, RUNNING)
    bench.maintenance = True
    bench.check(passed=True)
    assert bench.occurrences(ServiceRecovered)
    assert bench.nothing_of(PauseService)
    bench.maintenance = False
    bench.turn()
    bench.done(PauseService, PAUSED)
    assert bench.group.settled


def test_a_takeover_during_a_trial_goes_on_with_it():
    bench = failed()
    bench.give_up()
    bench.wait(501)
    bench.want()
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    assert bench.nginx.serving
    bench.give_up()
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest


def test_a_takeover_is_a_new_chance_for_a_container_that_failed():
    bench = failed()
    bench.give_up()
    bench.want()
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    assert bench.nginx.serving


# --- what is told and shown ----------------------------------------------------------------------


def test_each_change_of_state_is_told_with_its_detail():
    bench = serving()
    bench.inspected(STOPPED, detail="exit code 137 (signal 9), out of memory")
    (told,) = bench.occurrences(ContainerChanged)
    assert told.sentence() == (
        "container nginx is stopped, was running (exit code 137 (signal 9), out of memory)"
    )


def test_the_view_shows_state_and_why():
    bench = serving()
    assert bench.nginx.view().serving
    bench.inspected(STOPPED, detail="exit code 1", restarts=0)
    view = bench.nginx.view()
    assert (view.state, view.serving, view.failed) == (STOPPED, False, True)
    assert view.detail == "exit code 1"


def test_a_check_of_a_container_that_is_not_checked_any_more_is_ignored():
    bench = serving()
    bench.give_up()
    bench.check(passed=True)
    assert not bench.nginx.serving
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest
