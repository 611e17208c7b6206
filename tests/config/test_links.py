"""The media of ha.cf become links (ha.cf(5), protocol sections 8 and 9.1)."""

import pytest

from sidecar.core.terms import LinkName, Medium
from tests.config.written import HA_CF, ha_cf, without

NO_LINK = without("ucast")


def test_without_any_link_there_is_an_example_to_copy():
    assert ha_cf(without("ucast")).errors == [
        (
            "ha.cf: has no link to the other node: write a line like `ucast eth1 192.168.17.51` "
            "with the other node's address"
        )
    ]


def test_one_file_serves_both_nodes():
    text = HA_CF + "ucast eth1 192.168.17.50\n"
    master = ha_cf(text, local=["192.168.17.50"])
    slave = ha_cf(text, own="slavenginx", local=["192.168.17.51"])
    assert [(link.name, link.target) for link in master.ha_cf.links] == [("eth1", "192.168.17.51")]
    assert [(link.name, link.target) for link in slave.ha_cf.links] == [("eth1", "192.168.17.50")]
    assert master.problems.all == slave.problems.all == ()
    assert [own.line for own in master.ha_cf.own_lines] == [6]


def test_links_that_share_an_interface_are_told_apart_by_the_target():
    text = HA_CF + "ucast eth1 192.168.17.52\nucast eth0 10.0.0.1\n"
    assert [link.name for link in ha_cf(text).ha_cf.links] == [
        LinkName("eth1 192.168.17.51"),
        LinkName("eth1 192.168.17.52"),
        LinkName("eth0"),
    ]


def test_two_addresses_on_an_interface_of_which_none_is_ours_are_doubtful():
    assert ha_cf(HA_CF + "ucast eth1 192.168.17.50\n").warnings == [
        (
            "ha.cf:3: warning: 2 ucast lines name eth1 (3, 6), and none of their addresses belongs "
            "to this node: is eth1 up, and is its address right?"
        )
    ]


def test_only_own_addresses_are_no_link():
    assert ha_cf(HA_CF, local=["192.168.17.51"]).errors == [
        (
            "ha.cf:3: ucast names only addresses of this node itself (192.168.17.51 is one): "
            "add a line with the other node's address"
        )
    ]


def test_the_same_link_twice_counts_once():
    understood = ha_cf(HA_CF + "ucast eth1 192.168.17.51\n")
    assert len(understood.ha_cf.links) == 1
    assert understood.warnings == [
        (
            "ha.cf:6: warning: ucast eth1 192.168.17.51 is already in line 3 and counts once: "
            "remove one of the two lines"
        )
    ]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("eth1", "ucast takes an interface and an address, not 1 words"),
        ("eth1 10.0.0.1 694", "ucast takes an interface and an address, not 3 words"),
        ("eth1 slavenginx", "`slavenginx` is no IPv4 address"),
        ("eth1 10.0.0.256", "`10.0.0.256` is no IPv4 address"),
        ("eth1 fd00::1", "`fd00::1` is an IPv6 address, which ucast does not carry"),
        ("eth1 224.0.0.1", "`224.0.0.1` is the address of no single host"),
        ("eth1 0.0.0.0", "`0.0.0.0` is the address of no single host"),
        ("eth1 255.255.255.255", "`255.255.255.255` is the address of no single host"),
        ("192.168.17.51/24 eth1", "`192.168.17.51/24` is no interface name"),
        ("interface-too-long 10.0.0.1", "`interface-too-long` is no interface name"),
    ],
)
def test_a_wrong_ucast_line_is_told(options, fault):
    understood = ha_cf(without("ucast") + f"ucast {options}\n")
    (error,) = understood.errors
    assert error.startswith(f"ha.cf:5: {fault}")
    assert understood.ha_cf.links == ()


def test_udpport_above_the_media_counts():
    understood = ha_cf("udpport 700\n" + HA_CF)
    assert [link.port for link in understood.ha_cf.links] == [700]
    assert understood.problems.all == ()


