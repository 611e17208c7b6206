"""A node is stopped cleanly and comes back: the other one serves meanwhile, and knows in time."""

from tests.interop.duo import UNNOTICED_MS, Duo
from tests.interop.halog import DEATH, RETURN
from tests.interop.plan import OURS, REAL, Plan
from tests.interop.stage import scenario

STOP_MS = 1500
"""The giver says that it has let go; there is no dead time to wait for."""
BACK_MS = 1500


@scenario()
def test_a_stopped_real_node_hands_over_and_gets_its_address_back(duo: Duo) -> None:
    duo.serve()
    with duo.step("the real node, serving, is stopped", outage_ms=STOP_MS):
        duo.real.stop()
        duo.page(OURS)
    with duo.step("the real node starts again", outage_ms=BACK_MS):
        duo.real.start()
        duo.at_rest(REAL)


@scenario(Plan(named="ours"))
def test_a_stopped_sidecar_hands_over_and_gets_its_address_back(duo: Duo) -> None:
    duo.allow(*DEATH, *RETURN)
    duo.serve()
    with duo.step("the sidecar, serving, is stopped", outage_ms=STOP_MS):
        duo.ours.stop()
        duo.page(REAL)
    with duo.step("the sidecar starts again", outage_ms=BACK_MS):
        duo.ours.start()
        duo.at_rest(OURS)


@scenario(Plan(failback="off"))
def test_without_failback_a_stopped_node_that_returns_gets_nothing(duo: Duo) -> None:
    duo.allow(*DEATH, *RETURN)
    duo.serve()
    with duo.step("the sidecar, serving, is stopped", outage_ms=STOP_MS):
        duo.ours.stop()
        duo.page(REAL)
    with duo.step("the sidecar starts again", outage_ms=UNNOTICED_MS):
        duo.ours.start()
        duo.at_rest(REAL)
    with duo.step("the real node, serving, is stopped", outage_ms=STOP_MS):
        duo.real.stop()
        duo.page(OURS)
    with duo.step("the real node starts again", outage_ms=UNNOTICED_MS):
        duo.real.start()
        duo.at_rest(OURS)


@scenario()
def test_a_standby_sidecar_comes_and_goes_unnoticed(duo: Duo) -> None:
    duo.allow(*DEATH, *RETURN)
    duo.serve()
    with duo.step("the sidecar, standing by, is stopped", outage_ms=UNNOTICED_MS):
        duo.ours.stop()
    with duo.step("the sidecar starts again", outage_ms=UNNOTICED_MS):
        duo.ours.start()
        duo.at_rest(REAL)


@scenario(Plan(named="ours"))
def test_a_standby_real_node_comes_and_goes_unnoticed(duo: Duo) -> None:
    duo.serve()
    with duo.step("the real node, standing by, is stopped", outage_ms=UNNOTICED_MS):
        duo.real.stop()
    with duo.step("the real node starts again", outage_ms=UNNOTICED_MS):
        duo.real.start()
        duo.at_rest(OURS)
