"""Two nodes start, together or one after the other: one of them serves, and never both."""

from tests.interop.duo import UNNOTICED_MS, Duo
from tests.interop.halog import DEATH
from tests.interop.plan import OURS, REAL, Plan
from tests.interop.stage import scenario

BOTH_NEW_MS = 15_000
"""Two nodes that start together wait 10 s for each other: the real one does it so."""
ALONE_MS = 6_000
"""A node that starts alone waits initdead, 3 s, for the other."""


@scenario(Plan(failback="on"), Plan(failback="off"))
def test_started_together_the_named_real_node_serves(duo: Duo) -> None:
    with duo.step("both start", outage_ms=BOTH_NEW_MS):
        duo.start_together()
        duo.at_rest(REAL)


@scenario(Plan(named="ours", failback="on"), Plan(named="ours", failback="off"))
def test_started_together_the_named_sidecar_serves(duo: Duo) -> None:
    with duo.step("both start", outage_ms=BOTH_NEW_MS):
        duo.start_together()
        duo.at_rest(OURS)


@scenario()
def test_a_real_node_that_joins_gets_its_address_back(duo: Duo) -> None:
    with duo.step("the sidecar starts alone", outage_ms=ALONE_MS):
        duo.ours.start()
        duo.page(OURS)
    with duo.step("the real node joins", outage_ms=1500):
        duo.real.start()
        duo.at_rest(REAL)


@scenario(Plan(failback="off"), Plan(named="ours"))
def test_a_real_node_that_joins_leaves_the_address_where_it_is(duo: Duo) -> None:
    duo.ours.start()
    duo.page(OURS)
    with duo.step("the real node joins", outage_ms=UNNOTICED_MS):
        duo.real.start()
        duo.at_rest(OURS)


@scenario(Plan(named="ours"))
def test_a_sidecar_that_joins_gets_its_address_back(duo: Duo) -> None:
    duo.allow(*DEATH)
    with duo.step("the real node starts alone", outage_ms=ALONE_MS):
        duo.real.start()
        duo.page(REAL)
    with duo.step("the sidecar joins", outage_ms=1500):
        duo.ours.start()
        duo.at_rest(OURS)


@scenario(Plan(named="ours", failback="off"), Plan())
def test_a_sidecar_that_joins_leaves_the_address_where_it_is(duo: Duo) -> None:
    duo.allow(*DEATH)
    duo.real.start()
    duo.page(REAL)
    with duo.step("the sidecar joins", outage_ms=UNNOTICED_MS):
        duo.ours.start()
        duo.at_rest(REAL)
