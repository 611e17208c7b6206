"""Floating addresses as IPaddr, IPaddr2 and IPv6addr write them."""

import pytest

from sidecar.config.addresses import parse_ipv4, parse_ipv6
from sidecar.config.values import BadValue
from sidecar.core.params import Address


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (
            "192.168.171.100/24/eth0:0",
            Address(name="192.168.171.100", prefix=24, interface="eth0", label="eth0:0"),
        ),
        ("10.0.0.5/8/eth1", Address(name="10.0.0.5", prefix=8, interface="eth1")),
        (
            "10.0.0.5/24/bond0.7:1/10.0.0.255",
            Address(
                name="10.0.0.5",
                prefix=24,
                interface="bond0.7",
                label="bond0.7:1",
                broadcast="10.0.0.255",
            ),
        ),
        (
            "10.0.0.5/24/eth0:vip_1-a.b",
            Address(name="10.0.0.5", prefix=24, interface="eth0", label="eth0:vip_1-a.b"),
        ),
        (
            "10.0.0.5/24/10.0.0.255",
            Address(name="10.0.0.5", prefix=24, interface="", broadcast="10.0.0.255"),
        ),
        ("10.0.0.5/24", Address(name="10.0.0.5", prefix=24, interface="")),
        ("10.0.0.5", Address(name="10.0.0.5", prefix=32, interface="")),
        ("10.0.0.4/31/eth0", Address(name="10.0.0.4", prefix=31, interface="eth0")),
    ],
)
def test_an_ipv4_address_is_understood(written, address):
    assert parse_ipv4(written) == address


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("2001:db8::100/64/eth0", Address(name="2001:db8::100", prefix=64, interface="eth0")),
        ("2001:DB8:0:0::1/64", Address(name="2001:db8::1", prefix=64, interface="")),
        ("fd00::1", Address(name="fd00::1", prefix=128, interface="")),
    ],
)
def test_an_ipv6_address_is_understood(written, address):
    assert parse_ipv6(written) == address
    assert address.is_ipv6


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("10.0.0", "`10.0.0` is no IPv4 address"),
        ("10.0.0.256/24", "`10.0.0.256` is no IPv4 address"),
        ("010.0.0.1", "`010.0.0.1` is no IPv4 address"),
        ("10.0.0.5/33", "`33` is no whole number from 1 to 32"),
        ("10.0.0.5/0/eth0", "`0` is no whole number from 1 to 32"),
        ("10.0.0.5/255.255.255.0/eth0", "`255.255.255.0` is a netmask: write its length"),
        ("10.0.0.5/24/eth0:0/10.0.0.255/x", "`10.0.0.5/24/eth0:0/10.0.0.255/x` has the wrong"),
        ("10.0.0.5//eth0", "`10.0.0.5//eth0` has the wrong parts"),
        ("10.0.0.5/24/eth0:", "`eth0:` is no interface"),
        ("10.0.0.5/24/eth0:0:1", "`eth0:0:1` is no interface"),
        ("10.0.0.5/24/:0", "`:0` is no interface"),
        ("10.0.0.5/24/eth0:dépôt", "`eth0:dépôt` is no interface"),
        ("10.0.0.5/24/longer-iface:000", "the label `longer-iface:000` is longer than 15"),
        ("10.0.0.5/24/eth0/broadcast", "`broadcast` is no broadcast address"),
        ("10.0.0.0/24/eth0", "`10.0.0.0` stands for the whole subnet 10.0.0.0/24"),
        ("10.0.0.255/24/eth0", "`10.0.0.255` stands for the whole subnet 10.0.0.0/24"),
        ("127.0.0.1/8/lo", "`127.0.0.1` cannot be reached by clients"),
        ("224.0.0.1/24/eth0", "`224.0.0.1` cannot be reached by clients"),
        ("0.0.0.0/24/eth0", "`0.0.0.0` cannot be reached by clients"),
    ],
)
def test_a_wrong_ipv4_address_is_told(written, fault):
    with pytest.raises(BadValue) as caught:
        parse_ipv4(written)
    assert str(caught.value).startswith(fault)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", "`` is no IPv6 address"),
        ("10.0.0.1", "`10.0.0.1` is no IPv6 address"),
        ("fe80::1%eth0/64", "`fe80::1%eth0` has a zone"),
        ("fd00::1/129", "`129` is no whole number from 1 to 128"),
        ("fd00::1/64/eth0:0", "`eth0:0` is a label, which IPv6 has not: write `eth0`"),
        ("fd00::1/64/eth0/x", "`fd00::1/64/eth0/x` has the wrong parts"),
        ("::1/128/lo", "`::1` cannot be reached by clients"),
        ("ff02::1/64/eth0", "`ff02::1` cannot be reached by clients"),
    ],
)
def test_a_wrong_ipv6_address_is_told(written, fault):
    with pytest.raises(BadValue) as caught:
        parse_ipv6(written)
    assert str(caught.value).startswith(fault)


def test_a_netmask_is_answered_with_its_length():
    with pytest.raises(BadValue, match="like `/20`"):
        parse_ipv4("10.0.0.5/255.255.240.0/eth0")
