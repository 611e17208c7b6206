"""Maintenance: nothing moves by itself, on either node, until it ends (maintenance.py)."""

from random import Random

import pytest

from sidecar.core.actions import (
    ClaimAddress,
    KeepMaintenance,
    PauseService,
    RestartService,
    StartService,
)
from sidecar.core.cluster import Cluster
from sidecar.core.events import (
    AddressLost,
    CarrierChanged,
    MaintenanceRequested,
    ShutdownRequested,
    StandbyRequested,
    TakeoverRequested,
)
from sidecar.core.occurrences import (
    MaintenanceBegan,
    MaintenanceEnded,
    ServiceLeftAlone,
    TakeoverBegan,
    TakeoverWithheld,
)
from sidecar.core.params import Boot, MaintenanceOrder, Params
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback, ContainerState
from tests.core.harness import (
    NODE,
    NODE_UUID,
    PEER,
    PEER_UUID,
    VIP,
    WALL_S,
    Node,
    Wired,
    World,
    mirrored,
    some_params,
)
from tests.core.scenes import Scene, settled
from tests.core.scripted import ScriptedPeer


@pytest.fixture
def pair() -> Wired:
    """node-a holds the group, and an hour of maintenance is on."""
    wired = Wired()
    wired.start()
    say(wired.a, 3600)
    wired.world.run(100 * MILLISECOND)
    for node in wired.nodes:
        node.forget()
    return wired


def say(node: Node, seconds: int) -> None:
    node.step(MaintenanceRequested(request=1, seconds=seconds))


def is_on(node: Node) -> bool:
    return node.cluster.view().maintenance is not None


def left_s(node: Node) -> float:
    maintenance = node.cluster.view().maintenance
    assert maintenance is not None
    return maintenance.left_ns / SECOND


def found(node: Node, state: ContainerState, detail: str = "") -> None:
    node.sees("nginx", state, identity="1", detail=detail)


def operations(node: Node) -> list[str]:
    kinds = (StartService, RestartService, PauseService)
    return [type(action).__name__ for _, action in node.actions if isinstance(action, kinds)]


# --- who knows of it, and for how long -----------------------------------------------------------


def test_it_is_said_on_one_node_and_known_on_both():
    pair = Wired()
    pair.start()
    say(pair.a, 60)
    pair.world.run(10 * MILLISECOND)
    assert [is_on(node) for node in pair.nodes] == [True, True]
    view = pair.b.cluster.view()
    assert view.maintenance is not None
    assert view.maintenance.by == NODE
    assert view.summary.startswith("MAINTENANCE for 60 s more, nothing moves by itself: standing")


def test_it_ends_by_itself_on_both():
    pair = Wired()
    pair.start()
    say(pair.a, 60)
    pair.world.run(59 * SECOND)
    assert [is_on(node) for node in pair.nodes] == [True, True]
    pair.world.run(2 * SECOND)
    assert [is_on(node) for node in pair.nodes] == [False, False]
    assert [len(node.told_of(MaintenanceEnded)) for node in pair.nodes] == [1, 1]


@pytest.mark.parametrize("at", ["a", "b"])
def test_it_can_be_ended_on_either_node(pair, at):
    say(pair.a if at == "a" else pair.b, 0)
    pair.world.run(100 * MILLISECOND)
    assert [is_on(node) for node in pair.nodes] == [False, False]


def test_the_longer_one_counts_of_two(pair):
    say(pair.b, 60)
    assert "on already, for 3600 s more" in pair.b.answers[-1].text
    say(pair.b, 7200)
    pair.world.run(100 * MILLISECOND)
    assert left_s(pair.a) > 7000


def test_two_that_are_said_apart_come_to_one():
    """Neither has heard of the other: the longer one counts."""
    apart = Wired()
    apart.start()
    apart.partition()
    say(apart.a, 600)
    say(apart.b, 60)
    apart.world.run(500 * MILLISECOND)
    apart.heal()
    apart.world.run(500 * MILLISECOND)
    assert left_s(apart.a) > 590
    assert left_s(apart.b) > 590


def test_a_peer_that_stops_saying_so_changes_nothing():
    scene = settled(sidecar=True)
    scene.peer.more = {"hs_maint": "100", "hs_order": "1,64,6b000000,node-b"}
    scene.run(1 * SECOND)
    assert is_on(scene.node)
    scene.peer.more = {}
    scene.run(90 * SECOND)
    assert is_on(scene.node)
    scene.run(10 * SECOND)
    assert not is_on(scene.node)


def test_a_packet_that_repeats_the_order_does_not_prolong_it():
    scene = settled(sidecar=True)
    scene.peer.more = {"hs_maint": "100", "hs_order": "1,64,6b000000,node-b"}
    scene.run(101 * SECOND)
    assert not is_on(scene.node)


