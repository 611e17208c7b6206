"""One container that has trouble while it serves: mended within a budget."""

import pytest

from sidecar.core.actions import BeginChecks, EndChecks, PauseService, RestartService, StartService
from sidecar.core.events import ServiceDone, ServiceRefused
from sidecar.core.occurrences import CheckFailed, RestartedByOthers, ServiceFailed, ServiceRecovered
from tests.core.container_alone import (
    ABSENT,
    PAUSED,
    RESTARTING,
    RUNNING,
    STOPPED,
    UNKNOWN,
    VERBS,
    a_bench,
    failed,
    serving,
    starting,
)
from tests.core.resources import Bench, facts

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


# --- after maintenance ----------------------------------------------------------------------------


def restarted_in_maintenance() -> Bench:
    """Its checks failed; maintenance begins before its restart is done."""
    bench = serving()
    for _ in range(3):
        bench.check(passed=False)
    bench.maintenance = True
    bench.done(RestartService, RUNNING)
    return bench


def test_a_first_check_that_was_late_in_maintenance_is_a_failure_after_it():
    """Else nobody would ever judge the container again: its deadline comes once."""
    bench = restarted_in_maintenance()
    bench.check(passed=False)
    bench.wait(10_001)
    assert not bench.nginx.failed
    bench.maintenance = False
    bench.turn()
    for _ in range(3):
        bench.check(passed=False)
    assert bench.nginx.failed


def test_one_that_passed_a_check_in_maintenance_and_failed_in_it_has_failed_after_it():
    bench = restarted_in_maintenance()
    bench.check(passed=True)
    for _ in range(3):
        bench.check(passed=False)
    assert not bench.nginx.failed
    bench.maintenance = False
    bench.turn()
    bench.check(passed=False)
    assert bench.nginx.failed


def test_one_whose_time_is_not_over_when_maintenance_ends_has_the_rest_of_it():
    bench = restarted_in_maintenance()
    bench.wait(5_000)
    bench.maintenance = False
    bench.turn()
    for _ in range(9):
        bench.check(passed=False)
    bench.wait(4_999)
    assert not bench.nginx.failed
    bench.wait(2)
    assert bench.nginx.failed


def test_a_failed_one_whose_next_try_was_late_in_maintenance_is_tried_on_after_it():
    bench = failed()
    bench.wait(501)
    bench.done(StartService, RUNNING)
    bench.maintenance = True
    bench.wait(10_001)
    bench.maintenance = False
    bench.turn()
    for _ in range(3):
        bench.check(passed=False)
    bench.wait(3_001)
    bench.wish(RestartService)


def test_one_that_is_mended_after_maintenance_has_the_whole_time_for_its_first_check():
    """Its checks began in maintenance, when somebody had started it."""
    bench = failed()
    bench.maintenance = True
    bench.inspected(RUNNING)
    bench.wait(10_001)
    bench.maintenance = False
    bench.turn()
    while bench.nothing_of(RestartService):
        bench.wait(100)
    bench.wish(EndChecks)
    bench.done(RestartService, RUNNING)
    for _ in range(9):
        bench.check(passed=False)
    bench.check(passed=True)
    assert bench.nginx.serving


def test_an_unchecked_one_that_serves_again_in_maintenance_counts_as_serving_after_it():
    """Else an engine that falls silent later would move its group."""
    bench = serving(checked=False)
    bench.inspected(STOPPED, checked=False)
    bench.maintenance = True
    bench.done(StartService, RUNNING, checked=False)
    bench.inspected(UNKNOWN)
    assert bench.nginx.serving
    bench.maintenance = False
    bench.turn()
    assert bench.nginx.serving
    assert bench.nothing_of(*VERBS)


def test_one_that_served_again_in_maintenance_and_crashed_in_it_has_failed_after_it():
    bench = serving(checked=False)
    bench.inspected(STOPPED, checked=False)
    bench.maintenance = True
    bench.done(StartService, RUNNING, checked=False)
    bench.inspected(STOPPED, checked=False)
    bench.maintenance = False
    bench.turn()
    assert bench.nginx.failed, "the one restart is used up"


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


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize("state", [PAUSED, STOPPED])
def test_one_that_the_engine_last_showed_not_to_serve_does_not_serve_while_it_is_silent(
    state, checked
):
    """It was left alone in maintenance; nothing was tried when that ended."""
    bench = serving(checked=checked)
    bench.maintenance = True
    bench.inspected(state, checked=checked)
    bench.inspected(UNKNOWN)
    assert not bench.nginx.serving
    bench.maintenance = False
    bench.turn()
    bench.wish(StartService)


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
