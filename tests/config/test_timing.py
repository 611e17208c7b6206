"""The timers of ha.cf: kinds of times, defaults, relations, and the lease that follows."""

import pytest

from sidecar.config.timing import LEASE_GRAIN_NS, lease_excess_ns, lease_s
from sidecar.config.values import BadValue, parse_time, say_time
from sidecar.core.terms import MILLISECOND, SECOND
from tests.config.written import HA_CF, ha_cf, without

LINK_AND_NODES = without("keepalive", without("deadtime"))


@pytest.mark.parametrize(
    ("written", "time_ns"),
    [
        ("2", 2 * SECOND),
        ("0.5", 500 * MILLISECOND),
        (".25", 250 * MILLISECOND),
        ("1.", SECOND),
        ("500ms", 500 * MILLISECOND),
        ("1500msec", 1500 * MILLISECOND),
        ("500MS", 500 * MILLISECOND),
        ("2000us", 2 * MILLISECOND),
        ("2000usec", 2 * MILLISECOND),
        ("1400us", 1 * MILLISECOND),
        ("0.0001", 0),
        ("030", 30 * SECOND),
    ],
)
def test_a_time_is_seconds_or_has_a_unit_and_is_rounded_to_milliseconds(written, time_ns):
    assert parse_time(written) == time_ns


@pytest.mark.parametrize(
    "written", ["", "x", "-1", "1e3", "1,5", "1.2.3", ".", "m", "5m", "1h", "10 ms", "٣", "9" * 400]
)
def test_what_is_no_time_is_refused(written):
    with pytest.raises(BadValue):
        parse_time(written)


def test_seconds_with_a_unit_are_refused_as_heartbeat_does():
    assert ha_cf(HA_CF + "initdead 60s\n").errors == [
        (
            "ha.cf:6: initdead: `60s` is no time: seconds have no unit in ha.cf, write 60 "
            "(a Heartbeat node refuses `s` too)"
        )
    ]


def test_an_unknown_unit_is_told():
    assert ha_cf(HA_CF + "initdead 2min\n").errors == [
        (
            "ha.cf:6: initdead: `2min` has the unknown unit `min`: write seconds without a unit, "
            "or use `ms` or `us`"
        )
    ]


@pytest.mark.parametrize(
    ("time_ns", "said"),
    [(30 * SECOND, "30 s"), (250 * MILLISECOND, "0.25 s"), (100 * SECOND, "100 s"), (0, "0 s")],
)
def test_times_are_said_without_needless_zeros(time_ns, said):
    assert say_time(time_ns) == said


def test_without_any_timer_the_defaults_of_heartbeat_hold():
    timing = ha_cf(LINK_AND_NODES).ha_cf.timing
    assert timing is not None
    assert timing.keepalive_ns == 1 * SECOND
    assert timing.deadtime_ns == 30 * SECOND
    assert timing.warntime_ns == 15 * SECOND
    assert timing.initdead_ns == 30 * SECOND


@pytest.mark.parametrize(
    ("deadtime", "initdead_s"),
    [("5.9", 12), ("6", 12), ("8", 16), ("10", 20), ("10.5", 10.5), ("60", 60)],
)
def test_initdead_follows_from_deadtime(deadtime, initdead_s):
    timing = ha_cf(LINK_AND_NODES + f"deadtime {deadtime}\n").ha_cf.timing
    assert timing is not None
    assert timing.initdead_ns == int(initdead_s * SECOND)