@pytest.mark.parametrize(
    ("left", "order"),
    [
        ("100", "1,64,6b000000,node-c"),
        ("101", "1,64,6b000000,node-b"),
        ("100", "1,ffffffff,6b000000,node-b"),
        ("-1", "1,64,6b000000,node-b"),
        ("100", "1,64,node-b"),
        ("", "1,64,6b000000,node-b"),
        ("100", ""),
    ],
)
def test_words_that_make_no_sense_are_ignored(left, order):
    scene = settled(sidecar=True)
    scene.peer.more = {"hs_maint": left or "none", "hs_order": order or "none"}
    scene.run(1 * SECOND)
    assert not is_on(scene.node)
    assert scene.node.cluster.peer.alive


def test_a_real_heartbeat_node_is_named_as_one_that_goes_on():
    scene = settled()
    say(scene.node, 60)
    (told,) = scene.node.told_of(MaintenanceBegan)
    assert "node-b is a Heartbeat node, and goes on by itself" in told.sentence()


# --- a restart -----------------------------------------------------------------------------------


def kept(seconds: int, until_s: int) -> MaintenanceOrder:
    return MaintenanceOrder(number=4, seconds=seconds, by="node-b", since_s=WALL_S, until_s=until_s)


def born_with(
    order: MaintenanceOrder, params: Params | None = None, left: tuple[str, ...] = ()
) -> Node:
    """A life that finds this on its disk, and these addresses in the kernel."""
    node = Node(World(), params)
    boot = Boot(generation=8, uuid=NODE_UUID, maintenance=order, left=left)
    node.cluster = Cluster(node.params, Random(1), boot)
    ScriptedPeer(node)
    node.start()
    return node


def test_each_order_is_kept_for_the_next_life(pair):
    say(pair.a, 0)
    pair.world.run(10 * MILLISECOND)
    for node in pair.nodes:
        (order,) = [wish.order for _, wish in node.wished(KeepMaintenance)]
        assert (order.number, order.seconds, order.by) == (2, 0, NODE)


def test_the_next_life_goes_on_with_what_is_left():
    now_s = WALL_S + 1000
    node = born_with(kept(3600, now_s + 100))
    assert left_s(node) == 100


def test_one_that_has_run_out_meanwhile_is_over():
    node = born_with(kept(3600, WALL_S + 1000))
    assert not is_on(node)


def test_a_wall_clock_that_was_set_back_does_not_make_it_longer():
    node = born_with(kept(60, WALL_S + 1000 + 86_400))
    assert left_s(node) == 60


@pytest.mark.parametrize(("left", "claimed"), [((VIP,), [VIP]), ((), [])])
def test_a_killed_node_goes_on_with_what_it_held_for_the_dead_one_and_with_no_more(left, claimed):
    """To leave it where it is moves nothing: its lease may have run out before the peer is dead."""
    node = born_with(kept(3600, WALL_S + 5000), mirrored(some_params()), left)
    found(node, ContainerState.RUNNING)
    node.step(AddressLost(address=VIP, reason="its lease ended"))
    node.world.run(10 * SECOND)
    assert [action.address.name for _, action in node.wished(ClaimAddress)] == claimed
    assert len(node.told_of(TakeoverWithheld)) == (0 if claimed else 1)


def test_what_an_earlier_life_held_counts_for_its_first_decision_only():
    pair = Wired(some_params(auto_failback=AutoFailback.OFF))
    pair.start()
    reborn = pair.restart_b(generation=8)
    boot = Boot(generation=8, uuid=PEER_UUID, left=(VIP,))
    reborn.cluster = Cluster(reborn.params, Random(1), boot)
    reborn.start()
    pair.world.run(3 * SECOND)
    assert pair.holders() == [NODE]
    say(pair.b, 3600)
    pair.a.die()
    pair.world.run(60 * SECOND)
    assert pair.holders() == []
    assert len(pair.b.told_of(TakeoverWithheld)) == 1


# --- what does not happen ------------------------------------------------------------------------


def test_a_dead_peer_is_not_taken_over_and_that_is_said_aloud(pair):
    pair.a.die()
    pair.world.run(60 * SECOND)
    assert pair.holders() == []
    (told,) = pair.b.told_of(TakeoverWithheld)
    assert "though node-a is dead: maintenance is on" in told.sentence()
    assert operations(pair.b) == []
    assert "is not taken over" in "\n".join(pair.b.cluster.view().explanation)


def test_what_was_withheld_is_not_taken_by_a_node_that_stops(pair):
    """Seed 15590: maintenance ended while it gave up what it held, and it ended as the owner."""
    pair.a.die()
    pair.world.run(60 * SECOND)
    pair.b.step(ShutdownRequested())
    say(pair.b, 0)
    assert pair.b.told_of(TakeoverBegan) == []


