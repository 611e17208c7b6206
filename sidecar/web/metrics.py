"""``/metrics``: what the view says now, read at the moment of the scrape.

No state is copied, so no series can go stale, and nothing is asked of anybody: a scrape runs inside
the loop and must not wait. Every state of a node or resource is present as 0 or 1, so that an alert
needs no ``absent()``. The table of them is below, how each is read in ``samples.py``. What only an
occurrence tells is counted in ``counters.py``.
Conventions: Prometheus' "Metric and label naming" and "Writing exporters".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sidecar.core.view import ClusterView
from sidecar.web import samples


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """One metric: its name, its labels, and how to read its samples from a view."""

    kind: type[GaugeMetricFamily] | type[CounterMetricFamily]
    name: str
    help: str
    labels: tuple[str, ...] = ()
    read: Callable[[ClusterView], samples.Samples]

    def empty(self) -> GaugeMetricFamily | CounterMetricFamily:
        return self.kind(self.name, self.help, labels=self.labels)

    def filled(self, view: ClusterView) -> Metric:
        family = self.empty()
        for labels, value in self.read(view):
            family.add_metric(labels, value)
        return family


class ViewCollector(Collector):
    """Reads every family from the view of the moment."""

    def __init__(self, view: Callable[[], ClusterView]) -> None:
        self._view = view

    def describe(self) -> Iterator[Metric]:
        """The names alone, so that registering asks nothing of the cluster."""
        for family in _FAMILIES:
            yield family.empty()

    def collect(self) -> Iterator[Metric]:
        view = self._view()
        for family in _FAMILIES:
            yield family.filled(view)


def register_view(registry: CollectorRegistry, view: Callable[[], ClusterView]) -> None:
    registry.register(ViewCollector(view))


_GAUGE: Final = GaugeMetricFamily
_COUNTER: Final = CounterMetricFamily

_FAMILIES: Final = (
    _Family(
        kind=_GAUGE,
        name="heartbeat_node_status",
        help="Status of a node as this node sees it: 1 for the status it has, 0 for the others.",
        labels=("node", "status"),
        read=samples.node_status,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_link_up",
        help="Whether the node is heard on the link.",
        labels=("node", "link"),
        read=samples.link_up,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_link_heard_by_peer",
        help="Whether the node says that it hears this node on the link; absent when it does not.",
        labels=("node", "link"),
        read=samples.link_heard_by_peer,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_ping_up",
        help="Whether the ping node answers.",
        labels=("target",),
        read=samples.ping_up,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_address_held",
        help="Whether this node holds the address.",
        labels=("address",),
        read=samples.address_held,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_address_unseen",
        help="Whether the node that stands by cannot see the address on the service network.",
        labels=("address",),
        read=samples.address_unseen,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_group_held",
        help="Whether this node holds the resource group in fact.",
        labels=("group",),
        read=samples.group_held,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_resource_state",
        help="State of a resource on this node: 1 for the state it has, 0 for the others.",
        labels=("group", "resource", "state"),
        read=samples.resource_states,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_ready",
        help="Whether nothing is wrong with this node: it could serve, and all its parts work.",
        read=samples.only(lambda view: view.ready),
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_stable",
        help="Whether the resource negotiation is settled.",
        read=samples.only(lambda view: view.stable),
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_moves_in_window",
        help="Moves of the group of late that nobody asked for, as far as this node saw them.",
        labels=("group",),
        read=samples.moves_in_window,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_flapping",
        help="Whether the group has moved so often that it is held where it is.",
        labels=("group",),
        read=samples.flapping,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_maintenance",
        help="Whether maintenance is on: nothing moves by itself.",
        read=samples.only(lambda view: view.maintenance is not None),
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_maintenance_left_seconds",
        help="How much longer maintenance is on; 0 when it is not.",
        read=samples.maintenance_left,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_split_brain_suspected",
        help="Whether both nodes may hold the same resources.",
        read=samples.only(lambda view: view.split_brain),
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_docker_up",
        help="Whether the Docker engine answers; 0 until it first did.",
        read=samples.only(lambda view: view.engine_up),
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_packets_sent",
        help="Packets sent on the link.",
        labels=("link",),
        read=samples.packets_sent,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_packets_received",
        help="Packets of the peer that were accepted on the link.",
        labels=("link",),
        read=samples.packets_received,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_packets_rejected",
        help="Packets refused on the link, by reason.",
        labels=("link", "reason"),
        read=samples.packets_rejected,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_packets_lost",
        help="Packets of the node that never arrived on any link.",
        labels=("node",),
        read=samples.packets_lost,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_late",
        help="Beats of the node that came later than warntime.",
        labels=("node",),
        read=samples.late,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_close_calls",
        help="Beats of the node that came when more than half of its deadtime had passed.",
        labels=("node",),
        read=samples.close_calls,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_deadtime_seconds",
        help="The deadtime of this node's own configuration.",
        read=samples.deadtime,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_clock_offset_seconds",
        help="How far the node's wall clock is ahead of this node's, to a second.",
        labels=("node",),
        read=samples.clock_offset,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_config_matches",
        help="Whether the node has the same configuration; absent when it does not say.",
        labels=("node",),
        read=samples.config_matches,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_address_lost",
        help="Times that the address went while this node meant to hold it.",
        labels=("address",),
        read=samples.address_lost,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_address_conflicts",
        help="Times that another machine was seen to use the address held here.",
        labels=("address",),
        read=samples.address_conflicts,
    ),
)
