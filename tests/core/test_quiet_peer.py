"""The peer is silent, and not dead yet: whatever else happens, the standby stays prepared."""

from dataclasses import replace

import pytest

from sidecar.core.actions import PauseService, ProbeAddress
from sidecar.core.events import MaintenanceRequested, Reloaded, StandbyRequested
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState
from tests.core.harness import NODE, VIP, Wired, a_group, a_timing, mirrored, some_params

WARNTIME_NS = 10 * SECOND
DEADTIME_NS = 30 * SECOND
QUIET_NS = WARNTIME_NS + 2 * SECOND


@pytest.fixture
def pair() -> Wired:
    """Node b stands by; it has half a minute between the first doubt and the takeover."""
    timing = a_timing(
        keepalive_ns=2 * SECOND, warntime_ns=WARNTIME_NS, deadtime_ns=DEADTIME_NS, lease_s=15
    )
    pair = Wired(some_params(timing=timing))
    pair.start()
    pair.b.forget()
    return pair


def is_prepared(pair: Wired) -> bool:
    """Its container runs, and it has asked for the owner within the last seconds."""
    pair.b.forget()
    pair.world.run(3 * SECOND)
    runs = pair.b.hands.containers.get("nginx") is ContainerState.RUNNING
    return runs and any(pair.b.wished(ProbeAddress))


def test_it_is_prepared_at_warntime(pair: Wired):
    pair.a.die()
    assert not is_prepared(pair)
    pair.world.run(WARNTIME_NS)
    assert is_prepared(pair)


def test_it_is_prepared_when_maintenance_ends_in_the_silence(pair: Wired):
    pair.b.step(MaintenanceRequested(request=1, seconds=3600))
    pair.a.die()
    pair.world.run(QUIET_NS)
    assert not is_prepared(pair)
    pair.b.step(MaintenanceRequested(request=2, seconds=0))
    assert is_prepared(pair)


def test_a_group_that_a_reload_changes_in_the_silence_stays_prepared(pair: Wired):
    pair.a.die()
    pair.world.run(QUIET_NS)
    group = a_group(NODE, VIP, "nginx")
    more = a_group(NODE, "10.0.0.77").addresses
    changed = replace(pair.a.params, groups=(replace(group, resources=(*group.resources, *more)),))
    pair.b.step(Reloaded(params=mirrored(changed)))
    assert is_prepared(pair)


def test_an_offer_that_comes_to_nothing_leaves_it_prepared(pair: Wired):
    pair.a.step(StandbyRequested(request=1, which="all"))
    pair.world.run(2 * MILLISECOND)
    pair.a.die()
    pair.world.run(QUIET_NS)
    pair.b.forget()
    pair.world.run(DEADTIME_NS - QUIET_NS - 2 * SECOND)
    assert not any(pair.b.wished(PauseService))
    assert pair.b.hands.containers["nginx"] is ContainerState.RUNNING
