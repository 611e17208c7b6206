"""When each alert fires, and what looks like it and is none.

A case is a list of series over time: each is well for a minute and then, for a while, ill.
``promtool test rules`` plays it: nothing fires while all is well, nor until the alert's own
patience is over; then exactly the named alert fires, and goes when all is well again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.monitoring.alerts import ALERTS, HOUR, MINUTE, Alert
from tests.monitoring.rules import RUNBOOK, annotations
from tests.monitoring.yaml import Yaml, dump

_STEP_S: Final = 15  # coarser than a scrape, for the machine's sake
WELL_S: Final = 1 * MINUTE
_BY_NAME: Final = {alert.name: alert for alert in ALERTS}
_LOOKED_BACK_S: Final = 15 * MINUTE  # the longest window of an expression

EXTERNAL_URL: Final = "http://prometheus.example:9090"
VIP: Final = "192.168.171.100"
A: Final = 'cluster="web",instance="a:9694",job="heartbeat"'
B: Final = 'cluster="web",instance="b:9694",job="heartbeat"'
ADDRESS: Final = f'address="{VIP}"'
OUTSIDE: Final = f'probe_success{{cluster="web",{ADDRESS},job="heartbeat-address"}}'
PEER: Final = 'node="b"'
LINK: Final = f'{PEER},link="eth1"'
LAG: Final = "heartbeat_loop_lag_seconds_bucket"
ON_A: Final = {"cluster": "web", "instance": "a:9694"}
ON_A_JOB: Final = {**ON_A, "job": "heartbeat"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that happens. A value of a series is a number that stays, ``+N`` for a counter that
    grows by N a scrape, or ``_`` for a series that is not there.
    """

    what: str
    series: dict[str, tuple[str, str]]
    """By the name of each series: what it is while all is well, and then."""
    fires: str = ""
    """The alert; none where it only looks like one."""
    labels: dict[str, str] = field(default_factory=dict)
    """Those of the alert besides its severity."""
    with_it: str = ""
    """Another alert that is bound to fire too; a case of its own says how."""

    @property
    def alert(self) -> Alert | None:
        return _BY_NAME[self.fires] if self.fires else None


