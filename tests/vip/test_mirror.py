"""What is news among the kernel's notices, without a kernel."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.core.events import AddressLost, CarrierChanged
from sidecar.vip import rtnl
from sidecar.vip.mirror import Mirror, News
from sidecar.vip.rtnl import FOREVER, OUR_PROTO, Assignment, Interface, Notice
from tests.vip.conftest import vip

UP = CarrierChanged(interface="eth0", up=True, mac="02:00:00:00:00:0a")


def interface(name: str = "eth0", *, index: int = 2, up: bool = True, on: bool = True) -> Interface:
    mac = "02:00:00:00:00:0a"
    return Interface(index=index, name=name, up=up, switched_on=on, loopback=False, mac=mac)


def leased(address: str = "10.77.0.100", *, index: int = 2, prefix: int = 24) -> Assignment:
    return Assignment(
        address=address, prefix=prefix, index=index, lifetime_s=3, secondary=False, proto=OUR_PROTO
    )


def new(about: Interface | Assignment) -> Notice:
    kind = rtnl.RTM_NEWLINK if isinstance(about, Interface) else rtnl.RTM_NEWADDR
    return Notice(type=kind, sequence=0, interrupted=False, error=0, about=about)


def gone(about: Interface | Assignment) -> Notice:
    kind = rtnl.RTM_DELLINK if isinstance(about, Interface) else rtnl.RTM_DELADDR
    return Notice(type=kind, sequence=0, interrupted=False, error=0, about=about)


class Telling:
    """A mirror of 10.77.0.100 on eth0, told of things at given seconds."""

    def __init__(self, *dumped: Interface | Assignment) -> None:
        self.mirror = Mirror([vip()])
        self.at_start = self.dump(*dumped)

    def dump(self, *dumped: Interface | Assignment) -> list[News]:
        self.mirror.begin_dump()
        news = [news for about in dumped for news in self.mirror.learn(new(about), 0.0)]
        return [*news, *self.mirror.end_dump()]

    def tell(self, notice: Notice, at_s: float = 0.0) -> list[News]:
        return self.mirror.learn(notice, at_s)


def lost(reason: str) -> list[AddressLost]:
    return [AddressLost(address="10.77.0.100", reason=reason)]


def test_every_interface_is_told_of_at_start() -> None:
    assert Telling(interface()).at_start == [UP]
    assert Telling().at_start == [CarrierChanged(interface="eth0", up=False, exists=False)]
    assert Telling(interface("eth1")).at_start == [
        CarrierChanged(interface="eth0", up=False, exists=False)
    ]


def test_an_interface_that_had_no_turn_in_the_dump_yet_is_not_missing() -> None:
    mirror = Mirror([vip(), vip("10.77.1.100", interface="eth1")])
    mirror.begin_dump()
    assert mirror.learn(new(interface()), 0.0) == []
    assert mirror.learn(new(interface("eth1", index=3)), 0.0) == []
    told = mirror.end_dump()
    assert [(news.interface, news.up) for news in told if isinstance(news, CarrierChanged)] == [
        ("eth0", True),
        ("eth1", True),
    ]


def test_a_carrier_is_told_of_once_for_each_change() -> None:
    told = Telling(interface())
    assert told.tell(new(interface())) == []
    assert told.tell(new(interface(up=False))) == [
        CarrierChanged(interface="eth0", up=False, mac="02:00:00:00:00:0a")
    ]
    assert told.tell(new(interface())) == [UP]


def test_a_removed_interface_is_down_and_a_new_one_of_its_name_is_up() -> None:
    told = Telling(interface())
    assert told.tell(gone(interface())) == [
        CarrierChanged(interface="eth0", up=False, exists=False)
    ]
    assert told.tell(new(interface(index=9))) == [UP]


def test_an_address_that_was_deleted_in_time_was_deleted_by_somebody() -> None:
    told = Telling(interface(), leased())
    assert told.tell(new(leased()), at_s=10.0) == []
    assert told.tell(gone(leased()), at_s=11.0) == lost("somebody deleted it from eth0")


def test_an_address_that_went_after_its_lifetime_was_not_renewed() -> None:
    told = Telling(interface(), leased())
    told.tell(new(leased()), at_s=10.0)
    assert told.tell(gone(leased()), at_s=13.1) == lost("its lease of 3 s ended without a renewal")


def test_an_address_that_was_never_here_is_not_lost() -> None:
    assert Telling(interface()).tell(gone(leased())) == []


def test_an_address_of_another_interface_is_not_ours_to_miss() -> None:
    told = Telling(interface(), interface("eth1", index=3), leased(), leased(index=3))
    assert told.tell(gone(leased(index=3))) == []


def test_an_address_is_lost_with_its_last_copy() -> None:
    told = Telling(interface(), leased(), leased(prefix=32))
    assert told.tell(gone(leased(prefix=32))) == []
    assert told.tell(gone(leased())) == lost("somebody deleted it from eth0")


def test_what_a_second_dump_does_not_confirm_was_lost_in_between() -> None:
    told = Telling(interface(), leased())
    assert told.dump(interface(), leased()) == []
    assert told.dump(interface()) == lost(
        "it was gone when the kernel's tables were read again",
    )
    assert told.dump() == [CarrierChanged(interface="eth0", up=False, exists=False)]


def test_a_notice_in_the_middle_of_a_dump_confirms_too() -> None:
    told = Telling(interface(), leased())
    told.mirror.begin_dump()
    told.tell(new(interface()))
    told.tell(new(leased()))
    assert told.mirror.end_dump() == []


def test_an_own_address_that_came_later_displaces_ours() -> None:
    told = Telling(interface(), leased())
    own = Assignment(
        address="10.77.0.1", prefix=24, index=2, lifetime_s=FOREVER, secondary=True, proto=0
    )
    reason = "it stands before the host's own address 10.77.0.1, which came later"
    assert told.tell(new(own)) == [
        AddressLost(address="10.77.0.100", reason=reason, gone=False, displaced=True)
    ]
    other = Assignment(
        address="10.99.0.1", prefix=24, index=2, lifetime_s=FOREVER, secondary=True, proto=0
    )
    assert told.tell(new(other)) == []


def test_an_own_address_that_came_later_displaces_all_of_ours_there() -> None:
    mirror = Mirror([vip(), vip("10.77.0.101"), vip("10.99.0.100")])
    second = replace(leased("10.77.0.101"), secondary=True)
    own = replace(leased("10.77.0.1"), secondary=True, proto=0)
    for ours in (leased(), second, leased("10.99.0.100")):
        assert mirror.learn(new(ours), 0.0) == []
    told = mirror.learn(new(own), 0.0)
    assert [one.address for one in told if isinstance(one, AddressLost) and one.displaced] == [
        "10.77.0.100",
        "10.77.0.101",
    ]


def test_an_own_address_behind_another_own_one_displaces_none_of_ours() -> None:
    mirror = Mirror([vip("10.77.0.101")])
    mirror.learn(new(replace(leased("10.77.0.101"), secondary=True)), 0.0)
    assert mirror.learn(new(replace(leased("10.77.0.2"), secondary=True, proto=0)), 0.0) == []


@pytest.mark.parametrize("family", [7, 0])
def test_a_bridge_that_lets_a_port_go_does_not_remove_the_interface(family: int) -> None:
    body = struct.pack("=BxHiII", family, 1, 2, 0x41, 0) + struct.pack("=HH5s3x", 9, 3, b"eth0\0")
    header = struct.pack("=IHHII", 16 + len(body), rtnl.RTM_DELLINK, 0, 0, 0)
    (notice,) = rtnl.notices(header + body)
    assert (notice.about is None) == (family == 7)


@given(st.binary(max_size=200), st.sampled_from([2, 3, 16, 17, 20, 21]))
def test_arbitrary_octets_never_raise(body: bytes, kind: int) -> None:
    header = struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0)
    assert all(notice.type == kind for notice in rtnl.notices(header + body))
