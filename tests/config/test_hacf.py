"""ha.cf is read as ha.cf(5) and protocol section 9.1 say."""

import pytest

from sidecar.core.terms import SECOND, AutoFailback
from tests.config.written import HA_CF, ha_cf, without


def test_the_smallest_useful_file_has_no_problem():
    understood = ha_cf(HA_CF)
    assert understood.problems.all == ()
    assert understood.ha_cf.pair is not None
    assert understood.ha_cf.pair.node == "masternginx"
    assert understood.ha_cf.pair.peer == "slavenginx"


def test_options_are_separated_by_blanks_tabs_or_commas():
    text = without("node") + "node\tmasternginx,\tslavenginx\n"
    understood = ha_cf(text)
    assert understood.errors == []
    assert understood.ha_cf.pair is not None
    assert understood.ha_cf.pair.nodes == ("masternginx", "slavenginx")


def test_a_hash_cuts_the_rest_of_a_line():
    text = without("deadtime") + "deadtime 20# not 30\n  # keepalive 9\n"
    timing = ha_cf(text).ha_cf.timing
    assert timing is not None
    assert timing.deadtime_ns == 20 * SECOND
    assert timing.keepalive_ns == 2 * SECOND


def test_every_fault_is_told_not_only_the_first():
    understood = ha_cf("keepalive x\nnodes a b\nucast eth1\ndeadtime 3s\n")
    lines = [error.split(":")[1] for error in understood.errors]
    assert lines[:4] == ["1", "2", "3", "4"]


def test_an_unknown_directive_is_an_error_with_a_suggestion():
    assert ha_cf(HA_CF + "keepalife 2\n").errors == [
        "ha.cf:6: `keepalife` is no directive of Heartbeat 3.0.6; did you mean `keepalive`?"
    ]


def test_directive_names_are_case_sensitive():
    assert ha_cf(HA_CF + "Logfile /x\n").errors == [
        "ha.cf:6: `Logfile` is no directive of Heartbeat 3.0.6; did you mean `logfile`?"
    ]


def test_a_directive_like_no_other_gets_no_suggestion():
    assert ha_cf(HA_CF + "zzzz 2\n").errors == [
        "ha.cf:6: `zzzz` is no directive of Heartbeat 3.0.6: correct or remove the line"
    ]


def test_an_equals_sign_is_told_as_such():
    assert ha_cf(HA_CF + "initdead=60\n").errors == [
        "ha.cf:6: `initdead=60` has an equals sign: write `initdead 60`"
    ]


def test_a_directive_without_a_value_is_an_error():
    assert ha_cf(HA_CF + "initdead\n").errors == [
        "ha.cf:6: initdead has no value: write it like `initdead TIME`"
    ]


def test_two_values_where_one_is_meant_are_an_error():
    assert ha_cf(HA_CF + "initdead 500 ms\n").errors == [
        "ha.cf:6: initdead: `500 ms` is more than one value: write it like `initdead TIME`"
    ]


def test_a_repeated_directive_is_told_and_the_later_one_counts():
    understood = ha_cf(HA_CF + "keepalive 1\n")
    assert understood.warnings == [
        (
            "ha.cf:6: warning: keepalive is already given in line 1; "
            "the later line counts: remove one of the two"
        )
    ]
    assert understood.ha_cf.timing is not None
    assert understood.ha_cf.timing.keepalive_ns == SECOND


def test_without_auto_failback_legacy_holds_and_is_told():
    understood = ha_cf(without("auto_failback"))
    assert understood.ha_cf.auto_failback is AutoFailback.LEGACY
    assert understood.warnings == [
        (
            "ha.cf: warning: has no auto_failback line, so that `legacy` holds, as with Heartbeat: "
            "write `auto_failback on` or `off` on both nodes"
        )
    ]


