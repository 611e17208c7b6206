"""A node dies: by a power cut, by the death of its processes alone, for good or for a moment."""

from itertools import pairwise
from typing import Final

from tests.interop.duo import UNNOTICED_MS, Duo
from tests.interop.halog import BUSY_START, DEATH, RETURN
from tests.interop.plan import OURS, REAL, VIP, Plan
from tests.interop.stage import scenario
from tests.testbed.waiting import wait_for

DEATH_MS = 2500
"""Deadtime is 1 s, checked every 250 ms by the real node; then scripts have to run."""
BACK_MS = 1500
LATE_NS: Final = 900_000_000
"""A beat leaves each 200 ms; the machine may be busy with other scenarios."""


@scenario()
def test_a_sidecar_takes_over_from_a_dead_real_node_and_gives_back(duo: Duo) -> None:
    duo.serve()
    with duo.step("power cut of the real node", outage_ms=DEATH_MS):
        duo.real.power_off()
        duo.page(OURS)
    with duo.step("the real node boots", outage_ms=BACK_MS):
        duo.real.power_on()
        duo.at_rest(REAL)


@scenario(Plan(named="ours"))
def test_a_real_node_takes_over_from_a_dead_sidecar_and_gives_back(duo: Duo) -> None:
    duo.allow(*DEATH, *RETURN)
    duo.serve()
    with duo.step("power cut of the sidecar's host", outage_ms=DEATH_MS):
        duo.ours.power_off()
        duo.page(REAL)
    with duo.step("the sidecar's host boots", outage_ms=BACK_MS):
        duo.ours.power_on()
        duo.at_rest(OURS)


@scenario(Plan(failback="off"))
def test_without_failback_a_dead_node_that_returns_gets_nothing(duo: Duo) -> None:
    duo.allow(*DEATH, *RETURN)
    duo.serve()
    with duo.step("power cut of the sidecar's host", outage_ms=DEATH_MS):
        duo.ours.power_off()
        duo.page(REAL)
    with duo.step("the sidecar's host boots", outage_ms=UNNOTICED_MS):
        duo.ours.power_on()
        duo.at_rest(REAL)
    with duo.step("power cut of the real node", outage_ms=DEATH_MS):
        duo.real.power_off()
        duo.page(OURS)
    with duo.step("the real node boots", outage_ms=UNNOTICED_MS):
        duo.real.power_on()
        duo.at_rest(OURS)


@scenario(Plan(named="ours", deadtime="2"))
def test_the_address_of_a_killed_sidecar_goes_by_itself(duo: Duo) -> None:
    """Only the process dies: the kernel ends the address before the real node takes it."""
    duo.allow(*DEATH, *RETURN)
    duo.serve()
    with duo.step("the sidecar is killed", outage_ms=DEATH_MS + 1000):
        duo.ours.kill()
        duo.page(REAL)
    with duo.step("the sidecar starts again", outage_ms=BACK_MS):
        duo.ours.start()
        duo.at_rest(OURS)


@scenario()
def test_an_address_that_still_answers_is_not_taken_from_a_killed_real_node(duo: Duo) -> None:
    """Only the daemon dies: the host still serves, and serves on until the address has gone."""
    duo.serve()
    with duo.step("the real daemon is killed, its host serves on", outage_ms=UNNOTICED_MS):
        duo.real.kill()
        wait_for(lambda: duo.ours.peer().get("status") == "dead", seconds=5, what="a dead peer")
        wait_for(
            lambda: [
                line
                for line in duo.ours.log.read_text().splitlines()
                if VIP in line and "still" in line
            ],
            seconds=5,
            what="a word on the address that still answers",
        )
        duo.page(REAL)
    with duo.step("the address goes too", outage_ms=DEATH_MS):
        duo.real.power_off()
        duo.page(OURS)


@scenario(Plan(deadtime="3"))
def test_a_real_node_that_restarts_within_deadtime_keeps_its_address(duo: Duo) -> None:
    duo.allow(*BUSY_START)
    duo.serve()
    with duo.step("the real node is killed and started at once", outage_ms=UNNOTICED_MS):
        duo.real.kill()
        duo.real.start()
        duo.at_rest(REAL)
    beats = [beat.at_ns for beat in duo.tap.seen("status", OURS)]
    gaps_ns = [later - earlier for earlier, later in pairwise(beats)]
    assert max(gaps_ns) < LATE_NS, "the sidecar's beats were in time"


@scenario(Plan(named="ours", deadtime="4", initdead="4"))
def test_a_sidecar_that_restarts_within_deadtime_serves_again(duo: Duo) -> None:
    duo.allow(*RETURN)
    duo.serve()
    with duo.step("the sidecar is killed and started at once", outage_ms=5000):
        duo.ours.kill()
        duo.ours.start()
        duo.at_rest(OURS)