def test_udpport_below_the_media_is_told_and_does_not_count():
    understood = ha_cf(HA_CF + "udpport 700\n")
    assert [link.port for link in understood.ha_cf.links] == [694]
    assert understood.warnings == [
        (
            "ha.cf:6: warning: udpport 700 stands below the first ucast line (3), so that it does "
            "not count there and the port is 694, as on a Heartbeat node: move it above"
        )
    ]


def test_udpport_below_the_media_that_changes_nothing_is_not_told():
    assert ha_cf(HA_CF + "udpport 694\n").problems.all == ()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("udpport 700\nbcast eth2\nudpport 701\n", "udpport 701 stands below"),
        ("baud 9600\nserial /dev/ttyS0\nbaud 19200\n", "baud 19200 stands below"),
    ],
)
def test_a_second_value_below_a_medium_is_not_said_to_count(lines, told):
    (warning,) = ha_cf(without("ucast") + lines).warnings
    assert warning.startswith(f"ha.cf:7: warning: {told}")


@pytest.mark.parametrize("port", ["0", "65536", "-1", "694x", "9" * 50])
def test_udpport_must_be_a_port(port):
    (error,) = ha_cf(HA_CF + f"udpport {port}\n").errors
    assert "is no whole number from 1 to 65535: write one of these" in error


def test_a_port_counts_for_the_media_that_begin_below_it():
    understood = ha_cf(HA_CF + "udpport 700\nbcast eth2\nucast eth3 10.0.0.1\n")
    ports = {link.name: link.port for link in understood.ha_cf.links}
    assert ports == {"eth1": 694, "eth2": 700, "eth3": 694}
    assert len(understood.warnings) == 1


def test_udp_is_the_old_name_of_bcast():
    (link,) = ha_cf(NO_LINK + "udp eth1\n").ha_cf.links
    assert (link.name, link.medium, link.target, link.port) == ("eth1", Medium.BCAST, "", 694)


def test_several_devices_on_a_line_are_several_links():
    links = ha_cf(HA_CF + "bcast eth2 eth3\nserial /dev/ttyS0,/dev/ttyUSB0\n").ha_cf.links
    assert [(link.name, link.medium, link.device) for link in links[1:]] == [
        ("eth2", Medium.BCAST, "eth2"),
        ("eth3", Medium.BCAST, "eth3"),
        ("ttyS0", Medium.SERIAL, "/dev/ttyS0"),
        ("ttyUSB0", Medium.SERIAL, "/dev/ttyUSB0"),
    ]


def test_a_group_has_its_own_port_ttl_and_loop():
    text = "udpport 700\n" + HA_CF + "mcast eth0 239.0.0.1 695 2 1\nmcast6 eth2 ff12::1 696 1 0\n"
    four, six = ha_cf(text).ha_cf.links[1:]
    assert (four.medium, four.target, four.port, four.ttl, four.loop) == (
        Medium.MCAST,
        "239.0.0.1",
        695,
        2,
        True,
    )
    assert (six.medium, six.target, six.port, six.ttl, six.loop) == (
        Medium.MCAST6,
        "ff12::1",
        696,
        1,
        False,
    )


def test_an_ipv6_address_may_name_its_interface():
    links = ha_cf(HA_CF + "ucast6 eth2 fe80::2%eth2\nucast6 eth3 FD00:0::2\n").ha_cf.links
    assert [(link.name, link.target) for link in links[1:]] == [
        ("eth2", "fe80::2"),
        ("eth3", "fd00::2"),
    ]


def test_an_own_ipv6_address_is_for_the_other_node():
    text = HA_CF + "ucast6 eth2 fd00::1\nucast6 eth2 fd00::2\n"
    understood = ha_cf(text, local=["fd00::1"])
    assert [link.target for link in understood.ha_cf.links[1:]] == ["fd00::2"]
    assert [own.text for own in understood.ha_cf.own_lines] == ["ucast6 eth2 fd00::1"]


