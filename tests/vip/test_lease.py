"""The lease on a real kernel: it ends by itself, and a late renewal does not bring it back."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain, repeat

import pytest

from sidecar.core.actions import ClaimAddress, ReleaseAddress, RenewLease
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressRefused,
    AddressReleased,
    LeaseRenewed,
    Together,
)
from sidecar.core.params import Address
from sidecar.core.terms import SECOND
from sidecar.vip import interfaces
from sidecar.vip.lease import Lease
from sidecar.vip.leftover import left_behind, sweep
from sidecar.vip.rtnl import FOREVER, OUR_PROTO
from tests.netns import Host
from tests.vip.conftest import boottime_ns, vip
from tests.waiting import wait_for

pytestmark = [pytest.mark.hosts, pytest.mark.usefixtures("host")]


@pytest.fixture
def lease() -> Iterator[Lease]:
    made = Lease(boottime_ns)
    yield made
    made.close()


def claim(address: Address, lease_s: int = 5, *, left_ns: int = 5 * SECOND) -> ClaimAddress:
    last_ns = boottime_ns() + left_ns
    return ClaimAddress(op=1, address=address, lease_s=lease_s, not_after_ns=last_ns)


def renew(address: Address, lease_s: int = 5, *, left_ns: int = 5 * SECOND) -> RenewLease:
    return RenewLease(address=address, lease_s=lease_s, not_after_ns=boottime_ns() + left_ns)


def release(address: Address) -> ReleaseAddress:
    return ReleaseAddress(op=2, address=address)


def test_a_claimed_address_carries_our_mark_its_label_and_its_lifetime(
    host: Host, lease: Lease
) -> None:
    before_ns = boottime_ns()
    claimed = lease.perform(claim(vip(label="eth0:0", broadcast="10.77.0.255"), lease_s=7))
    assert isinstance(claimed, AddressClaimed)
    assert (claimed.op, claimed.address) == (1, "10.77.0.100")
    assert before_ns <= claimed.at_ns <= boottime_ns()
    line = next(line for line in host.addresses("eth0") if "10.77.0.100" in line)
    assert line.startswith("inet 10.77.0.100/24 brd 10.77.0.255 scope global secondary dynamic")
    assert "eth0:0" in line
    # Debian 12's ip does not print the mark.
    (here,) = [a for a in interfaces.network().assignments if a.address == "10.77.0.100"]
    assert here.proto == OUR_PROTO
    assert "valid_lft 7sec preferred_lft 7sec" in line


def test_an_address_leaves_by_itself_when_its_lease_ends(host: Host, lease: Lease) -> None:
    lease.perform(claim(vip(), lease_s=1))
    assert host.has("10.77.0.100")
    took_s = wait_for(lambda: not host.has("10.77.0.100"), seconds=2.5)
    assert took_s > 0.8
    assert host.has("10.77.0.1")


def test_a_renewed_address_stays(host: Host, lease: Lease) -> None:
    lease.perform(claim(vip(), lease_s=1))
    end_ns = boottime_ns() + 3 * SECOND
    while boottime_ns() < end_ns:
        assert isinstance(lease.perform(renew(vip(), lease_s=1)), LeaseRenewed)
        wait_for(lambda: True, pause=0.2)
        assert host.has("10.77.0.100")


def test_a_renewal_that_comes_too_late_does_not_put_the_address_back(
    host: Host, lease: Lease
) -> None:
    answer = lease.perform(renew(vip(), left_ns=-SECOND))
    assert isinstance(answer, AddressLost)
    assert "renew the lease of 10.77.0.100: it comes 1" in answer.reason  # not sent at all
    assert not host.has("10.77.0.100")


def test_a_renewal_frozen_between_its_check_and_its_request_is_taken_back(host: Host) -> None:
    times = chain([0], repeat(10 * SECOND))  # as if stopped for ten seconds after the check
    frozen = Lease(lambda: next(times))
    answer = frozen.perform(RenewLease(address=vip(), lease_s=5, not_after_ns=SECOND))
    frozen.close()
    assert isinstance(answer, AddressLost)
    assert "9000 ms too late" in answer.reason
    assert not host.has("10.77.0.100")


def test_a_claim_whose_answer_is_lost_until_it_is_too_late_is_taken_back(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = chain([0], repeat(10 * SECOND))
    deaf = Lease(lambda: next(times))
    ask_all = deaf._table.ask_all

    def loses_the_answer(requests: Sequence[bytes]) -> list[int | None]:
        monkeypatch.undo()
        return [None for _ in ask_all(requests)]

    monkeypatch.setattr(deaf._table, "ask_all", loses_the_answer)
    answer = deaf.perform(ClaimAddress(op=1, address=vip(), lease_s=5, not_after_ns=SECOND))
    deaf.close()
    assert isinstance(answer, AddressRefused)
    assert "9000 ms too late" in answer.reason
    assert not host.has("10.77.0.100")


def test_a_claim_whose_answer_is_lost_twice_is_told_as_one_that_may_be_here(
    host: Host, lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_all = lease._table.ask_all

    def loses_the_answer(requests: Sequence[bytes]) -> list[int | None]:
        return [None for _ in ask_all(requests)]

    monkeypatch.setattr(lease._table, "ask_all", loses_the_answer)
    answer = lease.perform(claim(vip()))
    assert isinstance(answer, AddressRefused)
    assert "the kernel does not answer on netlink" in answer.reason
    assert not answer.gone
    assert host.has("10.77.0.100")


def test_a_claim_that_came_too_late_and_cannot_be_taken_back_is_told_as_here(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = chain([0], repeat(10 * SECOND))
    stuck = Lease(lambda: next(times))
    error = OSError("the kernel does not answer on netlink")
    monkeypatch.setattr(stuck._removal, "remove", lambda ours: {one.name: error for one in ours})
    answer = stuck.perform(ClaimAddress(op=1, address=vip(), lease_s=5, not_after_ns=SECOND))
    stuck.close()
    assert isinstance(answer, AddressRefused)
    assert not answer.gone
    assert host.has("10.77.0.100")


def test_a_released_address_is_gone_and_releasing_it_again_is_success(
    host: Host, lease: Lease
) -> None:
    lease.perform(claim(vip()))
    assert lease.perform(release(vip())) == AddressReleased(op=2, address="10.77.0.100")
    assert not host.has("10.77.0.100")
    assert lease.perform(release(vip())) == AddressReleased(op=2, address="10.77.0.100")


def test_releasing_leaves_no_copy_with_another_prefix_length(host: Host, lease: Lease) -> None:
    host.ip("addr", "add", "10.77.0.100/32", "dev", "eth0")
    lease.perform(claim(vip()))
    lease.perform(release(vip()))
    assert not host.has("10.77.0.100")


@pytest.mark.parametrize("name", ["10.77.0.100", "fd77::100"])
def test_an_address_is_released_from_an_interface_that_was_renamed(
    host: Host, lease: Lease, name: str
) -> None:
    lease.perform(claim(vip(name)))
    host.ip("link", "set", "eth0", "name", "lan0")
    assert host.has(name)
    assert isinstance(lease.perform(release(vip(name))), AddressReleased)
    assert not host.has(name)


def test_an_address_is_released_too_where_another_interface_has_got_the_name(
    host: Host, lease: Lease
) -> None:
    host.ip("addr", "add", "10.77.0.100/32", "dev", "lo")
    lease.perform(claim(vip()))
    host.ip("link", "set", "eth0", "name", "lan0")
    host.ip("link", "add", "eth0", "type", "bridge")
    lease.perform(claim(vip()))
    assert isinstance(lease.perform(release(vip())), AddressReleased)
    left = host.ip("-o", "addr", "show", "to", "10.77.0.100")
    assert left.split()[1] == "lo"  # we never put it there
    assert len(left.splitlines()) == 1


def test_claiming_an_address_that_stands_there_for_ever_makes_it_a_lease(
    host: Host, lease: Lease
) -> None:
    host.ip("addr", "add", "10.77.0.100/24", "dev", "eth0")
    assert isinstance(lease.perform(claim(vip(), lease_s=1)), AddressClaimed)
    wait_for(lambda: not host.has("10.77.0.100"), seconds=2.5)


def test_an_ipv6_address_answers_at_once_and_leaves_with_its_lease(
    host: Host, lease: Lease
) -> None:
    address = vip("fd77::100")
    assert isinstance(lease.perform(claim(address, lease_s=1)), AddressClaimed)
    line = next(line for line in host.addresses("eth0") if "fd77::100" in line)
    assert "nodad" in line
    assert "tentative" not in line
    assert isinstance(lease.perform(renew(address, lease_s=1)), LeaseRenewed)
    wait_for(lambda: not host.has("fd77::100"), seconds=2.5)
    assert "fd77::/64" in host.ip("-6", "route", "show", "dev", "eth0")


def test_the_first_ipv6_address_of_a_subnet_brings_its_route(host: Host, lease: Lease) -> None:
    lease.perform(claim(vip("fd78::100")))
    assert "fd78::/64" in host.ip("-6", "route", "show", "dev", "eth0")


def test_an_advertised_route_keeps_its_own_lifetime(host: Host, lease: Lease) -> None:
    host.ip("addr", "del", "fd77::1/64", "dev", "eth0")
    host.ip("addr", "add", "fd77::1/64", "dev", "eth0", "valid_lft", "900", "preferred_lft", "900")
    lease.perform(claim(vip("fd77::100"), lease_s=2))
    lease.perform(renew(vip("fd77::100"), lease_s=2))
    route = host.ip("-6", "route", "show", "fd77::/64", "dev", "eth0").split()
    assert int(route[route.index("expires") + 1].removesuffix("sec")) > 800


def test_an_advertised_route_keeps_it_when_the_next_life_renews_what_it_found(
    host: Host, lease: Lease
) -> None:
    host.ip("addr", "del", "fd77::1/64", "dev", "eth0")
    host.ip("addr", "add", "fd77::1/64", "dev", "eth0", "valid_lft", "900", "preferred_lft", "900")
    lease.perform(claim(vip("fd77::100"), lease_s=2))
    with closing(Lease(boottime_ns)) as next_life:
        assert isinstance(next_life.perform(renew(vip("fd77::100"), lease_s=2)), LeaseRenewed)
    route = host.ip("-6", "route", "show", "fd77::/64", "dev", "eth0").split()
    assert int(route[route.index("expires") + 1].removesuffix("sec")) > 800


def test_ten_addresses_are_claimed_renewed_and_released(host: Host, lease: Lease) -> None:
    ten = [vip(f"10.77.0.{last}") for last in range(100, 110)]
    for address in ten:
        assert isinstance(lease.perform(claim(address)), AddressClaimed)
    for address in ten:
        assert isinstance(lease.perform(renew(address)), LeaseRenewed)
    assert all(host.has(address.name) for address in ten)
    for address in ten:
        assert isinstance(lease.perform(release(address)), AddressReleased)
    assert not any(host.has(address.name) for address in ten)
    assert host.has("10.77.0.1")


def test_two_hundred_addresses_are_claimed_renewed_and_released_in_one_go_each(
    host: Host, lease: Lease
) -> None:
    many = [vip(f"10.77.1.{last}", prefix=32) for last in range(1, 201)]
    for wish, kind in ((claim, AddressClaimed), (renew, LeaseRenewed), (release, AddressReleased)):
        answers = lease.perform_all([wish(address) for address in many])
        assert isinstance(answers, Together)
        assert all(isinstance(answer, kind) for answer in answers.facts)
        assert [answer.address for answer in answers.facts] == [one.name for one in many]
        here = sum("10.77.1." in line for line in host.addresses("eth0"))
        assert here == (0 if wish is release else len(many))


def test_of_several_wishes_only_the_late_one_is_refused(host: Host, lease: Lease) -> None:
    early, late, impossible = vip(), vip("10.77.0.101"), vip("10.77.0.102", interface="eth7")
    answers = lease.perform_all([claim(late, left_ns=-SECOND), claim(early), claim(impossible)])
    assert isinstance(answers, Together)
    assert [type(answer) for answer in answers.facts] == [
        AddressRefused,
        AddressClaimed,
        AddressRefused,
    ]
    assert (host.has(early.name), host.has(late.name)) == (True, False)


def test_an_address_that_is_released_and_claimed_in_one_go_is_here(
    host: Host, lease: Lease
) -> None:
    lease.perform(claim(vip()))
    lease.perform_all([release(vip()), claim(vip())])
    assert host.has("10.77.0.100")
    lease.perform_all([claim(vip()), release(vip())])
    assert not host.has("10.77.0.100")


def test_a_claim_that_its_release_has_caught_up_with_is_not_made(host: Host, lease: Lease) -> None:
    other = vip("10.77.0.101")
    answers = lease.perform_all([claim(vip()), claim(other), release(vip())])
    assert isinstance(answers, Together)
    refused, claimed, released = answers.facts
    assert isinstance(refused, AddressRefused)
    assert isinstance(claimed, AddressClaimed)
    assert isinstance(released, AddressReleased)
    assert "let go of before it was claimed" in refused.reason
    assert (host.has(vip().name), host.has(other.name)) == (False, True)


def test_an_interface_that_does_not_exist_is_named_in_the_refusal(lease: Lease) -> None:
    refused = lease.perform(claim(vip(interface="eth7")))
    assert isinstance(refused, AddressRefused)
    assert refused.reason.startswith(
        "cannot claim 10.77.0.100: interface eth7 does not exist on this host"
    )
    assert isinstance(lease.perform(renew(vip(interface="eth7"))), AddressLost)
    assert isinstance(lease.perform(release(vip(interface="eth7"))), AddressReleased)


@pytest.mark.parametrize("label", ["web", "eth0:much-too-long"])
def test_a_label_that_ip_addr_could_not_show_is_refused(
    host: Host, lease: Lease, label: str
) -> None:
    refused = lease.perform(claim(vip(label=label)))
    assert isinstance(refused, AddressRefused)
    assert label in refused.reason
    assert not host.has("10.77.0.100")


def test_an_interface_made_anew_is_used_under_its_new_number(host: Host, lease: Lease) -> None:
    lease.perform(claim(vip()))
    host.ip("link", "del", "eth0")
    assert isinstance(lease.perform(renew(vip())), AddressLost)
    host.ip("link", "add", "pad0", "type", "bridge")  # takes the next free number
    host.ip("link", "add", "eth0", "type", "bridge")
    host.ip("link", "set", "eth0", "up")
    assert isinstance(lease.perform(claim(vip())), AddressClaimed)
    assert any("10.77.0.100" in line for line in host.addresses("eth0"))


def test_a_broken_netlink_socket_is_made_anew(lease: Lease) -> None:
    lease.perform(claim(vip()))
    netlink = lease._table._netlink
    assert netlink is not None
    netlink.close()
    assert isinstance(lease.perform(renew(vip())), LeaseRenewed)
    assert isinstance(lease.perform(release(vip())), AddressReleased)


def test_removing_the_address_keeps_an_own_address_that_came_after_it(
    host: Host, lease: Lease
) -> None:
    host.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
    lease.perform(claim(vip()))
    host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")
    lease.perform(release(vip()))
    assert host.has("10.77.0.1")
    assert not host.has("10.77.0.100")


def test_a_lease_that_ends_keeps_an_own_address_that_came_after_it(
    host: Host, lease: Lease
) -> None:
    host.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
    lease.perform(claim(vip(), lease_s=1))
    lease.rest()
    host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")
    wait_for(lambda: not host.has("10.77.0.100"), seconds=2.5)
    assert host.has("10.77.0.1")


def test_claiming_again_steps_behind_an_own_address_that_came_later(
    host: Host, lease: Lease
) -> None:
    host.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
    lease.perform(claim(vip()))
    host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")
    lease.perform(claim(vip()))
    lease.rest()
    secondary = [line for line in host.addresses("eth0") if "secondary" in line]
    assert ["10.77.0.100" in line for line in secondary] == [True]


@pytest.mark.parametrize("renewals", [0, 1])
def test_what_waits_longer_than_its_claim_is_worth_stays_here(
    host: Host, lease: Lease, renewals: int
) -> None:
    """A claim is worth a deadtime at most, and to step behind waits until nothing else does."""
    host.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
    lease.perform(claim(vip()))
    lease.rest()
    host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")
    lease.perform(claim(vip(), left_ns=SECOND // 10))
    for _ in range(renewals):
        assert isinstance(lease.perform(renew(vip())), LeaseRenewed)
    time.sleep(0.15)
    lease.rest()
    (ours,) = [line for line in host.addresses("eth0") if "10.77.0.100" in line]
    assert ("secondary" in ours) is bool(renewals)


def test_claiming_again_steps_behind_it_with_each_address_on_each_interface(
    host: Host, lease: Lease
) -> None:
    host.ip("link", "add", "eth1", "type", "veth", "peer", "name", "eth2")
    host.ip("link", "set", "eth1", "up")
    host.ip("link", "set", "eth2", "up")
    ours = [vip(f"10.78.0.10{last}", interface="eth1") for last in range(3)]
    other = vip("10.79.0.100", interface="eth2")
    for address in (*ours, other):
        lease.perform(claim(address))
    lease.rest()
    host.ip("addr", "add", "10.78.0.1/24", "dev", "eth1")
    host.ip("addr", "add", "10.79.0.1/24", "dev", "eth2")
    for address in (ours[1], other, *ours[::2]):
        lease.perform(claim(address))
    lease.rest()
    for interface, own in (("eth1", "10.78.0.1/24"), ("eth2", "10.79.0.1/24")):
        inet = [line for line in host.addresses(interface) if line.startswith("inet ")]
        assert [own in line for line in inet if "secondary" not in line] == [True]


def test_what_was_released_is_not_put_behind_an_own_address_that_came_later(host: Host) -> None:
    host.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
    now_ns = boottime_ns()
    with closing(Lease(lambda: now_ns)) as quick:
        quick.perform(claim(vip()))
        host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")
        quick._surroundings.before_changing("fd77::100")  # a look that is still fresh at the rest
        quick.perform(release(vip()))
        quick.rest()
    assert not host.has("10.77.0.100")


def test_what_an_earlier_life_left_behind_is_found_and_swept(host: Host, lease: Lease) -> None:
    ours, strangers = vip(), vip("10.77.0.101")
    lease.perform(claim(ours, lease_s=60))
    lease.perform(claim(strangers, lease_s=60))
    host.ip(
        "addr", "add", "10.77.0.102/24", "dev", "eth0", "valid_lft", "60", "preferred_lft", "60"
    )
    host.ip("addr", "add", "10.77.0.103/24", "dev", "eth0")
    for_ever = vip("10.77.0.104")
    lease.perform(claim(for_ever, lease_s=FOREVER))
    configured = [ours, vip("10.77.0.102"), vip("10.77.0.103"), for_ever]
    left = left_behind(configured)
    assert [(one.name, one.interface) for one in left] == [
        ("10.77.0.100", "eth0"),
        ("10.77.0.102", "eth0"),
        ("10.77.0.104", "eth0"),
    ]
    assert sweep(left) == ()
    assert left_behind(configured) == ()
    assert host.has("10.77.0.101")
    assert host.has("10.77.0.103")


def test_the_interface_of_the_narrowest_fitting_subnet_is_found(host: Host) -> None:
    host.ip("link", "add", "wide0", "type", "bridge")
    host.ip("addr", "add", "10.77.1.1/16", "dev", "wide0")
    assert interfaces.find_interface("10.77.0.100", 24) == "eth0"
    assert interfaces.find_interface("10.77.9.100", 24) == "wide0"
    assert interfaces.find_interface("fd77::100", 64) == "eth0"
    assert interfaces.find_interface("192.0.2.1", 24) is None
    assert interfaces.mac_of("eth0") == host.mac("eth0")
    assert interfaces.mac_of("eth7") is None
