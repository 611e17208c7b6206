"""One group: containers first, then addresses; the other way round when it is given up."""

from sidecar.core.actions import (
    ClaimAddress,
    PauseService,
    ProbeAddress,
    ReleaseAddress,
    StartService,
    StopService,
)
from sidecar.core.events import AddressClaimed, AddressProbed, AddressReleased
from sidecar.core.occurrences import (
    GiveUpBegan,
    GiveUpDone,
    TakeoverBegan,
    TakeoverDone,
    TakeoverPhase,
)
from sidecar.core.terms import AddressState, ContainerState, NodeStatus
from tests.core.resources import ADDRESS, NGINX, PHP, SECOND_ADDRESS, STRANGER_MAC, Bench, a_group

PAUSED, RUNNING = ContainerState.PAUSED, ContainerState.RUNNING


def two_and_two() -> Bench:
    """Two containers and two addresses, written in a mixed order."""
    bench = Bench(a_group(ADDRESS, PHP, SECOND_ADDRESS, NGINX))
    for name in ("php", "nginx"):
        bench.inspected(PAUSED, name)
    return bench


# --- up ------------------------------------------------------------------------------------------


def test_containers_come_first_in_their_order_then_the_addresses():
    bench = two_and_two()
    bench.want()
    assert bench.start() == "php"
    assert bench.nothing_of(ClaimAddress)
    assert bench.start() == "nginx"
    claims = bench.all_of(ClaimAddress)
    assert [claim.address for claim in claims] == [ADDRESS, SECOND_ADDRESS]


def test_the_group_is_held_when_the_last_address_is():
    bench = two_and_two()
    bench.want()
    bench.start()
    bench.start()
    first, second = bench.all_of(ClaimAddress)
    bench.feed(AddressClaimed(op=second.op, address=second.address.name, at_ns=bench.now_ns))
    assert not bench.group.held
    bench.feed(AddressClaimed(op=first.op, address=first.address.name, at_ns=bench.now_ns))
    assert bench.group.held
    assert bench.news == [f"held {bench.group.name}"]


def test_an_address_is_not_claimed_while_its_container_does_not_serve():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=True)
    bench.done(StartService, RUNNING)
    bench.check(passed=False)
    bench.wait(9_000)
    assert bench.nothing_of(ClaimAddress)


def test_the_question_for_the_owner_is_asked_while_the_container_starts():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=False)
    bench.silent_probes()
    bench.done(StartService, RUNNING)
    assert bench.nothing_of(ClaimAddress)
    bench.check(passed=True)
    bench.wish(ClaimAddress)


def test_a_group_of_addresses_alone_is_claimed_at_once():
    bench = Bench(a_group(ADDRESS))
    bench.want()
    bench.wish(ClaimAddress)


def test_a_group_of_containers_alone_is_held_when_they_serve():
    bench = Bench(a_group(NGINX))
    bench.inspected(PAUSED)
    bench.want()
    bench.start()
    assert bench.group.held


def test_the_takeover_is_told_with_its_phases_and_its_length():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want()
    bench.wait(300)
    bench.start()
    bench.wait(100)
    bench.claimed()
    assert bench.occurrences(TakeoverBegan)[0].reason == "peer_dead"
    phases = [(told.phase, told.took_ns // 10**6) for told in bench.occurrences(TakeoverPhase)]
    assert phases == [("container", 300), ("address", 400)]
    (done,) = bench.occurrences(TakeoverDone)
    assert (done.reason, done.took_ns // 10**6) == ("peer_dead", 400)


def test_a_second_wish_for_what_is_wanted_changes_nothing():
    bench = Bench().holding()
    bench.want()
    assert bench.nothing_of(ClaimAddress, StartService)
    assert not bench.occurrences(TakeoverBegan)


# --- down ----------------------------------------------------------------------------------------


def test_addresses_go_first_and_then_the_containers_each_in_reverse():
    bench = two_and_two()
    bench.want()
    bench.start()
    bench.start()
    for claim in bench.all_of(ClaimAddress):
        bench.feed(AddressClaimed(op=claim.op, address=claim.address.name, at_ns=bench.now_ns))
    bench.give_up()
    releases = bench.all_of(ReleaseAddress)
    assert [release.address for release in releases] == [SECOND_ADDRESS, ADDRESS]
    for release in releases:
        assert bench.nothing_of(PauseService, StopService)
        assert not bench.group.released
        bench.feed(AddressReleased(op=release.op, address=release.address.name))
    assert bench.group.released
    assert [pause.container for pause in bench.all_of(PauseService)] == ["nginx", "php"]


def test_it_is_released_before_the_containers_are_at_rest():
    """The other node need not wait for a pause."""
    bench = Bench().holding()
    bench.give_up()
    assert not bench.group.released
    bench.released()
    assert bench.group.released
    assert not bench.group.at_rest


def test_the_give_up_is_told_when_all_is_at_rest():
    bench = Bench().holding()
    bench.give_up()
    bench.wait(50)
    bench.released()
    assert bench.occurrences(GiveUpBegan)[0].reason == "standby"
    assert not bench.occurrences(GiveUpDone)
    bench.wait(50)
    bench.done(PauseService, PAUSED)
    (done,) = bench.occurrences(GiveUpDone)
    assert done.took_ns // 10**6 == 100


def test_what_is_not_wanted_cannot_be_given_up():
    bench = Bench()
    bench.give_up()
    assert not bench.told
    assert not bench.wishes


# --- what is shown -------------------------------------------------------------------------------


def test_the_view_lists_the_resources_in_the_order_of_haresources():
    bench = two_and_two()
    view = bench.group.view()
    assert [one.name for one in view.resources] == [
        ADDRESS.name,
        "php",
        SECOND_ADDRESS.name,
        "nginx",
    ]
    assert (view.wanted, view.held, view.preferred) == (False, False, "node-a")


def test_a_held_group_is_shown_as_held():
    bench = Bench().holding()
    view = bench.group.view()
    assert view.held
    assert view.resources[1].state is AddressState.HELD


def test_an_older_word_of_a_dead_peer_makes_no_rival_search():
    """With its word the address is free: nobody is looked for."""
    bench = Bench(a_group(ADDRESS))
    bench.peer.macs = {"eth0": "02:00:00:00:00:0b"}
    bench.peer.status = NodeStatus.DEAD
    bench.want(vouched=True)
    bench.claimed()
    bench.wait(5_000)
    assert bench.nothing_of(ProbeAddress)


def test_a_question_of_an_unknown_address_is_ignored():
    bench = Bench().holding()
    bench.feed(AddressProbed(op=1, address="10.9.9.9", answered_by=STRANGER_MAC))
    assert bench.group.held