CASES: Final = (
    Case(
        what="the holder goes, and nobody takes over",
        series={
            f"heartbeat_address_held{{{A},{ADDRESS}}}": ("1", "0"),
            f"heartbeat_address_held{{{B},{ADDRESS}}}": ("0", "0"),
        },
        fires="HeartbeatNobodyHolds",
        labels={"cluster": "web", "address": VIP},
    ),
    Case(
        what="the address moves",
        series={
            f"heartbeat_address_held{{{A},{ADDRESS}}}": ("1", "0"),
            f"heartbeat_address_held{{{B},{ADDRESS}}}": ("0", "1"),
            OUTSIDE: ("1", "1"),
        },
    ),
    Case(
        what="both nodes take the address",
        series={
            f"heartbeat_address_held{{{A},{ADDRESS}}}": ("1", "1"),
            f"heartbeat_address_held{{{B},{ADDRESS}}}": ("0", "1"),
        },
        fires="HeartbeatTwoHold",
        labels={"cluster": "web", "address": VIP},
    ),
    Case(
        what="two pairs each hold an address of the same number",
        series={
            f"heartbeat_address_held{{{A},{ADDRESS}}}": ("1", "1"),
            f'heartbeat_address_held{{cluster="db",instance="c:9694",{ADDRESS}}}': ("1", "1"),
        },
    ),
    Case(
        what="the nodes do not hear each other",
        series={f"heartbeat_split_brain_suspected{{{A}}}": ("0", "1")},
        fires="HeartbeatSplitBrain",
        labels=ON_A_JOB,
    ),
    Case(
        what="a node holds the address, and clients do not reach it",
        series={
            f"heartbeat_address_held{{{A},{ADDRESS}}}": ("1", "1"),
            f"heartbeat_address_held{{{B},{ADDRESS}}}": ("0", "0"),
            OUTSIDE: ("1", "0"),
        },
        fires="HeartbeatUnreachable",
        labels={"cluster": "web", "address": VIP, "job": "heartbeat-address"},
    ),
    Case(
        what="clients do not reach what nobody holds: that is told by another alert",
        series={
            f"heartbeat_address_held{{{A},{ADDRESS}}}": ("1", "0"),
            f"heartbeat_address_held{{{B},{ADDRESS}}}": ("0", "0"),
            OUTSIDE: ("1", "0"),
        },
        fires="HeartbeatNobodyHolds",
        labels={"cluster": "web", "address": VIP},
    ),
    Case(
        what="one of two sidecars goes",
        series={f"up{{{A}}}": ("1", "0"), f"up{{{B}}}": ("1", "1")},
        fires="HeartbeatSidecarDown",
        labels=ON_A_JOB,
    ),
    Case(
        what="both sidecars go",
        series={f"up{{{A}}}": ("1", "0"), f"up{{{B}}}": ("1", "0")},
        fires="HeartbeatBothSidecarsDown",
        labels={"cluster": "web"},
        with_it="HeartbeatSidecarDown",
    ),
    Case(
        what="another program of the same host goes",
        series={'up{cluster="web",instance="a:9100",job="node"}': ("1", "0")},
    ),
    Case(
        what="another machine answers for the address",
        series={f"heartbeat_address_conflicts_total{{{A},{ADDRESS}}}": ("0", "+1")},
        fires="HeartbeatAddressConflict",
        labels={**ON_A, "address": VIP},
    ),
    Case(
        what="there was a conflict long ago",
        series={f"heartbeat_address_conflicts_total{{{A},{ADDRESS}}}": ("7", "7")},
    ),
    Case(
        what="the peer falls silent",
        series={
            f'heartbeat_node_status{{{A},{PEER},status="dead"}}': ("0", "1"),
            f'heartbeat_node_status{{{A},{PEER},status="active"}}': ("1", "0"),
            f"heartbeat_link_up{{{A},{LINK}}}": ("1", "0"),
        },
        fires="HeartbeatPeerLost",
        labels={**ON_A_JOB, "node": "b", "status": "dead"},
    ),
    Case(
        what="the peer starts anew",
        series={
            f'heartbeat_node_status{{{A},{PEER},status="dead"}}': ("0", "0"),
            f'heartbeat_node_status{{{A},{PEER},status="up"}}': ("0", "1"),
        },
    ),
    Case(
        what="a node could not take over",
        series={f"heartbeat_ready{{{A}}}": ("1", "0"), f"heartbeat_ready{{{B}}}": ("1", "1")},
        fires="HeartbeatNotReady",
        labels=ON_A_JOB,
    ),
    Case(
        what="one of two links is cut",
        series={
            f'heartbeat_node_status{{{A},{PEER},status="active"}}': ("1", "1"),
            f"heartbeat_link_up{{{A},{LINK}}}": ("1", "0"),
            f'heartbeat_link_up{{{A},{PEER},link="eth0"}}': ("1", "1"),
        },
        fires="HeartbeatLinkDown",
        labels={**ON_A_JOB, "node": "b", "link": "eth1"},
    ),
    Case(
        what="a node boots alone: its links are silent, and the peer is not dead before initdead",
        series={
            f'heartbeat_node_status{{{A},{PEER},status="init"}}': ("0", "1"),
            f'heartbeat_node_status{{{A},{PEER},status="active"}}': ("1", "0"),
            f'heartbeat_node_status{{{A},{PEER},status="dead"}}': ("0", "0"),
            f"heartbeat_link_up{{{A},{LINK}}}": ("1", "0"),
        },
    ),
    Case(
        what="a link carries packets from the peer only",
        series={
            f"heartbeat_link_up{{{A},{LINK}}}": ("1", "1"),
            f"heartbeat_link_heard_by_peer{{{A},{LINK}}}": ("1", "0"),
            f'heartbeat_node_status{{{A},{PEER},status="dead"}}': ("0", "0"),
        },
        fires="HeartbeatLinkOneWay",
        labels={**ON_A_JOB, "node": "b", "link": "eth1"},
    ),
    Case(
        what="a link carries packets to the peer only: its own alert is that it is dead",
        series={
            f"heartbeat_link_up{{{A},{LINK}}}": ("1", "0"),
            f"heartbeat_link_heard_by_peer{{{A},{LINK}}}": ("1", "1"),
            f'heartbeat_node_status{{{A},{PEER},status="active"}}': ("1", "1"),
        },
        fires="HeartbeatLinkDown",
        labels={**ON_A_JOB, "node": "b", "link": "eth1"},
    ),
    Case(
        what="all ping nodes are lost",
        series={
            f'heartbeat_ping_up{{{A},target="router"}}': ("1", "0"),
            f'heartbeat_ping_up{{{A},target="dns"}}': ("1", "0"),
        },
        fires="HeartbeatAllPingNodesLost",
        labels=ON_A,
    ),
    Case(
        what="one of two ping nodes is lost",
        series={
            f'heartbeat_ping_up{{{A},target="router"}}': ("1", "0"),
            f'heartbeat_ping_up{{{A},target="dns"}}': ("1", "1"),
        },
    ),
    Case(
        what="the standby cannot see the address",
        series={f"heartbeat_address_unseen{{{A},{ADDRESS}}}": ("0", "1")},
        fires="HeartbeatAddressUnseen",
        labels={**ON_A_JOB, "address": VIP},
    ),
    Case(
        what="beats come later than warntime",
        series={
            f"heartbeat_late_total{{{A},{PEER}}}": ("0", "+1"),
            f"heartbeat_close_calls_total{{{A},{PEER}}}": ("0", "0"),
        },
        fires="HeartbeatBeatsLate",
        labels={**ON_A_JOB, "node": "b"},
    ),
    Case(
        what="beats come after more than half of deadtime, and warntime is longer than that",
        series={
            f"heartbeat_late_total{{{A},{PEER}}}": ("0", "0"),
            f"heartbeat_close_calls_total{{{A},{PEER}}}": ("0", "+1"),
        },
        fires="HeartbeatBeatsLate",
        labels={**ON_A_JOB, "node": "b"},
    ),
    Case(
        what="the loop is late by more than a tenth of deadtime",
        series={
            f"heartbeat_deadtime_seconds{{{A}}}": ("1", "1"),
            f'{LAG}{{{A},le="0.05"}}': ("+50", "+50"),
            f'{LAG}{{{A},le="0.25"}}': ("+50", "+100"),
            f'{LAG}{{{A},le="+Inf"}}': ("+50", "+100"),
        },
        fires="HeartbeatLoopLag",
        labels=ON_A,
    ),
    Case(
        what="the loop is late by little, compared with deadtime",
        series={
            f"heartbeat_deadtime_seconds{{{A}}}": ("10", "10"),
            f'{LAG}{{{A},le="0.05"}}': ("+50", "+50"),
            f'{LAG}{{{A},le="0.25"}}': ("+50", "+100"),
            f'{LAG}{{{A},le="+Inf"}}': ("+50", "+100"),
        },
    ),
    Case(
        what="a group moves to and fro",
        series={f'heartbeat_flapping{{{A},group="web"}}': ("0", "1")},
        fires="HeartbeatFlapping",
        labels={**ON_A_JOB, "group": "web"},
    ),
    Case(
        what="a container fails and is restarted",
        series={f'heartbeat_service_failures_total{{{A},container="nginx"}}': ("0", "+1")},
        fires="HeartbeatServiceFailing",
        labels={**ON_A, "container": "nginx"},
    ),
    Case(
        what="the engine does not answer",
        series={
            f"heartbeat_docker_up{{{A}}}": ("1", "0"),
            f'heartbeat_service_failures_total{{{A},container="nginx"}}': ("0", "0"),
        },
        fires="HeartbeatDockerDown",
        labels=ON_A_JOB,
    ),
    Case(
        what="there is no engine, and no container either",
        series={f"heartbeat_docker_up{{{A}}}": ("0", "0")},
    ),
    Case(
        what="another program removes the address",
        series={f"heartbeat_address_lost_total{{{A},{ADDRESS}}}": ("0", "+1")},
        fires="HeartbeatAddressRemoved",
        labels={**ON_A, "address": VIP},
    ),
    Case(
        what="the keys differ",
        series={
            f'heartbeat_packets_rejected_total{{{A},link="eth1",reason="bad_auth"}}': ("0", "+5"),
            f'heartbeat_packets_rejected_total{{{A},link="eth1",reason="replay"}}': ("9", "9"),
        },
        fires="HeartbeatPacketsRejected",
        labels={**ON_A, "link": "eth1", "reason": "bad_auth"},
    ),
    Case(
        what="the peer has other files",
        series={f"heartbeat_config_matches{{{A},{PEER}}}": ("1", "0")},
        fires="HeartbeatConfigurationsDiffer",
        labels={**ON_A_JOB, "node": "b"},
    ),
    Case(
        what="the peer is a real Heartbeat node, which says nothing of its files",
        series={f"heartbeat_config_matches{{{A},{PEER}}}": ("1", "_")},
    ),
    Case(
        what="the peer's clock is behind",
        series={f"heartbeat_clock_offset_seconds{{{A},{PEER}}}": ("0", "-6")},
        fires="HeartbeatClocksDiffer",
        labels={**ON_A_JOB, "node": "b"},
    ),
    Case(
        what="the clocks differ by less than they are read",
        series={f"heartbeat_clock_offset_seconds{{{A},{PEER}}}": ("0", "1")},
    ),
    Case(
        what="the files are refused at a reload",
        series={f"heartbeat_config_reload_successful{{{A}}}": ("1", "0")},
        fires="HeartbeatReloadFailed",
        labels=ON_A_JOB,
    ),
    Case(
        what="a node takes over",
        series={f'heartbeat_takeovers_total{{{A},reason="peer_dead"}}': ("0", "+1")},
        fires="HeartbeatTakeover",
        labels={**ON_A, "reason": "peer_dead"},
    ),
    Case(
        what="a node starts and takes what is its own",
        series={f'heartbeat_takeovers_total{{{A},reason="start"}}': ("0", "+1")},
    ),
    Case(
        what="maintenance is forgotten",
        series={f"heartbeat_maintenance{{{A}}}": ("0", "1")},
        fires="HeartbeatMaintenanceLong",
        labels=ON_A_JOB,
    ),
)


