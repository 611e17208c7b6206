"""``/metrics``: what the view says now, read at the moment of the scrape.

No state is copied, so no series can go stale, and nothing is asked of anybody: a scrape runs inside
the loop and must not wait. Every state of a node or resource is present as 0 or 1, so that an alert
needs no ``absent()``. What only an occurrence tells is counted in ``counters``.
Conventions: Prometheus' "Metric and label naming" and "Writing exporters".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sidecar.core.terms import SECOND, AddressState, ContainerState, LinkStatus, NodeStatus
from sidecar.core.view import AddressView, ClusterView, LinkView
from sidecar.web.document import resource_state

REJECTION_REASONS: Final = (
    *("malformed", "oversized", "unknown_key", "bad_auth", "unsigned"),
    *("foreign_node", "same_name", "replay", "repeated", "flood"),
)
"""Those of the wire, shown from the start; others appear when they are first met."""
ADDRESS_STATES: Final = tuple(state.value for state in AddressState)
CONTAINER_STATES: Final = (*(state.value for state in ContainerState), "failed")

Samples = Iterable[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """One metric: its name, its labels, and how to read its samples from a view."""

    kind: type[GaugeMetricFamily] | type[CounterMetricFamily]
    name: str
    help: str
    labels: tuple[str, ...] = ()
    read: Callable[[ClusterView], Samples]

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


def _node_status(view: ClusterView) -> Samples:
    for node in view.nodes:
        for status in NodeStatus:
            yield (node.name, status.value), node.status is status


def _link_up(view: ClusterView) -> Samples:
    for node in view.nodes:
        for link in node.links:
            yield (node.name, link.name), link.status is LinkStatus.UP


def _link_heard_by_peer(view: ClusterView) -> Samples:
    for node in view.nodes:
        for link in node.links:
            if link.heard_by_peer is not None:
                yield (node.name, link.name), link.heard_by_peer


def _ping_up(view: ClusterView) -> Samples:
    for target in view.ping:
        yield (target.name,), target.up


def _address_held(view: ClusterView) -> Samples:
    for address in addresses_of(view):
        yield (address.name,), address.state is AddressState.HELD


def _address_unseen(view: ClusterView) -> Samples:
    for address in addresses_of(view):
        yield (address.name,), address.name in view.unseen


def _group_held(view: ClusterView) -> Samples:
    for group in view.groups:
        yield (group.name,), group.held


def _flapping(view: ClusterView) -> Samples:
    return (((group.name,), group.flapping) for group in view.groups)


def _moves_in_window(view: ClusterView) -> Samples:
    return (((group.name,), group.moves) for group in view.groups)


def _maintenance_left(view: ClusterView) -> Samples:
    left_ns = 0 if view.maintenance is None else view.maintenance.left_ns
    yield (), left_ns / SECOND


def _resource_state(view: ClusterView) -> Samples:
    for group in view.groups:
        for resource in group.resources:
            now = resource_state(resource)
            states = ADDRESS_STATES if isinstance(resource, AddressView) else CONTAINER_STATES
            for state in states:
                yield (group.name, resource.name, state), state == now


def _packets_sent(view: ClusterView) -> Samples:
    return (((link.name,), link.sent) for link in _media(view))


def _packets_received(view: ClusterView) -> Samples:
    return (((link.name,), link.received) for link in _media(view))


def _packets_rejected(view: ClusterView) -> Samples:
    for link in _media(view):
        counts = dict.fromkeys(REJECTION_REASONS, 0) | dict(link.rejected)
        for reason, count in counts.items():
            yield (link.name, reason), count


def _packets_lost(view: ClusterView) -> Samples:
    return (((node.name,), node.packets_lost) for node in view.nodes if not node.local)


def _late(view: ClusterView) -> Samples:
    return (((node.name,), node.late) for node in view.nodes if not node.local)


def _close_calls(view: ClusterView) -> Samples:
    return (((node.name,), node.close_calls) for node in view.nodes if not node.local)


def _clock_offset(view: ClusterView) -> Samples:
    for node in view.nodes:
        if node.clock_offset_s is not None:
            yield (node.name,), node.clock_offset_s


def _config_matches(view: ClusterView) -> Samples:
    for node in view.nodes:
        if node.agrees is not None:
            yield (node.name,), node.agrees


def _deadtime(view: ClusterView) -> Samples:
    return (((), view.deadtime_ns / SECOND),)


def _address_lost(view: ClusterView) -> Samples:
    return (((address.name,), address.lost) for address in addresses_of(view))


def _address_conflicts(view: ClusterView) -> Samples:
    return (((address.name,), address.conflicts) for address in addresses_of(view))


def _only(read: Callable[[ClusterView], bool | None]) -> Callable[[ClusterView], Samples]:
    """A metric without labels; what is unknown counts as no."""
    return lambda view: (((), 1.0 if read(view) else 0.0),)


def addresses_of(view: ClusterView) -> Iterator[AddressView]:
    for group in view.groups:
        for resource in group.resources:
            if isinstance(resource, AddressView):
                yield resource


def _media(view: ClusterView) -> Iterable[LinkView]:
    """Each medium once: packets are counted per link, whoever is at its other end."""
    return {link.name: link for node in view.nodes for link in node.links}.values()


_GAUGE: Final = GaugeMetricFamily
_COUNTER: Final = CounterMetricFamily

_FAMILIES: Final = (
    _Family(
        kind=_GAUGE,
        name="heartbeat_node_status",
        help="Status of a node as this node sees it: 1 for the status it has, 0 for the others.",
        labels=("node", "status"),
        read=_node_status,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_link_up",
        help="Whether the node is heard on the link.",
        labels=("node", "link"),
        read=_link_up,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_link_heard_by_peer",
        help="Whether the node says that it hears this node on the link; absent when it does not.",
        labels=("node", "link"),
        read=_link_heard_by_peer,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_ping_up",
        help="Whether the ping node answers.",
        labels=("target",),
        read=_ping_up,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_address_held",
        help="Whether this node holds the address.",
        labels=("address",),
        read=_address_held,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_address_unseen",
        help="Whether the node that stands by cannot see the address on the service network.",
        labels=("address",),
        read=_address_unseen,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_group_held",
        help="Whether this node holds the resource group in fact.",
        labels=("group",),
        read=_group_held,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_resource_state",
        help="State of a resource on this node: 1 for the state it has, 0 for the others.",
        labels=("group", "resource", "state"),
        read=_resource_state,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_ready",
        help="Whether this node could serve if it had to.",
        read=_only(lambda view: view.ready),
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_stable",
        help="Whether the resource negotiation is settled.",
        read=_only(lambda view: view.stable),
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_moves_in_window",
        help="Moves of the group of late that nobody asked for, as far as this node saw them.",
        labels=("group",),
        read=_moves_in_window,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_flapping",
        help="Whether the group has moved so often that it is held where it is.",
        labels=("group",),
        read=_flapping,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_maintenance",
        help="Whether maintenance is on: nothing moves by itself.",
        read=_only(lambda view: view.maintenance is not None),
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_maintenance_left_seconds",
        help="How much longer maintenance is on; 0 when it is not.",
        read=_maintenance_left,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_split_brain_suspected",
        help="Whether both nodes may hold the same resources.",
        read=_only(lambda view: view.split_brain),
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_docker_up",
        help="Whether the Docker engine answers; 0 until it first did.",
        read=_only(lambda view: view.engine_up),
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_packets_sent",
        help="Packets sent on the link.",
        labels=("link",),
        read=_packets_sent,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_packets_received",
        help="Packets of the peer that were accepted on the link.",
        labels=("link",),
        read=_packets_received,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_packets_rejected",
        help="Packets refused on the link, by reason.",
        labels=("link", "reason"),
        read=_packets_rejected,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_packets_lost",
        help="Packets of the node that never arrived on any link.",
        labels=("node",),
        read=_packets_lost,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_late",
        help="Beats of the node that came later than warntime.",
        labels=("node",),
        read=_late,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_close_calls",
        help="Beats of the node that came when more than half of its deadtime had passed.",
        labels=("node",),
        read=_close_calls,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_deadtime_seconds",
        help="The deadtime of this node's own configuration.",
        read=_deadtime,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_clock_offset_seconds",
        help="How far the node's wall clock is ahead of this node's, to a second.",
        labels=("node",),
        read=_clock_offset,
    ),
    _Family(
        kind=_GAUGE,
        name="heartbeat_config_matches",
        help="Whether the node has the same configuration; absent when it does not say.",
        labels=("node",),
        read=_config_matches,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_address_lost",
        help="Times that the address went while this node meant to hold it.",
        labels=("address",),
        read=_address_lost,
    ),
    _Family(
        kind=_COUNTER,
        name="heartbeat_address_conflicts",
        help="Times that another machine was seen to use the address held here.",
        labels=("address",),
        read=_address_conflicts,
    ),
)