def test_it_is_taken_over_when_maintenance_ends(pair):
    pair.a.die()
    pair.world.run(60 * SECOND)
    say(pair.b, 0)
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]


def test_it_is_not_taken_over_late_when_the_peer_is_back(pair):
    pair.partition()
    pair.world.run(10 * SECOND)
    pair.heal()
    pair.world.run(10 * SECOND)
    say(pair.b, 0)
    pair.world.run(10 * SECOND)
    assert pair.holders() == [NODE]


def test_a_container_that_fails_is_told_and_left_alone(pair):
    found(pair.a, ContainerState.STOPPED, "exit code 1")
    pair.world.run(60 * SECOND)
    assert operations(pair.a) == []
    assert pair.holders() == [NODE]
    (told,) = pair.a.told_of(ServiceLeftAlone)
    assert told.sentence() == (
        "container nginx failed: exit code 1; left as it is: maintenance is on"
    )


def test_it_is_mended_when_maintenance_ends(pair):
    found(pair.a, ContainerState.STOPPED, "exit code 1")
    pair.world.run(60 * SECOND)
    say(pair.a, 0)
    pair.world.run(1 * SECOND)
    assert operations(pair.a) == ["StartService"]


def test_a_container_that_somebody_starts_on_the_standby_is_left_running(pair):
    found(pair.b, ContainerState.RUNNING)
    pair.world.run(60 * SECOND)
    assert operations(pair.b) == []
    say(pair.b, 0)
    pair.world.run(1 * SECOND)
    assert operations(pair.b) == ["PauseService"]


def test_a_carrier_that_is_lost_moves_nothing(pair):
    pair.a.step(CarrierChanged(interface="eth0", up=False))
    pair.world.run(60 * SECOND)
    assert pair.holders() == [NODE]
    say(pair.a, 0)
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]


def test_a_group_does_not_go_back_before_it_ends():
    pair = Wired(some_params())
    pair.start()
    pair.a.die()
    pair.world.run(3 * SECOND)
    say(pair.b, 60)
    pair.a = Node(pair.world, pair.a.params, generation=8)
    pair.wire(pair.a)
    pair.a.start()
    pair.world.run(50 * SECOND)
    assert pair.holders() == [PEER]
    pair.world.run(12 * SECOND)
    assert pair.holders() == [NODE]


# --- what nobody holds ---------------------------------------------------------------------------


def orphaned(*, after_ns: int) -> Scene:
    """So long ago the peer told, during maintenance, that it does not hold its group any more."""
    scene = settled(mirrored(some_params()), sidecar=True)
    say(scene.node, 3600)
    scene.peer.tell("none", stable=True)
    scene.run(after_ns)
    assert scene.held == set()
    return scene


def test_what_neither_of_two_that_are_well_holds_is_taken_up_as_ever():
    """That moves nothing; the preferred node goes first."""
    scene = orphaned(after_ns=4900 * MILLISECOND)
    scene.run(1 * SECOND)
    assert scene.held == {VIP}


def test_what_nobody_held_when_the_peer_died_is_withheld():
    """Seen late, and in one turn: its death, and that the time for taking it up had come."""
    scene = orphaned(after_ns=3900 * MILLISECOND)
    scene.peer.fall_silent()
    scene.peer.beat()
    scene.run(900 * MILLISECOND)
    scene.node.frozen = True
    scene.run(300 * MILLISECOND)
    scene.node.frozen = False
    scene.run(10 * SECOND)
    assert len(scene.node.told_of(TakeoverWithheld)) == 1
    assert scene.held == set()


# --- what a person asks for ----------------------------------------------------------------------


def test_standby_takeover_and_a_stop_work_as_ever(pair):
    pair.a.step(StandbyRequested(request=2, which="all"))
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]
    pair.a.step(TakeoverRequested(request=3, which="all"))
    pair.world.run(1 * SECOND)
    assert pair.holders() == [NODE]
    pair.a.step(ShutdownRequested())
    pair.world.run(5 * SECOND)
    assert pair.a.exited
    assert pair.holders() == [PEER]


def test_a_dead_peer_is_taken_over_if_a_person_asks_for_it(pair):
    pair.a.die()
    pair.world.run(10 * SECOND)
    pair.b.step(TakeoverRequested(request=2, which="all"))
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]
    assert [(answer.request, answer.ok) for answer in pair.b.answers] == [(2, True)]
    assert is_on(pair.b)


def test_a_node_that_starts_takes_up_what_prefers_it_and_no_more():
    order = kept(3600, WALL_S + 1000 + 3600)
    own, foreign = born_with(order), born_with(order, mirrored(some_params()))
    own.world.run(10 * SECOND)
    foreign.world.run(10 * SECOND)
    assert own.hands.addresses == {VIP}
    assert foreign.hands.addresses == set()