def played_file(rules: str, cases: Sequence[Case] = CASES) -> str:
    """The whole file for ``promtool test rules``; ``rules`` is the rule file, seen from there."""
    return dump(
        {
            "rule_files": [rules],
            "evaluation_interval": f"{_STEP_S}s",
            "tests": [_test(case) for case in cases],
        }
    )


def _test(case: Case) -> Yaml:
    patience_s = case.alert.for_s if case.alert else 0
    every_s = MINUTE if patience_s >= HOUR else _STEP_S
    ill_s = patience_s + MINUTE
    counts = any(ill.startswith("+") for _, ill in case.series.values())
    after_s = (_LOOKED_BACK_S if counts else 0) + 4 * every_s
    patient = [WELL_S + patience_s - every_s] if patience_s else []
    # A rate needs some time to grow beyond its limit.
    fired_s = WELL_S + ill_s - every_s
    expected = {fired_s: case.alert}
    moments = (WELL_S - every_s, *patient, fired_s, WELL_S + ill_s + after_s)
    return {
        "name": case.what,
        "external_url": EXTERNAL_URL,
        "interval": f"{every_s}s",
        "input_series": [
            {"series": series, "values": _values(well, ill, every_s, ill_s, after_s)}
            for series, (well, ill) in case.series.items()
        ],
        "alert_rule_test": [
            _look(moment, alert, case, expected.get(moment))
            for alert in ALERTS
            for moment in moments
            if alert.name != case.with_it
        ],
    }


