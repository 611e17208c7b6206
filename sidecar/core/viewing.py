"""What others are shown of this node: the snapshot, with what it does and why, and its status."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sidecar.core import dialect
from sidecar.core.group import Group
from sidecar.core.occurrences import wait_text
from sidecar.core.outbox import Pair
from sidecar.core.prospects import prospects
from sidecar.core.terms import Holding, NodeStatus, ResourceState
from sidecar.core.view import ClusterView, GroupView, NodeView

if TYPE_CHECKING:
    from sidecar.core.cluster import Cluster


def view_of(cluster: "Cluster", now_ns: int, reasons: tuple[str, ...]) -> ClusterView:
    """Snapshot the cluster as it was at the end of its last step."""
    takeover, peer = cluster.takeover, cluster.peer
    holds_any = any(group.held for group in takeover.groups)
    explanation = _explain(cluster, now_ns, reasons)
    return ClusterView(
        node=cluster.params.node,
        peer=cluster.params.peer,
        generation=cluster.boot.generation,
        state=takeover.negotiation.state,
        standby=takeover.standby.state,
        holding=takeover.holdings.mine if holds_any else Holding.NONE,
        stable=takeover.stable and (takeover.other_settled or not peer.alive),
        summary=explanation[0],
        nodes=(_local(cluster, reasons), _remote(cluster, now_ns)),
        deadtime_ns=cluster.params.timing.deadtime_ns,
        groups=tuple(_group(cluster, group) for group in takeover.groups),
        ping=tuple(cluster.ping),
        ready=not reasons,
        reasons=reasons,
        engine_up=takeover.groups.engine_up,
        split_brain=takeover.split_brain.suspected or any(g.blocked for g in takeover.groups),
        unseen=cluster.sight.unseen,
        explanation=explanation,
        notes=_notes(cluster, now_ns),
        maintenance=cluster.maintenance.view(now_ns),
    )


def describe(cluster: "Cluster", now_ns: int) -> tuple[Pair, ...]:
    """What every status says of this node to another sidecar."""
    macs = dialect.encode_macs(cluster.takeover.groups.interfaces.macs) or "none"
    said = (
        (dialect.READY, "1" if cluster.readiness.can_serve else "0"),
        (dialect.MACS, macs),
        (dialect.HEARD, dialect.encode_heard(cluster.links.heard_names)),
        *_upto(cluster),
        *cluster.maintenance.describe(now_ns),
        (dialect.CONF, dialect.encode_digest(cluster.agreement.digest)),
    )
    counted = ((dialect.PING, str(cluster.ping.count)),) if cluster.ipfail.enabled else ()
    return (*said, *cluster.sight.describe(), *counted)


def _upto(cluster: "Cluster") -> tuple[Pair, ...]:
    """The peer may count on it that nothing is claimed here but what it has been told of: one that
    has returned has answered when it has been told.
    """
    upto = cluster.inbox.upto
    if upto is None or cluster.takeover.awaits_answer:
        return ()
    return ((dialect.UPTO, dialect.encode_upto(*upto)),)


def _local(cluster: "Cluster", reasons: tuple[str, ...]) -> NodeView:
    return NodeView(
        name=cluster.params.node,
        local=True,
        status=cluster.presence.status,
        sidecar=True,
        ready=not reasons,
        generation=cluster.boot.generation,
        silence_ns=None,
        packets_lost=0,
        late=0,
        close_calls=0,
        clock_offset_s=None,
        agrees=None,
        links=(),
    )


def _remote(cluster: "Cluster", now_ns: int) -> NodeView:
    peer = cluster.peer
    return NodeView(
        name=peer.name,
        local=False,
        status=peer.status,
        sidecar=peer.is_sidecar,
        ready=peer.ready,
        generation=peer.inbound.generation or 0,
        silence_ns=None if peer.beat_ns is None else now_ns - peer.beat_ns,
        packets_lost=peer.inbound.lost,
        late=peer.late,
        close_calls=peer.close_calls,
        clock_offset_s=peer.clock_offset_s,
        agrees=cluster.agreement.agrees,
        links=tuple(link.view() for link in cluster.links),
    )


def _group(cluster: "Cluster", group: Group) -> GroupView:
    damping = cluster.takeover.damping
    return replace(
        group.view(),
        moves=damping.moves(group.name),
        flapping=damping.is_flapping(group.name),
    )


def _notes(cluster: "Cluster", now_ns: int) -> tuple[str, ...]:
    """What waits or is withheld: a person should not have to ask for it."""
    withheld = cluster.takeover.groups.of(cluster.takeover.withheld.sides)
    names = ", ".join(group.name for group in withheld)
    why = f"{cluster.peer.name} is dead and maintenance is on: {names} is not taken over"
    return (*((why,) if names else ()), *cluster.moves.explain(now_ns))


def _explain(cluster: "Cluster", now_ns: int, reasons: tuple[str, ...]) -> tuple[str, ...]:
    """The first sentence sums up; then why it is so, and at last what would make it move."""
    lines = [_headline(cluster, now_ns)]
    lines += [_explain_group(cluster, group) for group in cluster.takeover.groups]
    lines += _notes(cluster, now_ns)
    lines.append(_explain_peer(cluster))
    lines += [f"not ready: {reason}" for reason in reasons]
    lines += prospects(cluster)
    obstacle = cluster.moves.obstacle()
    lines.append(
        f"a hand-over to {cluster.peer.name} is not possible now: {obstacle}"
        if obstacle
        else f"a hand-over to {cluster.peer.name} is possible at any time"
    )
    return tuple(lines)


def _headline(cluster: "Cluster", now_ns: int) -> str:
    maintenance = cluster.maintenance.view(now_ns)
    if maintenance is None:
        return _summary(cluster)
    left = wait_text(maintenance.left_ns)
    return f"MAINTENANCE for {left} more, nothing moves by itself: {_summary(cluster)}"


def _summary(cluster: "Cluster") -> str:
    takeover, peer = cluster.takeover, cluster.peer
    held = [group.name for group in takeover.groups if group.held]
    if takeover.negotiation.state is ResourceState.SHUTDOWN:
        return "shutting down"
    if takeover.negotiation.state is ResourceState.INIT:
        return f"starting: waiting for {peer.name} or for initdead"
    if held:
        return f"active: holding {', '.join(held)}; {peer.name} is {_state_of(cluster)}"
    if any(group.wanted for group in takeover.groups):
        return f"taking over; {peer.name} is {_state_of(cluster)}"
    return f"standing by; {peer.name} is {_state_of(cluster)}"


def _state_of(cluster: "Cluster") -> str:
    peer = cluster.peer
    if not peer.met and peer.status is not NodeStatus.DEAD:
        return "not heard yet"
    if peer.left:
        return "shut down"
    takeover = cluster.takeover
    theirs = [group.name for group in takeover.groups.of(takeover.holdings.other.swapped)]
    holds = f" and holds {', '.join(theirs)}" if theirs else ""
    return f"{peer.status}{holds}"


def _explain_group(cluster: "Cluster", group: Group) -> str:
    name, preferred = group.name, group.spec.preferred
    if group.blocked:
        return f"{name} is wanted here, but its address still answers from another machine"
    if group.obstacle:
        return f"{name} is wanted here, but cannot be served: {group.obstacle}"
    if group.held:
        where = "its preferred node" if preferred == cluster.params.node else "a stand-in"
        return f"{name} is held here, {where}: {group.why}"
    if group.wanted:
        return f"{name} is being taken over: {group.why}"
    if cluster.peer.alive:
        peer = cluster.peer.name
        return f"{name} is not held here: {peer} is alive; its preferred node is {preferred}"
    return f"{name} is not held here: its takeover has not been decided"


def _explain_peer(cluster: "Cluster") -> str:
    peer = cluster.peer
    up = [link.link.name for link in cluster.links if link.status == "up"]
    dead = [link.link.name for link in cluster.links if link.status != "up"]
    text = f"{peer.name} is {_state_of(cluster)}; links up: {', '.join(up) or 'none'}"
    return f"{text}; links dead: {', '.join(dead)}" if dead else text
