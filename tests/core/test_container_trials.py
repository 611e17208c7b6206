"""One container that failed, on the node that stands by: tried, and put to rest again."""

import pytest

from sidecar.core.actions import PauseService, RestartService, StartService
from sidecar.core.occurrences import ServiceRecovered
from tests.core.container_alone import PAUSED, RUNNING, VERBS, failed, serving


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
    bench.wish(RestartService)


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


def test_a_trial_that_fails_puts_the_container_to_rest_until_the_next_one_which_restarts_it():
    """It hung, perhaps: paused and thawed it would hang for ever, where a restart may help."""
    bench = failed()
    bench.give_up()
    bench.wait(501)
    bench.done(StartService, RUNNING)
    bench.wait(10_001)
    assert bench.nginx.failed
    bench.done(PauseService, PAUSED)
    bench.wait(1_001)
    bench.wish(RestartService)


def test_one_that_was_seen_serving_in_a_trial_is_paused_and_never_restarted():
    bench = failed()
    bench.give_up()
    bench.wait(501)
    bench.done(StartService, RUNNING)
    bench.check(passed=True)
    bench.done(PauseService, PAUSED)
    bench.wait(600_000)
    assert bench.nothing_of(*VERBS)


def test_a_takeover_thaws_one_that_failed_here_as_any_other():
    """It may serve at once; a restart takes its time, and costs what the process remembers."""
    bench = serving(restarts=0)
    for _ in range(3):
        bench.check(passed=False)
    bench.give_up()
    bench.done(PauseService, PAUSED, restarts=0)
    bench.want()
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


def test_a_trial_whose_first_check_was_late_in_maintenance_is_ended_after_it():
    """It ran on, on the node that stands by, and was never tried again."""
    bench = failed()
    bench.give_up()
    bench.wait(501)
    bench.done(StartService, RUNNING)
    bench.maintenance = True
    bench.wait(10_001)
    bench.maintenance = False
    bench.turn()
    for _ in range(3):
        bench.check(passed=False)
    bench.done(PauseService, PAUSED)
    bench.wait(1_001)
    bench.done(RestartService, RUNNING)
    bench.check(passed=True)
    assert not bench.nginx.trouble


@pytest.mark.parametrize("maintenance", [True, False])
def test_a_trial_ends_when_the_node_stops(maintenance):
    """It would run on without a sidecar, beside the one that serves on the other node."""
    bench = failed()
    bench.give_up()
    bench.wait(501)
    bench.done(StartService, RUNNING)
    bench.maintenance = maintenance
    assert not bench.group.at_rest
    bench.turn(bench.group.retire)
    assert not bench.group.at_rest
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest
    bench.wait(60_000)
    assert bench.nothing_of(*VERBS)


def test_a_trial_whose_start_is_under_way_ends_when_it_has_started():
    bench = failed()
    bench.give_up()
    bench.wait(501)
    bench.turn(bench.group.retire)
    bench.done(StartService, RUNNING)
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest


def test_nothing_is_tried_any_more_when_the_node_stops():
    bench = failed()
    bench.turn(bench.group.retire)
    bench.give_up()
    bench.wait(60_000)
    assert bench.nothing_of(*VERBS)


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
