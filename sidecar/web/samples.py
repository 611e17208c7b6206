"""How each metric of the view is read: its samples, as pairs of label values and a value.

Which metrics there are, under which names, is in ``metrics.py``.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

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


def node_status(view: ClusterView) -> Samples:
    for node in view.nodes:
        for status in NodeStatus:
            yield (node.name, status.value), node.status is status


def link_up(view: ClusterView) -> Samples:
    for node in view.nodes:
        for link in node.links:
            yield (node.name, link.name), link.status is LinkStatus.UP


def link_heard_by_peer(view: ClusterView) -> Samples:
    for node in view.nodes:
        for link in node.links:
            if link.heard_by_peer is not None:
                yield (node.name, link.name), link.heard_by_peer


def ping_up(view: ClusterView) -> Samples:
    for target in view.ping:
        yield (target.name,), target.up


def address_held(view: ClusterView) -> Samples:
    for address in addresses_of(view):
        yield (address.name,), address.state is AddressState.HELD


def address_unseen(view: ClusterView) -> Samples:
    for address in addresses_of(view):
        yield (address.name,), address.name in view.unseen


def group_held(view: ClusterView) -> Samples:
    for group in view.groups:
        yield (group.name,), group.held


def flapping(view: ClusterView) -> Samples:
    return (((group.name,), group.flapping) for group in view.groups)


def moves_in_window(view: ClusterView) -> Samples:
    return (((group.name,), group.moves) for group in view.groups)


def maintenance_left(view: ClusterView) -> Samples:
    left_ns = 0 if view.maintenance is None else view.maintenance.left_ns
    yield (), left_ns / SECOND


def resource_states(view: ClusterView) -> Samples:
    for group in view.groups:
        for resource in group.resources:
            now = resource_state(resource)
            states = ADDRESS_STATES if isinstance(resource, AddressView) else CONTAINER_STATES
            for state in states:
                yield (group.name, resource.name, state), state == now


def packets_sent(view: ClusterView) -> Samples:
    return (((link.name,), link.sent) for link in _media(view))


def packets_received(view: ClusterView) -> Samples:
    return (((link.name,), link.received) for link in _media(view))


def packets_rejected(view: ClusterView) -> Samples:
    for link in _media(view):
        counts = dict.fromkeys(REJECTION_REASONS, 0) | dict(link.rejected)
        for reason, count in counts.items():
            yield (link.name, reason), count


def packets_lost(view: ClusterView) -> Samples:
    return (((node.name,), node.packets_lost) for node in view.nodes if not node.local)


def late(view: ClusterView) -> Samples:
    return (((node.name,), node.late) for node in view.nodes if not node.local)


def close_calls(view: ClusterView) -> Samples:
    return (((node.name,), node.close_calls) for node in view.nodes if not node.local)


def clock_offset(view: ClusterView) -> Samples:
    for node in view.nodes:
        if node.clock_offset_s is not None:
            yield (node.name,), node.clock_offset_s


def config_matches(view: ClusterView) -> Samples:
    for node in view.nodes:
        if node.agrees is not None:
            yield (node.name,), node.agrees


def deadtime(view: ClusterView) -> Samples:
    return (((), view.deadtime_ns / SECOND),)


def address_lost(view: ClusterView) -> Samples:
    return (((address.name,), address.lost) for address in addresses_of(view))


def address_conflicts(view: ClusterView) -> Samples:
    return (((address.name,), address.conflicts) for address in addresses_of(view))


def only(read: Callable[[ClusterView], bool | None]) -> Callable[[ClusterView], Samples]:
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
