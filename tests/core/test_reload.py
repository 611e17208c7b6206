"""HUP: what changes is applied, what stays is not touched, and the heartbeat never stops."""

import itertools
from dataclasses import replace

import pytest

from sidecar.core.actions import (
    Announce,
    ClaimAddress,
    ProbeAddress,
    ReleaseAddress,
    RenewLease,
    StartService,
)
from sidecar.core.events import (
    CarrierChanged,
    LinkOpened,
    Reloaded,
    ReloadRefused,
    StandbyRequested,
)
from sidecar.core.occurrences import (
    ConfigurationReloaded,
    NodeDied,
    PacketRejected,
    ReloadFailed,
    TakeoverBegan,
)
from sidecar.core.params import Address, Params, Timing
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback, ContainerState
from sidecar.wire import fields
from sidecar.wire.auth import Key, Keyring, Method
from tests.core.harness import (
    ETH2,
    KEY,
    MACS,
    NODE,
    PEER,
    VIP,
    VIP_OF_PEER,
    Node,
    Wired,
    a_group,
    a_link,
    a_timing,
    mirrored,
    some_params,
)

NEW_KEY = Key(2, Method.SHA256, b"another key of the tests")


@pytest.fixture
def pair() -> Wired:
    pair = Wired()
    pair.start()
    for node in pair.nodes:
        node.forget()
    return pair


def reload(node: Node, params: Params) -> None:
    node.params = params
    node.step(Reloaded(params=params))


def reload_both(pair: Wired, params: Params) -> None:
    reload(pair.a, params)
    reload(pair.b, mirrored(params))


def test_a_reload_without_changes_says_so_and_does_nothing(pair: Wired):
    reload(pair.a, some_params())
    pair.world.run(1 * SECOND)
    assert pair.a.told_of(ConfigurationReloaded) == [ConfigurationReloaded(changes=())]
    assert not list(pair.a.wished(ClaimAddress))
    assert not list(pair.a.wished(ReleaseAddress))


def test_a_group_that_comes_is_served_and_the_other_one_is_never_touched(pair: Wired):
    groups = (a_group(NODE, VIP, "nginx"), a_group(NODE, "10.0.0.77"))
    reload_both(pair, some_params(groups=groups))
    pair.world.run(1 * SECOND)
    assert pair.holders("10.0.0.77") == [NODE]
    assert pair.holders(VIP) == [NODE]
    assert [action.address.name for _, action in pair.a.wished(ClaimAddress)] == ["10.0.0.77"]


def test_a_group_that_comes_is_left_to_the_node_that_holds_its_side(pair: Wired):
    groups = (a_group(NODE, VIP, "nginx"), a_group(PEER, VIP_OF_PEER))
    reload_both(pair, some_params(groups=groups))
    pair.world.run(1 * SECOND)
    assert pair.holders(VIP_OF_PEER) == [PEER]


def test_a_group_that_goes_is_released_and_the_other_one_stays(pair: Wired):
    both = (a_group(NODE, VIP, "nginx"), a_group(NODE, "10.0.0.77"))
    reload_both(pair, some_params(groups=both))
    pair.world.run(1 * SECOND)
    pair.a.forget()
    reload_both(pair, some_params())
    pair.world.run(1 * SECOND)
    assert pair.holders("10.0.0.77") == []
    assert pair.holders(VIP) == [NODE]
    assert [action.address.name for _, action in pair.a.wished(ReleaseAddress)] == ["10.0.0.77"]


def test_a_group_that_gains_an_address_keeps_the_ones_it_has(pair: Wired):
    group = a_group(NODE, VIP, "nginx")
    more = replace(a_group(NODE, "10.0.0.77").addresses[0], label="eth0:1")
    grown = replace(group, resources=(*group.resources, more))
    reload_both(pair, some_params(groups=(grown,)))
    pair.world.run(1 * SECOND)
    assert pair.holders("10.0.0.77") == [NODE]
    assert not list(pair.a.wished(ReleaseAddress))