def _look(moment_s: int, alert: Alert, case: Case, fires: Alert | None) -> Yaml:
    look: dict[str, Yaml] = {"eval_time": f"{moment_s}s", "alertname": alert.name}
    if fires is alert:
        labels = {"severity": alert.severity, **case.labels}
        expected = {"exp_labels": labels, "exp_annotations": _filled(alert, labels)}
        look["exp_alerts"] = [expected]
    return look


def _filled(alert: Alert, labels: dict[str, str]) -> dict[str, str]:
    """The annotations as the rule's templates give them."""
    texts = annotations(alert, RUNBOOK.replace("{{ $externalURL }}", EXTERNAL_URL))
    for name, value in labels.items():
        texts = {
            key: text.replace(f"{{{{ $labels.{name} }}}}", value) for key, text in texts.items()
        }
    return texts


def _values(well: str, ill: str, every_s: int, ill_s: int, after_s: int) -> str:
    """In promtool's notation. The first value is at 0 s, each step is one scrape."""
    before, during = WELL_S // every_s, ill_s // every_s
    after = after_s // every_s + 2
    end = _grown(well, 0, before)
    middle = _grown(ill, end, during)
    return " ".join(
        (
            _run(well, 0, before),
            _run(ill, end, during),
            # A counter keeps what it has, anything else is well again.
            _run(str(middle) if ill.startswith("+") else well, middle, after),
        )
    )


def _grown(value: str, start: int, steps: int) -> int:
    return start + int(value) * steps if value.startswith("+") else start


def _run(value: str, start: int, steps: int) -> str:
    if value.startswith("+"):
        return f"{start + int(value)}{value}x{steps - 1}"
    return f"{value}x{steps - 1}"