@pytest.mark.parametrize(
    ("word", "failback"),
    [
        ("on", AutoFailback.ON),
        ("Yes", AutoFailback.ON),
        ("off", AutoFailback.OFF),
        ("FALSE", AutoFailback.OFF),
        ("0", AutoFailback.OFF),
        ("legacy", AutoFailback.LEGACY),
    ],
)
def test_auto_failback_takes_any_word_of_truth(word, failback):
    understood = ha_cf(without("auto_failback") + f"auto_failback {word}\n")
    assert understood.problems.all == ()
    assert understood.ha_cf.auto_failback is failback


def test_msgfmt_netstring_leaves_out_the_inner_signature():
    assert ha_cf(HA_CF).ha_cf.inner_auth
    assert not ha_cf(HA_CF + "msgfmt netstring\n").ha_cf.inner_auth
    assert ha_cf(HA_CF + "msgfmt xml\n").errors == [
        "ha.cf:6: msgfmt: `xml` is unknown: write `classic` or `netstring`"
    ]


@pytest.mark.parametrize(
    ("lines", "priority"),
    [("", 1), ("rtprio 7\n", 7), ("realtime off\n", 0), ("rtprio 7\nrealtime no\n", 0)],
)
def test_real_time_scheduling_is_asked_for_unless_it_is_off(lines: str, priority: int):
    assert ha_cf(HA_CF + lines).ha_cf.realtime_priority == priority


def test_hopfudge_is_from_0_to_255():
    assert ha_cf(HA_CF + "hopfudge 3\n").ha_cf.hopfudge == 3
    assert ha_cf(HA_CF + "hopfudge 256\n").errors == [
        "ha.cf:6: hopfudge: `256` is no whole number from 0 to 255: write one of these"
    ]


def test_a_cluster_manager_is_refused_with_the_way_out():
    assert ha_cf(HA_CF + "crm on\n").errors == [
        (
            "ha.cf:6: `crm on` is not supported: a cluster resource manager would decide in place "
            "of haresources: write `crm off`, and the groups into haresources"
        )
    ]
    assert ha_cf(HA_CF + "crm off\n").problems.all == ()


def test_fencing_is_refused_with_the_way_out():
    """And without the password that stands behind it."""
    assert ha_cf(HA_CF + "stonith_host * apcmaster 10.0.0.3 admin hunter2\n").errors == [
        (
            "ha.cf:6: `stonith_host` is not supported: the sidecar does not switch machines off: "
            "remove the line; an address is a lease that the kernel ends by itself on a node that "
            "dies or hangs"
        )
    ]


def test_node_names_are_lower_cased():
    understood = ha_cf(without("node") + "node MasterNginx SLAVENGINX\n", own="MASTERNGINX")
    assert understood.errors == []
    assert understood.ha_cf.pair is not None
    assert understood.ha_cf.pair.nodes == ("masternginx", "slavenginx")


def test_a_node_that_is_not_named_says_who_it_is():
    assert ha_cf(HA_CF, own="web3").errors == [
        (
            "ha.cf:5: this node is `web3`, but the nodes are masternginx and slavenginx: correct "
            "the node lines, or set SIDECAR_NODE (or --node) to one of the two"
        )
    ]


def test_two_nodes_of_one_name_are_an_error():
    understood = ha_cf(without("node") + "node masternginx\nnode MASTERNGINX\n")
    assert understood.errors == [
        (
            "ha.cf:6: node masternginx is already named in line 5: write the other node's name, "
            "as `uname -n` says it there"
        ),
        (
            "ha.cf:5: masternginx is the only node: write a second `node` line with the other "
            "one's name"
        ),
    ]


def test_three_nodes_are_refused():
    assert ha_cf(HA_CF + "node third\n").errors == [
        (
            "ha.cf:6: 3 nodes are named (masternginx, slavenginx, third), but the sidecar works "
            "for exactly two: remove the others"
        )
    ]


def test_no_node_is_an_error():
    assert ha_cf(without("node")).errors == [
        "ha.cf: names no node: write two `node` lines, each with a node's `uname -n`"
    ]


def test_a_name_that_no_host_can_have_is_an_error():
    errors = ha_cf(HA_CF + "node a/b\n").errors
    assert errors == ["ha.cf:6: `a/b` is no host name: write what `uname -n` says on that node"]
