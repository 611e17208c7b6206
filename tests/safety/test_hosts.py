"""Whole hosts: without power, and booted in the same moment."""

import pytest

from tests.e2e.scene import GROUP
from tests.safety.row import Safety
from tests.safety.timers import TAKEOVER_MS

pytestmark = [pytest.mark.safety, pytest.mark.e2e, pytest.mark.costly, pytest.mark.timeout(240)]
DARK_MS = 60_000
"""Nobody serves while both hosts are off, nor before their engines and containers have started."""


def test_the_active_host_loses_its_power(safety: Safety) -> None:
    with safety.fault("power of the active host cut, boot", outage_ms=TAKEOVER_MS) as fault:
        safety.master.power_off()
        fault.wait_for_page(safety.slave.page)
        fault.told(safety.slave, f"taking over {GROUP}: masternginx is dead")
        safety.master.power_on()
        safety.scene.at_rest(safety.master, seconds=40)


def test_both_hosts_are_booted_at_once(safety: Safety) -> None:
    pair = safety.scene.pair
    with safety.fault("both hosts lose power and boot at once", outage_ms=DARK_MS) as fault:
        pair.on_both(lambda node: node.power_off())
        pair.on_both(lambda node: node.power_on())
        safety.scene.at_rest(safety.master, seconds=60)
        fault.told(safety.master, "settled")
