"""``auto_failback legacy``: the older protocol, in which a node asks for each of its own groups."""

from tests.interop.duo import Duo
from tests.interop.halog import DEATH
from tests.interop.plan import OURS, REAL, Plan
from tests.interop.stage import scenario

OLD = Plan(failback="legacy")
OLD_OURS = Plan(failback="legacy", named="ours")
START_MS = 8_000
"""In the older protocol nobody waits 10 s for the other one."""
DEATH_MS = 4500
"""A real node asks to be held for dead only after 3 s in its first 5 s (protocol section 5.1)."""
BACK_MS = 2500


@scenario(OLD)
def test_the_real_node_gets_its_address_back_when_it_asks_for_it(duo: Duo) -> None:
    with duo.step("both start", outage_ms=START_MS):
        duo.start_together()
        duo.page(REAL)
    with duo.step("power cut of the real node", outage_ms=DEATH_MS):
        duo.real.power_off()
        duo.page(OURS)
    with duo.step("the real node boots", outage_ms=BACK_MS):
        duo.real.power_on()
        duo.page(REAL)


@scenario(OLD_OURS)
def test_the_sidecar_gets_its_address_back_when_it_asks_for_it(duo: Duo) -> None:
    duo.allow(*DEATH)
    with duo.step("both start", outage_ms=START_MS):
        duo.start_together()
        duo.page(OURS)
    with duo.step("power cut of the sidecar's host", outage_ms=DEATH_MS):
        duo.ours.power_off()
        duo.page(REAL)
    with duo.step("the sidecar's host boots", outage_ms=BACK_MS):
        duo.ours.power_on()
        duo.page(OURS)


@scenario(OLD_OURS)
def test_a_clean_stop_moves_the_address_at_once(duo: Duo) -> None:
    duo.allow(*DEATH)
    duo.start_together()
    duo.page(OURS)
    with duo.step("the sidecar stops", outage_ms=DEATH_MS):
        duo.ours.stop()
        duo.page(REAL)
