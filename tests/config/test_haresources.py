"""haresources is read as protocol section 9.3 says, with containers in place of scripts."""

import pytest

from sidecar.core.params import Address, Container, ResourceGroup
from sidecar.core.terms import NodeName, StandbyMode
from tests.config.written import groups

LINE = "masternginx 192.168.171.100/24/eth0:0 nginx\n"


def test_the_reference_line_is_an_address_and_a_container():
    found, problems = groups(LINE)
    assert problems == []
    assert found == (
        ResourceGroup(
            name="192.168.171.100/24/eth0:0",
            preferred=NodeName("masternginx"),
            resources=(
                Address(name="192.168.171.100", prefix=24, interface="eth0", label="eth0:0"),
                Container(name="nginx"),
            ),
        ),
    )


@pytest.mark.parametrize("script", ["IPaddr", "IPaddr2"])
def test_the_address_scripts_are_the_address(script):
    found, problems = groups(f"masternginx {script}::10.0.0.5/24/eth0 nginx\n")
    assert problems == []
    assert found[0].name == f"{script}::10.0.0.5/24/eth0"
    assert found[0].addresses == (Address(name="10.0.0.5", prefix=24, interface="eth0"),)


def test_an_ipv6_address_may_have_a_double_colon():
    found, problems = groups("masternginx IPv6addr::2001:db8::5/64/eth0 nginx\n")
    assert problems == []
    assert found[0].addresses == (Address(name="2001:db8::5", prefix=64, interface="eth0"),)


@pytest.mark.parametrize("mode", list(StandbyMode))
def test_a_container_may_say_how_it_stands_by(mode):
    found, problems = groups(f"masternginx 10.0.0.5/24/eth0 web-1::{mode}\n")
    assert problems == []
    assert found[0].containers == (Container(name="web-1", standby=mode),)


@pytest.mark.parametrize("name", ["apache", "db2", "ids"])
def test_a_container_may_be_named_as_a_script_of_heartbeat_is(name):
    found, problems = groups(f"masternginx 10.0.0.5/24/eth0 {name}\n")
    assert problems == []
    assert found[0].containers == (Container(name=name),)


def test_the_node_is_compared_without_regard_to_case():
    found, problems = groups(LINE.replace("masternginx", "MasterNginx"))
    assert problems == []
    assert found[0].preferred == "masternginx"


def test_a_backslash_joins_lines_and_a_hash_cuts():
    found, problems = groups(
        "# both groups\nmasternginx 10.0.0.5/24/eth0 \\\n  nginx # the page\n\n"
        "slavenginx 10.0.0.6/24/eth0 web\\\n-2\n"
    )
    assert problems == []
    assert [group.containers for group in found] == [
        (Container(name="nginx"),),
        (Container(name="web-2"),),
    ]


def test_a_problem_in_a_joined_line_names_its_first_line():
    _found, problems = groups("\nmasternginx 10.0.0.5/24/eth0 \\\n  Filesystem::/dev/sda::/mnt\n")
    assert problems == [
        (
            "haresources:2: `Filesystem::/dev/sda::/mnt` is a script of Heartbeat, which cannot "
            "run here: remove it; mount it on the host, or as a volume of the container"
        )
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            LINE.replace("masternginx", "masternginks"),
            (
                "haresources:1: `masternginks` is no node of ha.cf (masternginx, slavenginx): "
                "begin the line with the node that the group prefers; did you mean `masternginx`?"
            ),
        ),
        (
            "masternginx\n",
            (
                "haresources:1: names no resource after the node: write a line like "
                "`masternginx 192.168.171.100/24/eth0:0 nginx`"
            ),
        ),
        (
            "# nothing\n",
            (
                "haresources: holds no resource group: write a line like "
                "`masternginx 192.168.171.100/24/eth0:0 nginx`"
            ),
        ),
        (
            LINE + "slavenginx 192.168.171.100/24/eth0:0 other\n",
            (
                "haresources:2: `192.168.171.100/24/eth0:0` already begins the group of line 1: "
                "begin each group with another resource"
            ),
        ),
        (
            LINE + "slavenginx 10.0.0.5/24/eth0 nginx\n",
            (
                "haresources:2: the container nginx is already in line 1: "
                "a resource belongs to one group, once"
            ),
        ),
        (
            LINE + "slavenginx IPaddr::192.168.171.100/24/eth0 web\n",
            (
                "haresources:2: the address 192.168.171.100 is already in line 1: "
                "a resource belongs to one group, once"
            ),
        ),
        (
            "masternginx 10.0.0.5/24/eth0 nginx nginx\n",
            (
                "haresources:1: the container nginx is already in line 1: "
                "a resource belongs to one group, once"
            ),
        ),
        (
            "masternginx 10.0.0.5/24/eth0 MailTo::root@example.org\n",
            (
                "haresources:1: `MailTo::root@example.org` is a script of Heartbeat, which cannot "
                "run here: remove it; let Alertmanager send mail: the metrics tell of "
                "every takeover"
            ),
        ),
        (
            "masternginx 10.0.0.5/24/eth0 apache::/etc/httpd.conf\n",
            (
                "haresources:1: `apache::/etc/httpd.conf` is no resource: a container is written "
                "`apache`, or `apache::pause`, `apache::stop` or `apache::run` to say how it "
                "stands by; scripts of Heartbeat do not exist here"
            ),
        ),
        (
            "masternginx fd00::5/64/eth0 nginx\n",
            (
                "haresources:1: `fd00::5/64/eth0` is no resource: an IPv6 address is written "
                "`IPv6addr::fd00::5/64/eth0`"
            ),
        ),
        (
            "masternginx 10.0.0.5/24/eth0 ngi/nx\n",
            (
                "haresources:1: `ngi/nx` is neither an address nor a container's name: "
                "correct the word"
            ),
        ),
        (
            "masternginx 10.0.0.5/24 nginx\n",
            (
                "haresources:1: warning: the address 10.0.0.5 names no interface, so that the one "
                "whose subnet holds it is taken: better write it whole, like 10.0.0.5/24/eth0"
            ),
        ),
    ],
)
def test_a_fault_is_told_with_its_mend(text, problem):
    _found, problems = groups(text)
    assert problem in problems
    assert all(one.startswith(problem[: len("haresources:1:")]) for one in problems)


def test_several_faults_of_one_line_are_all_told():
    _found, problems = groups("nobody 10.0.0.999/24/eth0 LVM::vg Delay::3\n")
    assert len(problems) == 4


def test_nodes_are_not_checked_where_ha_cf_could_not_be_read():
    _found, problems = groups(LINE, nodes=())
    assert problems == []
