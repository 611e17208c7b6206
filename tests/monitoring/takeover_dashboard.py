"""One takeover in detail, phase by phase."""

from typing import Final

from tests.monitoring.panels import (
    HERE,
    YES,
    Dashboard,
    Panel,
    counted,
    of_pair,
    phase_time,
)

_UNPLANNED: Final = 'reason!~"start|standby|failback|shutdown|peer_left|reload"'

TAKEOVER: Final = Dashboard(
    uid="heartbeat-takeover",
    title="Heartbeat: a takeover",
    about="One takeover in detail: what led to it, its phases, and what a client saw of it.",
    since="now-30m",
    rows=(
        (
            "What happened",
            (
                Panel(
                    title="Unplanned takeovers in this time",
                    kind="stat",
                    queries=(
                        (
                            counted(
                                "heartbeat_takeovers_total", "$__range", _UNPLANNED, by="instance"
                            ),
                            "{{instance}}",
                        ),
                    ),
                    about="All but starts, reloads, planned moves and orderly ends.",
                    unit="short",
                    width=6,
                ),
                Panel(
                    title="Reasons",
                    kind="table",
                    queries=(
                        (
                            counted("heartbeat_takeovers_total", "$__range", by="instance, reason"),
                            "",
                        ),
                    ),
                    about="How often each node took over in this time, by reason.",
                    width=9,
                ),
                Panel(
                    title="Who holds the address",
                    kind="state-timeline",
                    queries=((of_pair("heartbeat_address_held"), "{{address}} {{instance}}"),),
                    about="The moment of the move, to a scrape.",
                    words=HERE,
                    width=9,
                ),
            ),
        ),
        (
            "1. Silence: until the peer is held for dead",
            (
                Panel(
                    title="Deadtime",
                    kind="stat",
                    queries=((of_pair("heartbeat_deadtime_seconds"), "{{instance}}"),),
                    about="What an unplanned takeover waits for; a planned one waits for nothing.",
                    unit="s",
                    width=6,
                ),
                Panel(
                    title="The nodes' status",
                    kind="state-timeline",
                    queries=(
                        (
                            of_pair("heartbeat_node_status", 'status=~"active|dead"'),
                            "{{node}} {{status}} at {{instance}}",
                        ),
                    ),
                    about="When each node saw the other one die and return.",
                    words=((0, "", "text"), (1, "so", "blue")),
                    width=9,
                ),
                Panel(
                    title="Links",
                    kind="state-timeline",
                    queries=(
                        (of_pair("heartbeat_link_up"), "{{instance}} hears {{node}}: {{link}}"),
                    ),
                    about="Whether the links failed one by one or all at once.",
                    words=YES,
                    width=9,
                ),
            ),
        ),
        (
            "2. The container: until it serves",
            (
                Panel(
                    title="Container phase",
                    kind="timeseries",
                    queries=((phase_time("container"), "{{instance}}"),),
                    about="From the decision until the containers serve. Warm stand-by: some ms.",
                    unit="s",
                ),
                Panel(
                    title="Containers",
                    kind="state-timeline",
                    queries=(
                        (
                            of_pair(
                                "heartbeat_resource_state",
                                'state=~"stopped|restarting|paused|running|failed"',
                            ),
                            "{{resource}} {{state}} {{instance}}",
                        ),
                    ),
                    about="What each container did meanwhile.",
                    words=((0, "", "text"), (1, "so", "blue")),
                ),
            ),
        ),
        (
            "3. The address: until it is held and known",
            (
                Panel(
                    title="Address phase",
                    kind="timeseries",
                    queries=((phase_time("address"), "{{instance}}"),),
                    about="From the decision until the addresses are held.",
                    unit="s",
                ),
                Panel(
                    title="Announcements in a minute",
                    kind="timeseries",
                    queries=(
                        (
                            counted("heartbeat_address_announcements_total", "1m"),
                            "{{address}} by {{instance}} ({{kind}})",
                        ),
                    ),
                    about="Bursts that tell the neighbours where the address is.",
                    unit="short",
                ),
            ),
        ),
        (
            "What a client saw",
            (
                Panel(
                    title="Answers from outside",
                    kind="state-timeline",
                    queries=((of_pair("probe_success"), "{{address}}"),),
                    about="One request a scrape: an outage shorter than that may not show.",
                    words=YES,
                ),
                Panel(
                    title="Time of an answer",
                    kind="timeseries",
                    queries=((of_pair("probe_duration_seconds"), "{{address}}"),),
                    about="As the monitoring host measures it.",
                    unit="s",
                ),
            ),
        ),
    ),
)
