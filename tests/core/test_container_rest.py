"""One container: put to rest, as its mode of standing by says."""

import pytest

from sidecar.core.actions import BeginChecks, EndChecks, PauseService, StartService, StopService
from sidecar.core.events import ServiceDone
from sidecar.core.occurrences import ServiceFailed
from sidecar.core.params import Container
from sidecar.core.terms import StandbyMode
from tests.core.container_alone import (
    ABSENT,
    PAUSED,
    RUNNING,
    STOPPED,
    UNKNOWN,
    VERBS,
    a_bench,
    serving,
    starting,
)
from tests.core.resources import Bench, a_group, facts


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


def test_a_pause_that_is_answered_too_late_is_known_where_it_is_to_serve_by_now():
    """The group was taken over with it, and nobody answered."""
    bench = starting(checked=False)
    bench.give_up()
    op = bench.wish(PauseService).op
    bench.want()
    bench.wait(15_001)
    assert bench.nginx.serving
    bench.feed(ServiceDone(op=op, container="nginx", facts=facts(PAUSED, checked=False)))
    assert not bench.nginx.serving
    bench.wish(StartService)


def test_a_start_that_is_answered_too_late_is_known_where_it_is_to_rest_by_now():
    """It ran for ever on the node that stands by."""
    bench = a_bench()
    bench.inspected(PAUSED)
    bench.want()
    op = bench.wish(StartService).op
    bench.give_up()
    bench.wait(20_000)
    bench.feed(ServiceDone(op=op, container="nginx", facts=facts(RUNNING)))
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
