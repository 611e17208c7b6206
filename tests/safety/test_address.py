"""Somebody else has a hand in the address: on the host, or on the network."""

import pytest

from tests.safety.row import Safety
from tests.testbed.pair import VIP
from tests.testbed.waiting import now_ns, wait_for

pytestmark = [pytest.mark.safety, pytest.mark.e2e]
PUT_BACK_MS = 250
STRANGER_S = 3
DEFENDED_MS = (STRANGER_S + 2) * 1000
"""While two machines answer, each client believes the one it heard last."""


def test_an_address_that_somebody_deletes_is_put_back(safety: Safety) -> None:
    with safety.fault(f"ip addr del {VIP}", outage_ms=PUT_BACK_MS) as fault:
        safety.master.net.ip("addr", "del", f"{VIP}/24", "dev", "eth0")
        fault.told(safety.master, f"{VIP} was lost while held")
        safety.scene.at_rest(safety.master)
        assert fault.measured(safety.master, "heartbeat_address_lost_total", address=VIP) == 1
    assert fault.pages == ("master",)


def test_a_third_host_that_claims_the_address_is_told_and_answered(safety: Safety) -> None:
    """It is no node of ours: nobody can take it away from it, and ours must not give way to it."""
    stranger = safety.scene.pair.neighbour
    with safety.fault("a third host claims the address for 3 s", outage_ms=DEFENDED_MS) as fault:
        stranger.ip("addr", "add", f"{VIP}/24", "dev", "eth0")
        since_ns = now_ns()
        try:
            stranger.run("arping", "-c", "1", "-A", "-I", "eth0", VIP)
            fault.told(safety.master, f"also uses {VIP}, which is held here")
            wait_for(
                lambda: now_ns() - since_ns > STRANGER_S * 1_000_000_000, seconds=9, what="time"
            )
            assert safety.scene.owners.now() == ["masternginx"]
        finally:
            stranger.ip("addr", "del", f"{VIP}/24", "dev", "eth0")
        safety.scene.at_rest(safety.master)
        moved = fault.measured(safety.master, "heartbeat_address_conflicts_total", address=VIP)
        assert moved >= 1
