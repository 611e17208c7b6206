"""All groups of a node: who is told of what, what stands in the way, and what a reload changes."""

import pytest

from sidecar.core.actions import (
    Announce,
    ClaimAddress,
    EndChecks,
    PauseService,
    ReleaseAddress,
    StartService,
    StopService,
)
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressReleased,
    CarrierChanged,
    EngineChanged,
    ServiceChanged,
)
from sidecar.core.occurrences import CarrierReported, EngineReported
from sidecar.core.params import Container, ResourceGroup
from sidecar.core.setback import FORGIVE_AFTER_NS
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState, Holding, StandbyMode
from sidecar.core.turn import Turn
from tests.core.resources import (
    ADDRESS,
    HERE,
    NGINX,
    PHP,
    SECOND_ADDRESS,
    THERE,
    Bench,
    a_group,
    facts,
    params,
)

PAUSED, RUNNING, UNKNOWN = ContainerState.PAUSED, ContainerState.RUNNING, ContainerState.UNKNOWN


def two_groups() -> Bench:
    return Bench(a_group(ADDRESS, preferred=HERE), a_group(SECOND_ADDRESS, preferred=THERE))


def reload(bench: Bench, *groups: ResourceGroup) -> tuple[str, ...]:
    """The names of the groups that are new or changed."""
    changed: list[str] = []
    bench.turn(lambda _: changed.extend(g.name for g in bench.groups.reconfigure(params(*groups))))
    return tuple(changed)


# --- sides and routes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holding", "names"),
    [
        (Holding.NONE, []),
        (Holding.LOCAL, [ADDRESS.name]),
        (Holding.FOREIGN, [SECOND_ADDRESS.name]),
        (Holding.ALL, [ADDRESS.name, SECOND_ADDRESS.name]),
    ],
)
def test_a_group_is_local_on_the_node_that_it_prefers(holding, names):
    assert [group.name for group in two_groups().groups.of(holding)] == names


def test_what_happens_to_one_address_moves_only_its_group():
    bench = two_groups()
    first, second = bench.groups
    bench.turn(
        lambda turn: first.want(
            turn, vouched_until_ns=bench.now_ns + SECOND, reason="start", why=""
        )
    )
    bench.claimed()
    assert first.held
    assert not second.held
    assert bench.nothing_of(ClaimAddress)


def test_what_comes_together_is_taken_in_before_anything_follows_from_it():
    """The answer to one of two claims would wait for the other one; both are here at once."""
    bench = Bench(a_group(ADDRESS, SECOND_ADDRESS))
    bench.turn(
        lambda turn: bench.group.want(
            turn, vouched_until_ns=bench.now_ns + SECOND, reason="start", why=""
        )
    )
    claims = bench.all_of(ClaimAddress)
    assert len(claims) == 2
    facts = [AddressClaimed(op=c.op, address=c.address.name, at_ns=bench.now_ns) for c in claims]
    bench.turn(lambda turn: bench.groups.on_address_events(turn, facts))
    assert bench.group.held
    assert bench.news == [f"held {bench.group.name}"]


def test_what_belongs_to_no_group_is_ignored():
    bench = two_groups()
    bench.feed(AddressLost(address="10.9.9.9", reason="gone"))
    bench.feed(ServiceChanged(container="postgres", facts=facts(RUNNING)))
    assert not bench.wishes
    assert not bench.told


def test_something_is_here_as_long_as_an_address_is():
    bench = two_groups()
    assert not bench.groups.any_here
    bench.want()
    assert bench.groups.any_here
    bench.claimed()
    bench.give_up()
    assert bench.groups.any_here
    bench.released()
    assert not bench.groups.any_here


# --- interfaces and the engine -------------------------------------------------------------------


def test_the_first_word_that_an_interface_has_a_carrier_is_no_news():
    bench = two_groups()
    bench.carrier(up=True)
    bench.carrier(up=True)
    assert not bench.told


def test_the_first_word_that_it_has_none_is():
    bench = two_groups()
    bench.carrier(up=False)
    bench.carrier(up=True)
    assert [told.up for told in bench.occurrences(CarrierReported)] == [False, True]