def test_a_held_group_that_gains_a_container_is_held_while_that_is_brought_up(pair: Wired):
    """Safety rule 5: a heal in that time costs the owner nothing."""
    for node in pair.nodes:
        node.hands.mute.add(StartService)  # it takes its time
    reload_both(pair, some_params(groups=(a_group(NODE, VIP, "nginx", "php"),)))
    for node in pair.nodes:
        node.sees("php", ContainerState.STOPPED, identity="1")
    pair.b.hands.owners[VIP] = MACS[NODE]
    pair.partition()
    pair.world.run(3 * SECOND)
    pair.heal()
    pair.world.run(3 * SECOND)
    assert pair.a.cluster.peer.alive
    assert pair.holders() == [NODE]
    assert not list(pair.a.wished(ReleaseAddress))
    assert pair.a.cluster.view().groups[0].held
    assert pair.a.told_of(TakeoverBegan) == []


def placed_on(interface: str) -> Params:
    """The group's address, which haresources names no interface for, on this one."""
    group = a_group(NODE, VIP, "nginx")
    address = replace(group.addresses[0], interface=interface, label=None)
    return some_params(groups=(replace(group, resources=(address, *group.containers)),))


def interfaces_asked(node: Node) -> set[str]:
    kinds = (ClaimAddress, RenewLease, ReleaseAddress, ProbeAddress, Announce)
    concerned = [action for _, action in node.actions if isinstance(action, kinds)]
    return {action.address.interface for action in concerned}


def test_an_address_that_no_interface_fits_is_asked_for_nowhere_and_said_to_be():
    pair = Wired(placed_on(""))
    pair.start()
    pair.world.run(10 * SECOND)
    for node in pair.nodes:
        assert interfaces_asked(node) == set()
        (reason,) = node.cluster.view().reasons
        assert reason.startswith("address 10.0.0.100: haresources names no interface for it")
    pair.b.die()
    pair.world.run(10 * SECOND)
    assert interfaces_asked(pair.a) == set()


def test_it_is_served_by_the_node_that_has_an_interface_for_it():
    pair = Wired(placed_on(""))
    pair.start()
    reload(pair.b, mirrored(placed_on("eth0")))
    pair.world.run(10 * SECOND)
    assert pair.holders() == [PEER]
    assert interfaces_asked(pair.a) == set()


def test_the_others_of_its_group_are_served_where_nobody_can_take_it_all():
    group = placed_on("").groups[0]
    more = a_group(NODE, "10.0.0.77").addresses
    pair = Wired(some_params(groups=(replace(group, resources=(*group.resources, *more)),)))
    pair.b.die()
    pair.start()
    pair.world.run(10 * SECOND)
    assert pair.holders("10.0.0.77") == [NODE]
    assert pair.holders() == []


def test_it_is_served_where_an_interface_comes():
    pair = Wired(placed_on(""))
    pair.start()
    reload_both(pair, placed_on("eth0"))
    pair.world.run(5 * SECOND)
    assert pair.holders() == [NODE]
    assert interfaces_asked(pair.a) == {"eth0"}
    assert pair.a.cluster.view().ready


def test_keys_are_changed_without_losing_a_beat(pair: Wired):
    both_known = Keyring(KEY, (KEY, NEW_KEY))
    reload_both(pair, some_params(keyring=both_known))
    pair.world.run(1 * SECOND)
    reload(pair.a, some_params(keyring=Keyring(NEW_KEY, (KEY, NEW_KEY))))
    pair.world.run(1 * SECOND)
    reload(pair.b, mirrored(some_params(keyring=Keyring(NEW_KEY, (KEY, NEW_KEY)))))
    pair.world.run(1 * SECOND)
    reload_both(pair, some_params(keyring=Keyring(NEW_KEY, (NEW_KEY,))))
    pair.world.run(1 * SECOND)
    for node in pair.nodes:
        assert not node.told_of(PacketRejected)
        assert node.cluster.peer.late == 0
        assert node.cluster.peer.alive


def test_a_new_keepalive_holds_from_the_next_beat(pair: Wired):
    timing = a_timing(keepalive_ns=50 * MILLISECOND)
    reload(pair.a, some_params(timing=timing))
    pair.world.run(1 * SECOND)
    beats = [sent.ns for sent in pair.a.said(fields.STATUS)][2:]
    assert {later - earlier for earlier, later in itertools.pairwise(beats)} == {50 * MILLISECOND}


def test_a_new_deadtime_is_told_to_the_peer(pair: Wired):
    reload(pair.a, some_params(timing=a_timing(deadtime_ns=2 * SECOND)))
    pair.world.run(1 * SECOND)
    assert pair.b.cluster.peer.dead_after_ns == 2 * SECOND


