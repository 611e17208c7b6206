"""Ping nodes, ping groups, deadping and ipfail in ha.cf (ha.cf(5), protocol section 9.1)."""

import pytest

from sidecar.core.params import PingTarget
from sidecar.core.terms import SECOND
from tests.config.written import HA_CF, ha_cf

IPFAIL = "respawn hacluster /usr/lib64/heartbeat/ipfail\n"


def names(name: str, version: int) -> str | None:
    """A name service that knows one router."""
    return {("router.example", 4): "10.0.0.1", ("router.example", 6): "fd00::1"}.get(
        (name, version)
    )


def targets(text: str) -> list[PingTarget]:
    understood = ha_cf(HA_CF + text, resolve=names)
    assert understood.errors == []
    return [one.target for one in understood.ha_cf.ping_lines]


def test_each_option_of_ping_is_a_ping_node():
    assert targets("ping 192.168.17.1 192.168.17.2\nping 192.168.17.3\n") == [
        PingTarget(name="192.168.17.1", hosts=("192.168.17.1",)),
        PingTarget(name="192.168.17.2", hosts=("192.168.17.2",)),
        PingTarget(name="192.168.17.3", hosts=("192.168.17.3",)),
    ]


def test_a_group_is_one_ping_node_of_several_hosts():
    assert targets("ping_group Routers 192.168.17.1 router.example\n") == [
        PingTarget(name="routers", hosts=("192.168.17.1", "10.0.0.1"), is_group=True)
    ]


def test_a_name_is_looked_up_once_and_kept_as_the_name():
    assert targets("ping router.example\nping6 fd00::9\n") == [
        PingTarget(name="router.example", hosts=("10.0.0.1",)),
        PingTarget(name="fd00::9", hosts=("fd00::9",)),
    ]
    assert targets("ping6 router.example\n") == [
        PingTarget(name="router.example", hosts=("fd00::1",))
    ]


@pytest.mark.parametrize(
    "line", ["ping nobody.example", "ping_group routers 10.0.0.1 nobody.example"]
)
def test_a_name_that_nobody_knows_is_refused(line):
    understood = ha_cf(HA_CF + f"{line}\n", resolve=names)
    assert understood.errors == [
        (
            "ha.cf:6: `nobody.example` is no address, and no name that can be looked up on this "
            "node: write the ping node's IPv4 address"
        )
    ]
    assert understood.ha_cf.ping_lines == ()


def test_a_group_needs_a_member():
    assert ha_cf(HA_CF + "ping_group routers\n").errors == [
        (
            "ha.cf:6: ping_group: a group takes a name and addresses: write `ping_group NAME "
            "ADDRESS...`"
        )
    ]


def test_the_same_ping_node_twice_is_an_error():
    assert ha_cf(HA_CF + "ping 10.0.0.1\nping 10.0.0.1\n").errors == [
        (
            "ha.cf:7: 10.0.0.1 is already named in line 6: write another ping node, or remove the "
            "line"
        )
    ]


def test_an_address_of_another_version_works_here_only():
    understood = ha_cf(HA_CF + "ping fd00::1\n")
    assert [one.target.hosts for one in understood.ha_cf.ping_lines] == [("fd00::1",)]
    assert understood.warnings == [
        (
            "ha.cf:6: warning: fd00::1 is no IPv4 address: it is pinged here, but ping of a "
            "Heartbeat node does not take it"
        )
    ]


def test_an_address_of_nobody_is_an_error():
    (error,) = ha_cf(HA_CF + "ping 224.0.0.1\n").errors
    assert error.startswith("ha.cf:6: `224.0.0.1` is the address of no single host")


def test_a_node_is_no_ping_node():
    text = HA_CF + "ping_group slavenginx 10.0.0.1\n"
    assert ha_cf(text).errors == [
        "ha.cf:6: slavenginx is one of the two nodes: a ping node is a third machine"
    ]


def test_an_own_address_is_doubtful_as_a_ping_node():
    (warning,) = ha_cf(HA_CF + "ping 10.0.0.1\n", local=["10.0.0.1"]).warnings
    assert "10.0.0.1 is an address of this node itself, which always answers" in warning


def test_deadping_is_deadtime_unless_it_is_written():
    assert ha_cf(HA_CF).ha_cf.deadping_ns == 30 * SECOND
    assert ha_cf(HA_CF + "deadping 5\n").ha_cf.deadping_ns == 5 * SECOND


def test_deadping_must_be_more_than_twice_keepalive():
    assert ha_cf(HA_CF + "deadping 4\n").errors == [
        (
            "ha.cf:6: deadping 4 s must be more than twice keepalive 2 s: write a deadping over "
            "4 s, or leave the line out"
        )
    ]


def test_the_line_of_ipfail_switches_it_on():
    understood = ha_cf(HA_CF + "ping 10.0.0.1\n" + IPFAIL)
    assert understood.problems.all == ()
    assert understood.ha_cf.ipfail
    assert not ha_cf(HA_CF + "ping 10.0.0.1\n").ha_cf.ipfail


def test_ipfail_without_a_ping_node_is_told():
    assert ha_cf(HA_CF + IPFAIL).warnings == [
        (
            "ha.cf:6: warning: ipfail has nothing to compare, since there is no ping node: write "
            "a line like `ping 192.168.17.1` with a router that both nodes reach"
        )
    ]


def test_another_program_of_respawn_is_told_never_to_start():
    understood = ha_cf(HA_CF + "respawn root /usr/bin/thing --of ipfail\n")
    assert not understood.ha_cf.ipfail
    assert understood.warnings == [
        (
            "ha.cf:6: warning: respawn starts no program here, so `/usr/bin/thing` will not run: "
            "run it as a container of its own (only ipfail is a part of the sidecar)"
        )
    ]


def test_respawn_needs_a_user_and_a_command():
    assert ha_cf(HA_CF + "respawn /usr/lib/heartbeat/ipfail\n").errors == [
        ("ha.cf:6: respawn: takes a user and a command: write `respawn hacluster /.../ipfail`")
    ]