def test_an_interface_without_a_carrier_is_worth_a_reason():
    bench = two_groups()
    bench.carrier(up=False)
    assert bench.groups.trouble() == ("interface eth0 has no carrier",)


def test_an_interface_that_is_not_there_is_called_so():
    bench = two_groups()
    bench.feed(CarrierChanged(interface="eth0", up=False, exists=False))
    (told,) = bench.occurrences(CarrierReported)
    assert told.sentence() == "eth0 does not exist on this host"
    assert bench.groups.trouble() == ("interface eth0 does not exist on this host",)
    bench.feed(CarrierChanged(interface="eth0", up=False))
    assert bench.groups.trouble() == ("interface eth0 has no carrier",)


def test_the_hardware_addresses_are_kept_while_an_interface_is_away():
    bench = two_groups()
    bench.feed(CarrierChanged(interface="eth0", up=True, mac="02:00:00:00:00:0a"))
    bench.feed(CarrierChanged(interface="eth0", up=False))
    assert bench.groups.interfaces.macs == {"eth0": "02:00:00:00:00:0a"}


def test_a_new_hardware_address_is_learnt_without_a_change_of_the_carrier():
    bench = two_groups()
    bench.feed(CarrierChanged(interface="eth0", up=True, mac="02:00:00:00:00:0a"))
    bench.feed(CarrierChanged(interface="eth0", up=True, mac="02:00:00:00:00:0c"))
    assert bench.groups.interfaces.macs == {"eth0": "02:00:00:00:00:0c"}


def test_what_is_held_is_announced_at_once_by_a_new_hardware_address():
    """A bond may change its own while its carrier stays."""
    bench = Bench().holding()
    bench.feed(CarrierChanged(interface="eth0", up=True, mac="02:00:00:00:00:0a"))
    bench.wishes.clear()
    bench.feed(CarrierChanged(interface="eth0", up=True, mac="02:00:00:00:00:0a"))
    assert bench.nothing_of(Announce)
    bench.feed(CarrierChanged(interface="eth0", up=True, mac="02:00:00:00:00:0c"))
    assert bench.wish(Announce).address is ADDRESS


def test_an_engine_that_answers_from_the_start_is_no_news():
    bench = Bench()
    bench.feed(EngineChanged(up=True, reason="it answers"))
    assert not bench.told
    assert bench.groups.engine_up is True


def test_an_engine_that_falls_silent_and_returns_is_told_of():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.told.clear()
    bench.feed(EngineChanged(up=False, reason="connection refused"))
    assert bench.groups.trouble() == ("the Docker engine does not answer: connection refused",)
    bench.feed(EngineChanged(up=False, reason="connection refused"))
    bench.feed(EngineChanged(up=True, reason="it answers"))
    assert [told.up for told in bench.occurrences(EngineReported)] == [False, True]
    assert bench.groups.trouble() == ()


def test_a_node_without_containers_does_not_need_an_engine():
    bench = two_groups()
    bench.feed(EngineChanged(up=False, reason="no such file"))
    assert bench.groups.trouble() == ()


def test_what_holds_is_announced_again_when_a_carrier_is_back():
    bench = Bench(a_group(NGINX, ADDRESS), a_group(SECOND_ADDRESS)).holding()
    bench.carrier(up=False, interface="eth1")
    bench.wishes.clear()
    bench.carrier(up=True, interface="eth1")
    assert bench.wish(Announce).address is ADDRESS


# --- a reload ------------------------------------------------------------------------------------


def test_an_address_that_is_no_more_named_is_released_and_forgotten():
    bench = two_groups()
    bench.want()
    bench.claimed()
    assert reload(bench, a_group(SECOND_ADDRESS, preferred=THERE)) == ()
    bench.released()
    bench.turn()
    bench.wait(60_000)
    assert bench.nothing_of(ReleaseAddress)
    assert [group.name for group in bench.groups] == [SECOND_ADDRESS.name]


def test_a_second_reload_while_an_address_is_released_does_no_harm():
    bench = two_groups()
    bench.want()
    bench.claimed()
    reload(bench, a_group(SECOND_ADDRESS, preferred=THERE))
    reload(bench, a_group(SECOND_ADDRESS, preferred=THERE))
    bench.released()
    bench.turn()
    assert bench.nothing_of(ReleaseAddress)


