"""The checkers themselves: each rule broken once by hand, and each window once made use of.

The cores are left out. What they would do to a host is done to it directly.
"""

from collections.abc import Callable

import pytest

from sidecar.core.actions import Announce, PauseService
from sidecar.core.events import Event
from sidecar.core.terms import MILLISECOND, SECOND, StandbyMode
from tests.sim import checkers
from tests.sim.cluster import TwoNodes
from tests.sim.docker import Settings
from tests.sim.host import Host
from tests.sim.pair import SERVICE_LAN, Pair
from tests.sim.stage import chance_of
from tests.sim.violation import Violation
from tests.sim.witness import FaultMade, Life, LifeChanged, Wished

ADDRESS = Pair().addresses[0]
VIP = ADDRESS.name
LONG_S = 10_000
SETTINGS = Settings(standby=StandbyMode.RUN, restarts=0, failures=1)
NOTHING: Callable[[Event], None] = lambda _: None  # noqa: E731 # a name for a test to read


class AWorld:
    """Two hosts with a running nginx each, under the eyes of all checkers."""

    def __init__(self) -> None:
        self.two = TwoNodes(chance_of(1), Pair(), settings=SETTINGS)
        self.world = self.two.world
        self.a: Host = self.two.node("a").host
        self.b: Host = self.two.node("b").host
        for host in (self.a, self.b):
            host.engine.repair()
        self.world.run_for(SECOND)
        checkers.watch(self.two)

    def start_both(self) -> None:
        """Let cores run as well; they settle with the address on a."""
        for node in self.two:
            node.start()
        self.world.run_for(5 * SECOND)
        assert self.a.kernel.holds(VIP)

    def fault(self, act: Callable[[], None]) -> None:
        act()
        self.two.stage.witness(FaultMade("a fault"))


@pytest.fixture
def world() -> AWorld:
    return AWorld()


def test_two_owners_who_see_each_other_are_a_violation(world):
    world.a.kernel.put(VIP, LONG_S)
    world.world.run_for(SECOND)
    world.b.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match="two owners"):
        world.world.run_for(SECOND)


def test_a_second_owner_who_lets_go_at_once_is_excused(world):
    world.a.kernel.put(VIP, LONG_S)
    world.world.run_for(SECOND)
    world.b.kernel.put(VIP, LONG_S)
    world.world.run_for(5 * MILLISECOND)
    world.b.kernel.delete(VIP)
    world.world.run_for(10 * SECOND)


def test_two_owners_on_a_parted_lan_are_undecidable(world):
    world.a.kernel.put(VIP, LONG_S)
    world.fault(lambda: world.two.lan.cut("a"))
    world.world.run_for(SECOND)
    world.b.kernel.put(VIP, LONG_S)
    world.world.run_for(100 * SECOND)


def test_two_owners_after_a_heal_must_settle_within_a_deadtime_and_a_bit(world):
    world.start_both()
    world.fault(lambda: world.two.lan.cut("a"))
    world.world.run_for(SECOND)
    world.b.kernel.put(VIP, LONG_S)  # behind the back of b's core, which will not let go
    world.world.run_for(20 * SECOND)
    world.fault(world.two.lan.heal)
    world.world.run_for(5 * SECOND)
    with pytest.raises(Violation, match=r"two owners.*hear each other again"):
        world.world.run_for(10 * SECOND)


def test_two_owners_of_whom_one_has_no_carrier_are_one_owner(world):
    world.a.kernel.put(VIP, LONG_S)
    world.a.kernel.set_carrier(SERVICE_LAN, up=False)
    world.b.kernel.put(VIP, LONG_S)
    world.world.run_for(100 * SECOND)


def test_an_address_before_its_container_is_a_violation(world):
    world.a.engine.pause_by_stranger("nginx")
    world.world.run_for(SECOND)
    with pytest.raises(Violation, match=r"order: a claimed .* while nginx is paused"):
        world.a.kernel.put(VIP, LONG_S)


def test_a_pause_before_the_address_has_gone_is_a_violation(world):
    world.a.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match="order: a: PauseService nginx"):
        world.two.stage.witness(Wished("a", PauseService(op=1, container="nginx")))


def test_a_pause_on_the_other_host_is_nobody_s_business(world):
    world.a.kernel.put(VIP, LONG_S)
    world.two.stage.witness(Wished("b", PauseService(op=1, container="nginx")))


def test_announcing_what_is_not_held_is_a_violation(world):
    with pytest.raises(Violation, match="honest"):
        world.two.stage.witness(Wished("a", Announce(address=ADDRESS)))


def test_announcing_what_went_just_now_is_excused(world):
    world.a.kernel.put(VIP, LONG_S)
    world.a.kernel.delete_by_stranger(VIP)
    world.world.run_for(MILLISECOND)
    world.two.stage.witness(Wished("a", Announce(address=ADDRESS)))


def test_announcing_without_end_is_a_violation(world):
    world.a.kernel.put(VIP, LONG_S)
    for _ in range(100):
        world.two.stage.witness(Wished("a", Announce(address=ADDRESS)))
    with pytest.raises(Violation, match="pace: a announced 100 times"):
        world.world.run_for(SECOND)


def test_an_address_that_leads_to_nothing_is_a_violation_once_it_could_have_moved(world):
    world.start_both()
    process = world.two.node("a").process
    assert process is not None
    # A core that hears of nothing cannot do anything about it.
    process.driver.feed = NOTHING
    world.a.kernel.put(VIP, LONG_S)
    world.a.engine.kill("nginx")
    world.world.run_for(20 * SECOND)
    with pytest.raises(Violation, match="not served: a holds"):
        world.world.run_for(60 * SECOND)


def test_a_sidecar_that_ends_and_leaves_its_address_is_a_violation(world):
    world.a.kernel.put(VIP, LONG_S)
    with pytest.raises(Violation, match="exit: a ended and holds"):
        world.two.stage.witness(LifeChanged("a", Life.ENDED))


def test_a_healthy_pair_breaks_no_rule(world):
    world.start_both()
    world.world.run_for(600 * SECOND)
    assert [node.name for node in world.two.holders(VIP)] == ["a"]
