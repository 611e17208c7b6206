"""Every alert, once. Out of it come Prometheus' rules and Grafana's own alerts.

An expression returns a series for each thing that is wrong, and nothing when all is well. What
concerns both nodes is summed by ``cluster``, the label that the scrape gives to a pair, so that one
Prometheus may watch many pairs. Times are seconds; an alert waits for two scrapes at least, unless
it counts what has happened.
"""

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["critical", "warning", "info"]
"""critical: clients feel it, or soon may. warning: redundancy is less. info: worth knowing."""

EVERY_S: Final = 5
"""How often the nodes are scraped and the rules evaluated."""
MINUTE: Final = 60
HOUR: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    name: str
    severity: Severity
    expr: str
    for_s: int = 0
    """How long it must be so."""
    summary: str
    description: str

    @property
    def anchor(self) -> str:
        """Its section of the runbook."""
        return self.name.lower()


_PAIR: Final = "cluster, address"
_NODE: Final = "cluster, instance"


def _moved(metric: str, window: str, *, by: str) -> str:
    return f"sum by ({by}) (increase({metric}[{window}])) > 0"


ALERTS: Final = (
    # --- clients feel it -------------------------------------------------------------------------
    Alert(
        name="HeartbeatNobodyHolds",
        severity="critical",
        expr=f"sum by ({_PAIR}) (heartbeat_address_held) == 0",
        for_s=15,
        summary="Nobody holds {{ $labels.address }}",
        description=(
            "No node that answers holds {{ $labels.address }}: it is served by nobody, unless by a "
            "node that cannot be scraped (HeartbeatSidecarDown)."
        ),
    ),
    Alert(
        name="HeartbeatTwoHold",
        severity="critical",
        expr=f"sum by ({_PAIR}) (heartbeat_address_held) > 1",
        # A move between the scrapes of both nodes looks like two holders for one scrape.
        for_s=15,
        summary="Two nodes hold {{ $labels.address }}",
        description="Both nodes have {{ $labels.address }}; each client reaches one of them.",
    ),
    Alert(
        name="HeartbeatSplitBrain",
        severity="critical",
        expr="heartbeat_split_brain_suspected == 1",
        summary="{{ $labels.instance }} suspects a split brain",
        description=(
            "{{ $labels.instance }} holds what its silent peer may hold too, or wants what still "
            "answers from another machine: the nodes do not hear each other."
        ),
    ),
    Alert(
        name="HeartbeatUnreachable",
        severity="critical",
        expr=(
            f'probe_success{{job="heartbeat-address"}} == 0 '
            f"and on ({_PAIR}) sum by ({_PAIR}) (heartbeat_address_held) == 1"
        ),
        for_s=15,
        summary="{{ $labels.address }} is held, and does not answer from outside",
        description=(
            "One node says that it holds {{ $labels.address }}, but a request from the monitoring "
            "host fails: look at the service, its firewall, the switch and the router."
        ),
    ),
    Alert(
        name="HeartbeatBothSidecarsDown",
        severity="critical",
        expr='sum by (cluster) (up{job="heartbeat"}) == 0',
        for_s=15,
        summary="No sidecar of {{ $labels.cluster }} answers",
        description=(
            "Neither node of {{ $labels.cluster }} can be scraped: both are down, or the "
            "monitoring host is cut off."
        ),
    ),
    Alert(
        name="HeartbeatAddressConflict",
        severity="critical",
        expr=_moved("heartbeat_address_conflicts_total", "5m", by=f"{_NODE}, address"),
        summary="Another machine uses {{ $labels.address }}",
        description=(
            "{{ $labels.instance }} holds {{ $labels.address }} and saw another machine "
            "answer for it within the last five minutes."
        ),
    ),
    # --- redundancy is less ----------------------------------------------------------------------
    Alert(
        name="HeartbeatSidecarDown",
        severity="warning",
        expr='up{job="heartbeat"} == 0',
        # No longer than HeartbeatPeerLost, which says nothing more and is silenced by this.
        for_s=15,
        summary="The sidecar on {{ $labels.instance }} does not answer",
        description=(
            "{{ $labels.instance }} cannot be scraped. If it is down, what it held is the other "
            "node's; if only its port is closed to the monitoring host, it goes on."
        ),
    ),
    Alert(
        name="HeartbeatPeerLost",
        severity="warning",
        expr='heartbeat_node_status{status="dead"} == 1',
        for_s=15,
        summary="{{ $labels.node }} is dead",
        description=(
            "{{ $labels.instance }} has not heard {{ $labels.node }} on any link for its "
            "deadtime, or {{ $labels.node }} was shut down: nobody could take over."
        ),
    ),
    Alert(
        name="HeartbeatNotReady",
        severity="warning",
        expr="heartbeat_ready == 0",
        for_s=MINUTE,
        summary="{{ $labels.instance }} could not take over",
        description="{{ $labels.instance }} is not ready to serve; its /readyz says why.",
    ),
    Alert(
        name="HeartbeatLinkDown",
        severity="warning",
        expr=(
            "heartbeat_link_up == 0 and on (cluster, instance, node) "
            'heartbeat_node_status{status=~"up|active"} == 1'
        ),
        for_s=30,
        summary="The link {{ $labels.link }} to {{ $labels.node }} is dead",
        description=(
            "{{ $labels.instance }} hears {{ $labels.node }}, but not on {{ $labels.link }}: one "
            "more loss may cut the nodes off from each other."
        ),
    ),
    Alert(
        name="HeartbeatLinkOneWay",
        severity="warning",
        expr="heartbeat_link_heard_by_peer == 0 and heartbeat_link_up == 1",
        for_s=30,
        summary="The link {{ $labels.link }} to {{ $labels.node }} carries one way only",
        description=(
            "{{ $labels.instance }} hears {{ $labels.node }} on {{ $labels.link }}, and "
            "{{ $labels.node }} does not hear {{ $labels.instance }} there: mostly a firewall."
        ),
    ),
    Alert(
        name="HeartbeatAllPingNodesLost",
        severity="warning",
        expr=f"max by ({_NODE}) (heartbeat_ping_up) == 0",
        for_s=30,
        summary="{{ $labels.instance }} sees no ping node",
        description="No ping node answers {{ $labels.instance }}: it may be cut off.",
    ),
    Alert(
        name="HeartbeatAddressUnseen",
        severity="warning",
        expr="heartbeat_address_unseen == 1",
        for_s=30,
        summary="{{ $labels.address }} is not seen on the service network",
        description=(
            "The node that stands by hears the holder, but cannot see {{ $labels.address }} on the "
            "service network: one of the two is cut off there."
        ),
    ),
    Alert(
        name="HeartbeatBeatsLate",
        severity="warning",
        expr=(
            "increase(heartbeat_late_total[15m]) > 0 "
            "or increase(heartbeat_close_calls_total[15m]) > 0"
        ),
        summary="Heartbeats of {{ $labels.node }} come late",
        description=(
            "{{ $labels.instance }} waited for a beat of {{ $labels.node }} longer than warntime "
            "or half of deadtime: a little more would have been a takeover."
        ),
    ),
    Alert(
        name="HeartbeatLoopLag",
        severity="warning",
        expr=(
            f"histogram_quantile(0.99, sum by ({_NODE}, le) "
            "(rate(heartbeat_loop_lag_seconds_bucket[5m]))) "
            f"> on ({_NODE}) clamp_max(0.1 * heartbeat_deadtime_seconds, 0.25)"
        ),
        for_s=MINUTE,
        summary="The sidecar on {{ $labels.instance }} gets too little time",
        description=(
            "One timer in a hundred on {{ $labels.instance }} is late by more than a tenth of "
            "deadtime (or 250 ms): its beats may be missed."
        ),
    ),
    Alert(
        name="HeartbeatFlapping",
        severity="warning",
        expr="heartbeat_flapping == 1",
        summary="{{ $labels.group }} moves too often",
        description=(
            "{{ $labels.group }} has moved so often that {{ $labels.instance }} withholds further "
            "moves; each of them was an outage."
        ),
    ),
    Alert(
        name="HeartbeatServiceFailing",
        severity="warning",
        expr=_moved("heartbeat_service_failures_total", "15m", by=f"{_NODE}, container"),
        summary="{{ $labels.container }} on {{ $labels.instance }} fails and is restarted",
        description=(
            "{{ $labels.container }} failed while it had to serve on {{ $labels.instance }}: it "
            "was restarted, or handed over when its restarts were used up."
        ),
    ),
    Alert(
        name="HeartbeatDockerDown",
        severity="warning",
        # A pair that moves addresses alone needs no engine.
        expr=(
            f"heartbeat_docker_up == 0 and on ({_NODE}) "
            f"count by ({_NODE}) (heartbeat_service_failures_total) > 0"
        ),
        for_s=MINUTE,
        summary="The Docker engine on {{ $labels.instance }} does not answer",
        description=(
            "The service may well go on, but {{ $labels.instance }} can neither start nor mend it."
        ),
    ),
    Alert(
        name="HeartbeatAddressRemoved",
        severity="warning",
        expr=_moved("heartbeat_address_lost_total", "5m", by=f"{_NODE}, address"),
        summary="{{ $labels.address }} was taken from {{ $labels.instance }}",
        description=(
            "{{ $labels.address }} went from {{ $labels.instance }} while it was held, and was put "
            "back: another program manages the addresses of this host."
        ),
    ),
    Alert(
        name="HeartbeatPacketsRejected",
        severity="warning",
        expr=(
            f"sum by ({_NODE}, link, reason) (increase(heartbeat_packets_rejected_total[5m])) > 3"
        ),
        summary="{{ $labels.instance }} refuses packets on {{ $labels.link }}",
        description=(
            "Packets on {{ $labels.link }} are refused: {{ $labels.reason }}. After bad_auth or "
            "unknown_key the keys differ; otherwise somebody else speaks there."
        ),
    ),
    Alert(
        name="HeartbeatConfigurationsDiffer",
        severity="warning",
        expr="heartbeat_config_matches == 0",
        for_s=MINUTE,
        summary="{{ $labels.node }} has another configuration",
        description=(
            "The ha.cf or haresources of {{ $labels.instance }} and {{ $labels.node }} say "
            "different things: a group that only one of them knows does not move."
        ),
    ),
    Alert(
        name="HeartbeatClocksDiffer",
        severity="info",
        expr="abs(heartbeat_clock_offset_seconds) > 5",
        for_s=MINUTE,
        summary="The clocks of {{ $labels.instance }} and {{ $labels.node }} differ",
        description=(
            "Nothing is decided by the clock, but the logs of both nodes cannot be read together, "
            "and a generation that is made from a clock set back is refused as old."
        ),
    ),
    Alert(
        name="HeartbeatReloadFailed",
        severity="warning",
        expr="heartbeat_config_reload_successful == 0",
        summary="{{ $labels.instance }} refused its configuration",
        description=(
            "The files were wrong when {{ $labels.instance }} last read them: it goes on with what "
            "it had, and would not start again."
        ),
    ),
    # --- worth knowing ---------------------------------------------------------------------------
    Alert(
        name="HeartbeatTakeover",
        severity="info",
        expr=_moved('heartbeat_takeovers_total{reason!="start"}', "5m", by=f"{_NODE}, reason"),
        summary="{{ $labels.instance }} took over: {{ $labels.reason }}",
        description="A group moved to {{ $labels.instance }} within the last five minutes.",
    ),
    Alert(
        name="HeartbeatMaintenanceLong",
        severity="info",
        expr="heartbeat_maintenance == 1",
        for_s=2 * HOUR,
        summary="{{ $labels.instance }} has been in maintenance for two hours",
        description="While it lasts nothing moves by itself, not even when a node dies.",
    ),
)