def test_a_link_that_comes_is_used_and_one_that_stays_is_not_reset(pair: Wired):
    links = (a_link(), a_link(ETH2))
    reload_both(pair, some_params(links=links))
    for node in pair.nodes:
        node.step(LinkOpened(link=ETH2))
    pair.world.run(1 * SECOND)
    seen = {link.name: link.status.value for link in pair.a.cluster.view().nodes[1].links}
    assert seen == {"eth1": "up", "eth2": "up"}
    assert pair.a.cluster.peer.late == 0


def test_failback_can_be_switched_off(pair: Wired):
    reload_both(pair, some_params(auto_failback=AutoFailback.OFF))
    pair.a.die()
    pair.world.run(5 * SECOND)
    assert pair.holders(VIP) == [PEER]
    pair.a = Node(pair.world, pair.a.params, generation=8, seed=5)
    pair.wire(pair.a)
    pair.a.start()
    pair.world.run(5 * SECOND)
    assert pair.holders(VIP) == [PEER]


def test_what_is_wrong_is_told_and_changes_nothing(pair: Wired):
    before = pair.a.cluster.params
    pair.a.step(ReloadRefused(problems=("ha.cf:3: keepalive is missing its value",)))
    assert pair.a.told_of(ReloadFailed)[0].problems == ("ha.cf:3: keepalive is missing its value",)
    assert pair.a.cluster.params is before
    assert pair.holders(VIP) == [NODE]


def test_a_group_that_changes_in_the_middle_of_its_release_is_not_given_before_it_is_gone(
    pair: Wired,
):
    pair.a.hands.mute.add(ReleaseAddress)  # the kernel is slow
    pair.a.step(StandbyRequested(request=1, which="all"))
    pair.world.run(200 * MILLISECOND)
    reload(pair.a, some_params(groups=(a_group(NODE, VIP, "nginx", "php"),)))
    pair.world.run(500 * MILLISECOND)
    assert pair.holders() == [NODE]
    assert not list(pair.b.wished(ClaimAddress))


def test_an_address_that_leaves_its_group_in_the_middle_of_a_hand_over_is_waited_for(pair: Wired):
    two = replace(
        a_group(NODE, VIP, "nginx"),
        resources=(*a_group(NODE, VIP, "nginx").resources, *a_group(NODE, "10.0.0.77").resources),
    )
    reload_both(pair, some_params(groups=(two,)))
    pair.world.run(1 * SECOND)
    assert pair.holders("10.0.0.77") == [NODE]
    pair.a.hands.mute.add(ReleaseAddress)
    pair.a.step(StandbyRequested(request=1, which="all"))
    pair.world.run(100 * MILLISECOND)
    (group,) = pair.a.cluster.takeover.groups
    held, _ = group.addresses
    reload(pair.a, some_params(groups=(replace(two, resources=two.resources[2:]),)))
    pair.world.run(500 * MILLISECOND)
    assert held.address.name == VIP
    assert not list(pair.b.wished(ClaimAddress))


def test_an_interface_without_a_group_keeps_no_node_from_being_ready(pair: Wired):
    beyond = replace(
        a_group(NODE, "10.1.0.1"),
        resources=(Address(name="10.1.0.1", prefix=24, interface="eth5"),),
    )
    first = a_group(NODE, VIP, "nginx")
    reload_both(pair, some_params(groups=(first, beyond)))
    unplugged = CarrierChanged(interface="eth5", up=False)
    pair.b.step(unplugged)
    assert pair.b.cluster.view().reasons == ("interface eth5 has no carrier",)
    reload_both(pair, some_params(groups=(first,)))
    assert pair.b.cluster.view().ready
    pair.b.step(unplugged)  # the watch goes on looking at it
    assert pair.b.cluster.view().ready


def test_a_shorter_keepalive_begins_at_once():
    """The new deadtime may be said at once, outside the beat, and is counted from then on."""
    slow = Timing(
        keepalive_ns=2 * SECOND,
        warntime_ns=5 * SECOND,
        deadtime_ns=10 * SECOND,
        initdead_ns=12 * SECOND,
        lease_s=5,
    )
    pair = Wired(some_params(timing=slow))
    pair.start()
    pair.world.run(1100 * MILLISECOND)
    reload(
        pair.a, some_params(groups=(a_group(NODE, VIP, "nginx"), a_group(NODE, "10.0.0.77", "php")))
    )
    pair.world.run(5 * SECOND)
    assert pair.b.told_of(NodeDied) == []
    assert pair.holders() == [NODE]