def test_an_address_that_is_named_again_after_it_was_forgotten_has_troubles_of_its_own():
    """What it was refused before is not counted, nor how long ago that was."""
    bench = two_groups()
    bench.want()
    bench.claim_refused("no permission")
    reload(bench, a_group(SECOND_ADDRESS, preferred=THERE))
    assert bench.groups.trouble() == ()
    reload(bench, a_group(ADDRESS, preferred=HERE), a_group(SECOND_ADDRESS, preferred=THERE))
    bench.want()
    bench.claim_refused("no permission")
    bench.give_up()
    assert bench.groups.trouble() != ()
    bench.wait(FORGIVE_AFTER_NS / MILLISECOND)
    assert bench.groups.trouble() == ()


def test_an_address_that_is_named_again_while_it_is_released_is_kept():
    bench = two_groups()
    bench.want()
    bench.claimed()
    reload(bench, a_group(SECOND_ADDRESS, preferred=THERE))
    op = bench.wish(ReleaseAddress).op
    back = (a_group(ADDRESS, preferred=HERE), a_group(SECOND_ADDRESS, preferred=THERE))
    assert reload(bench, *back) == (ADDRESS.name,)
    bench.want()
    bench.feed(AddressReleased(op=op, address=ADDRESS.name))
    bench.claimed()
    assert bench.group.held
    bench.wait(600)
    assert bench.nothing_of(ReleaseAddress)


def test_a_container_that_is_not_named_any_more_is_left_as_it_is():
    bench = Bench(a_group(NGINX, ADDRESS)).holding()
    bench.inspected(ContainerState.STOPPED)
    bench.wish(StartService)
    reload(bench, a_group(ADDRESS))
    bench.wait(120_000)
    assert bench.nothing_of(StartService, StopService, PauseService)


def test_a_container_that_is_not_named_any_more_is_not_checked_any_more():
    bench = Bench(a_group(NGINX, ADDRESS)).holding()
    reload(bench, a_group(ADDRESS))
    assert bench.wish(EndChecks).container == "nginx"


def test_how_a_container_stands_by_can_be_changed():
    bench = Bench(a_group(NGINX, ADDRESS)).holding()
    reload(bench, a_group(Container(name="nginx", standby=StandbyMode.STOP), ADDRESS))
    bench.turn()
    bench.released()
    bench.wish(StopService)


def joined_by_a_container() -> Bench:
    """The group is held, and a reload has just made it anew around its address."""
    bench = Bench(a_group(NGINX, ADDRESS)).holding()

    def reload_and_want(turn: Turn) -> None:
        (group,) = bench.groups.reconfigure(params(a_group(NGINX, PHP, ADDRESS)))
        group.want(turn, reason="reload", why="haresources has changed")

    bench.turn(reload_and_want)
    return bench


def test_a_container_that_comes_joins_a_group_whose_address_stays():
    bench = joined_by_a_container()
    assert bench.nothing_of(ReleaseAddress)
    assert bench.wish(StartService).container == "php"
    assert bench.group.held
    assert bench.group.why == "haresources has changed"


def test_a_group_that_a_reload_made_anew_is_lost_like_any_other_that_was_held():
    """Safety rule 5: while it was away the other node may have taken it."""
    bench = joined_by_a_container()
    bench.news.clear()
    bench.lost()
    assert bench.news == [f"lost {bench.group.name}"]
    assert bench.group.was_held, "so that its side is held again when this group is, not before"


def test_a_group_that_did_not_change_is_the_same_one():
    bench = two_groups()
    first = bench.group
    reload(bench, a_group(ADDRESS, preferred=HERE))
    assert bench.group is first
    bench.want()
    claim = bench.wish(ClaimAddress)
    bench.feed(AddressClaimed(op=claim.op, address=ADDRESS.name, at_ns=bench.now_ns))
    assert first.held


def test_a_container_that_nobody_has_inspected_yet_is_worth_a_reason():
    assert Bench().groups.trouble() == ("container nginx is unknown: not inspected yet",)


def test_an_unknown_container_says_why_it_is_unknown():
    bench = Bench()
    bench.inspected(UNKNOWN, detail="connection refused")
    assert bench.groups.trouble() == ("container nginx is unknown: connection refused",)
