"""The table of directives and the parser say the same."""

import re

import pytest

from sidecar.config.directives import DIRECTIVES, Directive, Kind, Standing
from tests.config.written import HA_CF, ha_cf, without

# One good value for each; WORDS and LINE take anything that is no fault of its own.
GOOD = {
    "node": "masternginx slavenginx",
    "keepalive": "2",
    "deadtime": "30",
    "warntime": "10",
    "initdead": "60",
    "deadping": "20",
    "auto_failback": "off",
    "msgfmt": "netstring",
    "ucast": "eth1 192.168.17.51",
    "ucast6": "eth1 fd00::2",
    "mcast": "eth1 239.0.0.43 694 1 0",
    "mcast6": "eth1 ff12::43 694 1 0",
    "serial": "/dev/ttyS0 /dev/ttyS1",
    "baud": "115200",
    "ping": "192.168.17.1 192.168.17.2",
    "ping6": "fd00::1",
    "ping_group": "routers 192.168.17.3 192.168.17.4",
    "respawn": "hacluster /usr/lib64/heartbeat/ipfail",
    "rtprio": "50",
}
GOOD_OF_KIND = {
    Kind.TIME: "60",
    Kind.BOOLEAN: "yes",
    Kind.INTEGER: "100",
    Kind.WORD: "word",
    Kind.WORDS: "one two",
    Kind.LINE: "one two",
}
BAD_OF_KIND = {Kind.TIME: "3s", Kind.BOOLEAN: "maybe", Kind.INTEGER: "1.5"}
# All that protocol section 9.1 names, so that none is forgotten.
OF_HEARTBEAT = re.findall(
    r"\w+",
    "node keepalive deadtime warntime initdead deadping udpport baud hopfudge auto_failback "
    "nice_failback cluster quorum_server logfacility logfile debugfile use_logd "
    "conn_logd_time syslogmsgfmt debug log_badpack msgfmt compression compression_threshold "
    "traditional_compression max_rexmit_delay hbgenmethod uuidfrom autojoin watchdog realtime "
    "rtprio coredumps coreroot memreserve normalpoll use_apphbd respawn failfast apiauth "
    "stonith stonith_host crm pacemaker crm_daemon_dir crmd_spawns_pengine "
    "enable_config_writes env serial bcast ucast mcast ucast6 mcast6 ping ping6 ping_group "
    "udp ",
)


def line_of(directive: Directive, value: str | None = None) -> str:
    good = GOOD.get(directive.name, GOOD_OF_KIND[directive.kind])
    return f"{directive.name} {value or good}\n"


def named(standing: Standing):
    rows = [row for row in DIRECTIVES if row.standing is standing]
    return pytest.mark.parametrize("directive", rows, ids=lambda row: row.name)


def test_every_directive_of_heartbeat_is_in_the_table_once():
    names = [row.name for row in DIRECTIVES]
    assert len(names) == len(set(names))
    assert set(OF_HEARTBEAT) <= set(names)


def test_every_row_says_what_the_directive_does_here():
    assert [row.name for row in DIRECTIVES if not row.here or not row.syntax] == []


@named(Standing.IMPLEMENTED)
def test_an_implemented_directive_is_accepted_silently(directive):
    ping = "" if directive.name == "ping" else "ping 192.168.17.9\n"
    understood = ha_cf(line_of(directive) + without(directive.name) + ping)
    assert understood.problems.all == ()


@named(Standing.NO_EFFECT)
def test_a_directive_without_effect_is_a_note_with_the_reason(directive):
    understood = ha_cf(HA_CF + line_of(directive))
    assert understood.errors == understood.warnings == []
    assert understood.notes == [
        f"ha.cf:6: note: {directive.name} has no effect here: {directive.here}"
    ]


@named(Standing.REFUSED)
def test_a_refused_directive_is_an_error_with_the_way_out(directive):
    (error,) = ha_cf(HA_CF + line_of(directive)).errors
    assert error.startswith(f"ha.cf:6: `{directive.name}")
    assert error.endswith(f"is not supported: {directive.here}")


@named(Standing.REFUSED)
def test_a_refused_directive_that_asks_for_nothing_is_accepted(directive):
    for value in directive.harmless:
        assert ha_cf(HA_CF + line_of(directive, value)).problems.all == ()


@pytest.mark.parametrize(
    "directive", [row for row in DIRECTIVES if row.kind in BAD_OF_KIND], ids=lambda row: row.name
)
def test_a_value_of_the_wrong_kind_is_an_error_wherever_it_stands(directive):
    errors = ha_cf(line_of(directive, BAD_OF_KIND[directive.kind]) + HA_CF).errors
    assert [error for error in errors if error.startswith(f"ha.cf:1: {directive.name}: ")]