@pytest.mark.parametrize(
    ("deadtime_s", "keepalive_s", "lease"),
    [
        *[(0.5, 0.1, 1), (1, 0.2, 1), (1.5, 0.1, 1), (2, 0.6, 1), (2, 0.9, 1)],
        *[(3, 1, 1), (3, 0.5, 2), (5, 1, 3), (6, 1, 4), (30, 2, 5), (300, 1, 5)],
    ],
)
def test_the_lease_of_the_last_renewal_is_over_by_deadtime(deadtime_s, keepalive_s, lease):
    deadtime_ns, keepalive_ns = int(deadtime_s * SECOND), int(keepalive_s * SECOND)
    assert lease_s(deadtime_ns, keepalive_ns) == lease
    over_ns = keepalive_ns + lease * SECOND + LEASE_GRAIN_NS
    assert lease_excess_ns(deadtime_ns, keepalive_ns) == max(0, over_ns - deadtime_ns)
    assert lease == 1 or over_ns <= deadtime_ns


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            "keepalive 15\ndeadtime 30\n",
            (
                "ha.cf:5: deadtime 30 s must be more than twice keepalive 15 s: "
                "write a deadtime over 30 s or a keepalive under 15 s"
            ),
        ),
        (
            "keepalive 20\n",
            (
                "ha.cf:4: deadtime 30 s must be more than twice keepalive 20 s: "
                "write a deadtime over 40 s or a keepalive under 15 s"
            ),
        ),
        (
            "deadtime 30\nwarntime 30\n",
            (
                "ha.cf:5: warntime 30 s must be less than deadtime 30 s: "
                "write 15, or leave the line out"
            ),
        ),
        (
            "deadtime 30\ninitdead 20\n",
            (
                "ha.cf:5: initdead 20 s must not be less than deadtime 30 s: "
                "write a longer initdead, or leave the line out"
            ),
        ),
        ("keepalive 0\n", "ha.cf:4: keepalive must be more than 0: write a longer time"),
        ("warntime 0.0001\n", "ha.cf:4: warntime must be more than 0: write a longer time"),
    ],
)
def test_timers_that_cannot_work_together_are_told_with_figures(lines, problem):
    understood = ha_cf(LINK_AND_NODES + lines)
    assert understood.errors == [problem]
    assert understood.ha_cf.timing is None


@pytest.mark.parametrize(
    ("lines", "warning"),
    [
        (
            "keepalive 200ms\ndeadtime 0.5\n",
            (
                "ha.cf:5: warning: deadtime 0.5 s is less than keepalive 0.2 s + 1.4 s, after "
                "which the kernel has surely ended the shortest lease there is (1 s, up to 0.4 s "
                "late): a node that hangs may keep its addresses for up to 1.1 s after deadtime, "
                "and a sidecar waits for as long as they answer, but a Heartbeat node does not: a "
                "deadtime of 1.6 s leaves no such gap"
            ),
        ),
        (
            "keepalive 10ms\nwarntime 1.96\ndeadtime 2\n",
            (
                "ha.cf:5: warning: between warntime 1.96 s and deadtime 2 s are only 0.04 s, and "
                "to look for the owner of an address takes 0.05 s: a takeover comes that much "
                "after deadtime; write a warntime of at most 1.95"
            ),
        ),
        (
            "deadtime 20\ndeadping 30\n",
            (
                "ha.cf:5: warning: deadping 30 s is longer than deadtime 20 s: a node that is cut "
                "off from everything keeps its addresses for 10 s after the other node has taken "
                "them; write a deadping under 20"
            ),
        ),
        (
            "keepalive 2\nwarntime 2\n",
            (
                "ha.cf:5: warning: warntime 2 s is not longer than keepalive 2 s, so every "
                "heartbeat counts as late: write a warntime of two or three keepalives"
            ),
        ),
        (
            "deadtime 5\ninitdead 5\n",
            (
                "ha.cf:5: warning: initdead 5 s is less than 10 s: after a power cut the node that "
                "boots first may not wait for the other one"
            ),
        ),
    ],
)
def test_doubtful_timers_are_accepted_and_told(lines, warning):
    understood = ha_cf(LINK_AND_NODES + lines)
    assert understood.errors == []
    assert understood.warnings == [warning]
    assert understood.ha_cf.timing is not None


def test_no_warntime_is_advised_that_would_not_do():
    understood = ha_cf(LINK_AND_NODES + "keepalive 20ms\ninitdead 10\ndeadtime 60ms\n")
    assert understood.errors == []
    assert understood.warnings[-1].endswith("after deadtime; write a longer deadtime")
