"""One container: brought to serve, never acted upon twice; what is told and shown of it."""

import pytest

from sidecar.core.actions import BeginChecks, PauseService, RestartService, StartService
from sidecar.core.events import ServiceDone, ServiceRefused
from sidecar.core.occurrences import CheckFailed, ContainerChanged, ServiceFailed
from sidecar.core.terms import SECOND
from tests.core.container_alone import (
    PAUSED,
    RESTARTING,
    RUNNING,
    STOPPED,
    UNKNOWN,
    VERBS,
    a_bench,
    serving,
    starting,
)
from tests.core.resources import facts

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


def test_a_stale_answer_ends_nothing_and_what_it_shows_is_known():
    """Nobody tells it again: who watches the engine counts it as told."""
    bench = a_bench()
    bench.inspected(PAUSED)
    bench.want()
    op = bench.wish(StartService).op
    bench.feed(ServiceDone(op=op + 1, container="nginx", facts=facts(STOPPED)))
    bench.feed(ServiceRefused(op=op - 1, container="nginx", reason="an old one"))
    assert bench.nginx.busy
    assert bench.nginx.facts.state is STOPPED
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


def test_it_has_more_time_where_the_engines_first_verdict_takes_longer():
    """By default a HEALTHCHECK runs for the first time half a minute after the start."""
    bench = starting(first_check_ns=120 * SECOND)
    bench.wait(119_999)
    assert not bench.occurrences(ServiceFailed)
    bench.wait(2)
    (failed,) = bench.occurrences(ServiceFailed)
    assert failed.reason == "no check passed within 120 s of its start"


def test_a_start_that_fails_again_and_again_gives_its_reason_once():
    bench = starting(restarts=1)
    bench.wait(10_001)
    bench.done(RestartService, RUNNING)
    bench.wait(10_001)
    assert bench.nginx.trouble.count("no check passed") == 1


def test_failed_checks_before_the_first_pass_are_not_counted():
    bench = starting()
    for _ in range(50):
        bench.check(passed=False)
    assert not bench.occurrences(CheckFailed)
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