def test_different_media_of_an_interface_have_names_of_their_own():
    text = HA_CF + "bcast eth1\nmcast eth1 239.0.0.1 694 1 0\nmcast eth1 239.0.0.1 695 1 0\n"
    assert [link.name for link in ha_cf(text).ha_cf.links] == [
        "eth1 192.168.17.51",
        "eth1 bcast",
        "eth1 239.0.0.1 694",
        "eth1 239.0.0.1 695",
    ]


def test_the_speed_of_serial_lines_is_that_above_the_first():
    understood = ha_cf("baud 115200\n" + HA_CF + "serial /dev/ttyS0\n")
    assert understood.ha_cf.links[1].baud == 115200
    assert understood.problems.all == ()
    late = ha_cf(HA_CF + "serial /dev/ttyS0\nbaud 115200\nserial /dev/ttyS1\n")
    assert [link.baud for link in late.ha_cf.links[1:]] == [19200, 19200]
    assert late.warnings == [
        (
            "ha.cf:7: warning: baud 115200 stands below the first serial line (6), so that it does "
            "not count there and the baud is 19200, as on a Heartbeat node: move it above"
        )
    ]


def test_a_speed_that_no_line_has_is_an_error():
    assert ha_cf(HA_CF + "baud 14400\n").errors == [
        (
            "ha.cf:6: baud: `14400` is no speed of a line: write one of 9600, 19200, 38400, 57600, "
            "115200, 230400, 460800"
        )
    ]


def test_a_line_that_heartbeats_would_fill_is_told():
    slow = without("keepalive") + "keepalive 200ms\nserial /dev/ttyS0\n"
    assert ha_cf(slow).warnings == [
        (
            "ha.cf:6: warning: a heartbeat takes 0.208 s on /dev/ttyS0 at 19200 baud, which is "
            "much of keepalive 0.2 s: write a higher baud above the serial line, or a longer "
            "keepalive"
        )
    ]
    assert ha_cf("baud 115200\n" + slow).problems.all == ()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("bcast eth1/2", "`eth1/2` is no interface name: write it like `bcast eth1`"),
        ("serial ttyS0", "`ttyS0` is no serial device: write it like `serial /dev/ttyS0`"),
        ("serial /dev/", "`/dev/` is no serial device"),
        ("mcast eth1 239.0.0.1 694 1", "mcast takes an interface, a group, a port, a ttl and 0"),
        ("mcast eth1 10.0.0.1 694 1 0", "`10.0.0.1` is no IPv4 group"),
        ("mcast eth1 ff12::1 694 1 0", "`ff12::1` is no IPv4 group"),
        ("mcast eth1 239.0.0.1 0 1 0", "`0` is no whole number from 1 to 65535"),
        ("mcast eth1 239.0.0.1 694 5 0", "`5` is no whole number from 0 to 4"),
        ("mcast eth1 239.0.0.1 694 1 2", "`2` is no whole number from 0 to 1"),
        ("mcast6 eth1 239.0.0.1 694 1 0", "`239.0.0.1` is no IPv6 address"),
        ("mcast6 eth1 fd00::1 694 1 0", "`fd00::1` is no IPv6 group"),
        ("ucast6 eth1", "ucast6 takes an interface and an address, not 1 words"),
        ("ucast6 eth1 10.0.0.1", "`10.0.0.1` is no IPv6 address"),
        ("ucast6 eth1 ff02::1", "`ff02::1` is the address of no single host"),
        ("ucast6 eth1 fe80::1%eth0", "`fe80::1%eth0` names another interface than eth1"),
    ],
)
def test_a_wrong_line_is_told(line, fault):
    understood = ha_cf(NO_LINK + f"{line}\n")
    (error,) = understood.errors
    assert error.startswith(f"ha.cf:5: {fault}")
    assert understood.ha_cf.links == ()


def test_a_ttl_of_0_is_told():
    assert ha_cf(HA_CF + "mcast eth0 239.0.0.1 694 0 0\n").warnings == [
        (
            "ha.cf:6: warning: with ttl 0 no packet of mcast eth0 239.0.0.1 leaves this host: "
            "write a ttl of 1"
        )
    ]
