"""The pair at a glance: who holds what, the links between the nodes, and their hosts."""

from typing import Final

from tests.monitoring.panels import (
    HERE,
    HOLDERS,
    NO,
    YES,
    Dashboard,
    Panel,
    counted,
    of_pair,
    quantile,
)

PAIR: Final = Dashboard(
    uid="heartbeat-pair",
    title="Heartbeat: the pair",
    about="Who holds what, whether the other node could take over, and how good the links are.",
    since="now-6h",
    rows=(
        (
            "Now",
            (
                Panel(
                    title="Holders",
                    kind="stat",
                    queries=(
                        (f"sum by (address) ({of_pair('heartbeat_address_held')})", "{{address}}"),
                    ),
                    about="How many nodes hold each address: one, when all is well.",
                    words=HOLDERS,
                    width=5,
                ),
                Panel(
                    title="Ready",
                    kind="stat",
                    queries=((of_pair("heartbeat_ready"), "{{instance}}"),),
                    about="Whether nothing is wrong with each node.",
                    words=YES,
                    width=5,
                ),
                Panel(
                    title="Split brain suspected",
                    kind="stat",
                    queries=((of_pair("heartbeat_split_brain_suspected"), "{{instance}}"),),
                    about="Both nodes may hold the same group, or the silent peer still answers.",
                    words=NO,
                    width=5,
                ),
                Panel(
                    title="Answers from outside",
                    kind="stat",
                    queries=((of_pair("probe_success"), "{{address}}"),),
                    about="Whether the address answered the monitoring host's last request.",
                    words=YES,
                    width=5,
                ),
                Panel(
                    title="Maintenance",
                    kind="stat",
                    queries=((of_pair("heartbeat_maintenance_left_seconds"), "{{instance}}"),),
                    about="How much longer nothing moves by itself; 0 when it is not on.",
                    unit="s",
                    width=4,
                ),
            ),
        ),
        (
            "Who holds what",
            (
                Panel(
                    title="Addresses",
                    kind="state-timeline",
                    queries=((of_pair("heartbeat_address_held"), "{{address}} {{instance}}"),),
                    about="On which node each address was.",
                    words=HERE,
                ),
                Panel(
                    title="Resources",
                    kind="state-timeline",
                    queries=(
                        (
                            of_pair("heartbeat_resource_state", 'state=~"held|running"'),
                            "{{resource}} {{state}} {{instance}}",
                        ),
                    ),
                    about="Addresses that are held and containers that run, by node.",
                    words=HERE,
                ),
                Panel(
                    title="Nodes as their peers see them",
                    kind="state-timeline",
                    queries=(
                        (
                            of_pair("heartbeat_node_status", 'status="active"'),
                            "{{node}} seen by {{instance}}",
                        ),
                    ),
                    about="Whether a node is active: it beats, and takes part.",
                    words=YES,
                ),
                Panel(
                    title="Takeovers and give-ups in an hour",
                    kind="timeseries",
                    queries=(
                        (
                            counted("heartbeat_takeovers_total", "1h", by="instance, reason"),
                            "{{instance}} took over: {{reason}}",
                        ),
                        (
                            counted("heartbeat_giveups_total", "1h", by="instance, reason"),
                            "{{instance}} gave up: {{reason}}",
                        ),
                    ),
                    about="What moved, and why.",
                    unit="short",
                ),
                Panel(
                    title="Moves that nobody asked for",
                    kind="timeseries",
                    queries=((of_pair("heartbeat_moves_in_window"), "{{group}} at {{instance}}"),),
                    about="As each node counts them in its window; too many, and it holds still.",
                    unit="short",
                ),
                Panel(
                    title="Holds still",
                    kind="state-timeline",
                    queries=(
                        (of_pair("heartbeat_flapping"), "{{group}} flaps, says {{instance}}"),
                        (of_pair("heartbeat_maintenance"), "maintenance, says {{instance}}"),
                    ),
                    about="Whether moves are withheld, and by what.",
                    words=NO,
                ),
            ),
        ),
        (
            "Links",
            (
                Panel(
                    title="Heard on the link",
                    kind="state-timeline",
                    queries=(
                        (of_pair("heartbeat_link_up"), "{{instance}} hears {{node}}: {{link}}"),
                    ),
                    about="Both directions of each link: one row for each node that listens.",
                    words=YES,
                ),
                Panel(
                    title="Ping nodes",
                    kind="state-timeline",
                    queries=((of_pair("heartbeat_ping_up"), "{{target}} seen by {{instance}}"),),
                    about="Whether each ping node answers.",
                    words=YES,
                ),
                Panel(
                    title="Silence between two beats",
                    kind="timeseries",
                    queries=(
                        (
                            quantile(0.5, "heartbeat_gap_seconds", "instance, node"),
                            "{{node}} at {{instance}}, half of them",
                        ),
                        (
                            quantile(0.999, "heartbeat_gap_seconds", "instance, node"),
                            "{{node}} at {{instance}}, 999 of 1000",
                        ),
                        (of_pair("heartbeat_deadtime_seconds"), "deadtime of {{instance}}"),
                    ),
                    about="How near the beats come to deadtime. Half of it is near enough to act.",
                    unit="s",
                ),
                Panel(
                    title="Late beats in 15 minutes",
                    kind="timeseries",
                    queries=(
                        (
                            counted("heartbeat_late_total", "15m"),
                            "{{node}} at {{instance}}: after warntime",
                        ),
                        (
                            counted("heartbeat_close_calls_total", "15m"),
                            "{{node}} at {{instance}}: after half of deadtime",
                        ),
                    ),
                    about="Beats that were nearly missed.",
                    unit="short",
                ),
                Panel(
                    title="Packets",
                    kind="timeseries",
                    queries=(
                        (
                            f"rate({of_pair('heartbeat_packets_received_total')}[$__rate_interval])",
                            "{{instance}} {{link}} received",
                        ),
                        (
                            f"rate({of_pair('heartbeat_packets_sent_total')}[$__rate_interval])",
                            "{{instance}} {{link}} sent",
                        ),
                    ),
                    about="Packets a second on each link.",
                    unit="pps",
                ),
                Panel(
                    title="Packets refused or lost in 5 minutes",
                    kind="timeseries",
                    queries=(
                        (
                            counted(
                                "heartbeat_packets_rejected_total",
                                "5m",
                                by="instance, link, reason",
                            ),
                            "{{instance}} {{link}}: {{reason}}",
                        ),
                        (
                            counted("heartbeat_packets_lost_total", "5m"),
                            "{{instance}}: lost of {{node}}",
                        ),
                    ),
                    about="Refused packets by reason; packets that came by no link.",
                    unit="short",
                ),
            ),
        ),
        (
            "The hosts",
            (
                Panel(
                    title="Docker engine answers",
                    kind="state-timeline",
                    queries=((of_pair("heartbeat_docker_up"), "{{instance}}"),),
                    about="A pair without containers needs none.",
                    words=YES,
                    width=8,
                ),
                Panel(
                    title="Lag of the loop",
                    kind="timeseries",
                    queries=(
                        (
                            quantile(0.99, "heartbeat_loop_lag_seconds", "instance"),
                            "{{instance}}",
                        ),
                    ),
                    about="How late one timer in a hundred is.",
                    unit="s",
                    width=8,
                ),
                Panel(
                    title="Same configuration",
                    kind="state-timeline",
                    queries=((of_pair("heartbeat_config_matches"), "{{instance}} and {{node}}"),),
                    about="Whether the files of both nodes agree in what must agree.",
                    words=YES,
                    width=8,
                ),
                Panel(
                    title="Clock of the peer",
                    kind="timeseries",
                    queries=(
                        (of_pair("heartbeat_clock_offset_seconds"), "{{node}} at {{instance}}"),
                    ),
                    about="How far the peer's wall clock is ahead. No decision rests on it.",
                    unit="s",
                    width=8,
                ),
                Panel(
                    title="Services that failed, addresses that were lost or contested",
                    kind="timeseries",
                    queries=(
                        (
                            counted("heartbeat_service_failures_total", "15m"),
                            "{{container}} on {{instance}} failed",
                        ),
                        (
                            counted("heartbeat_address_lost_total", "15m"),
                            "{{address}} taken from {{instance}}",
                        ),
                        (
                            counted("heartbeat_address_conflicts_total", "15m"),
                            "{{address}} of {{instance}} used elsewhere",
                        ),
                    ),
                    about="In fifteen minutes.",
                    unit="short",
                    width=8,
                ),
                Panel(
                    title="Versions",
                    kind="table",
                    queries=((of_pair("heartbeat_build_info"), ""),),
                    about="What runs where.",
                    width=8,
                ),
            ),
        ),
    ),
)
