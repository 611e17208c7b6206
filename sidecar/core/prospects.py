"""What would make each group move, in a sentence for a person: the last part of ``explain``.

Says what holds now, by the rules that decide: the peer's silence (peer.py), hand-overs (moves.py),
failback (failback.py), an operator (operator.py). Decides nothing itself.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sidecar.core.group import Group
from sidecar.core.occurrences import seconds_text, wait_text
from sidecar.core.terms import AutoFailback, ResourceState

if TYPE_CHECKING:
    from sidecar.core.cluster import Cluster


def prospects(cluster: "Cluster") -> tuple[str, ...]:
    """One sentence for each group that is somewhere, in the order of haresources."""
    if cluster.takeover.negotiation.state in (ResourceState.INIT, ResourceState.SHUTDOWN):
        return ()
    return tuple(filter(None, (_prospect(cluster, group) for group in cluster.takeover.groups)))


def _prospect(cluster: "Cluster", group: Group) -> str:
    if group.held:
        return _leaving(cluster, group)
    return "" if group.wanted or not cluster.peer.alive else _coming(cluster, group)


def _leaving(cluster: "Cluster", group: Group) -> str:
    peer = cluster.peer
    if not peer.alive or peer.left:
        return f"{group.name} would move nowhere: {peer.name} is not there"
    silence = f"this node is silent for {seconds_text(cluster.params.timing.deadtime_ns)}"
    if peer.ready is False:
        return f"{group.name} would move to {peer.name} only if {silence}: it is not ready there"
    if cluster.maintenance.on:
        return f"{group.name} would move to {peer.name} by `sidecar standby` alone: maintenance"
    ways = [silence, "its service or its network fails here", *_failback(cluster, group)]
    return f"{group.name} would move to {peer.name} if {_or(ways)}, or by `sidecar standby`"


def _coming(cluster: "Cluster", group: Group) -> str:
    peer = cluster.peer
    if cluster.maintenance.on:
        return f"{group.name} would come here by `sidecar takeover` alone: maintenance"
    silence = (
        f"{peer.name} is silent for {seconds_text(peer.dead_after_ns)} and does not answer for "
        "its addresses"
    )
    ways = [silence, f"{peer.name} hands it over"]
    return f"{group.name} would come here if {_or(ways)}, or by `sidecar takeover`"


def _failback(cluster: "Cluster", group: Group) -> Iterator[str]:
    """Whether it goes back by itself to the node that it prefers."""
    params = cluster.params
    armed = cluster.takeover.holdings.failback_armed
    goes_back = armed and params.auto_failback is not AutoFailback.OFF
    if group.spec.preferred == cluster.peer.name and goes_back:
        yield f"{cluster.peer.name} has been ready for {wait_text(params.failback_delay_ns)}"


def _or(ways: list[str]) -> str:
    return " or ".join(ways)
