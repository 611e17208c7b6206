"""What needs a person, in the order of its urgency: for the banner of the status page and the API.

A pure function of the view and of what goes with it. Each entry has a severity as the runbook's
(critical: clients feel it or soon may; warning: less redundancy than there should be; info: to be
known), one sentence, and the section of docs/runbook.md that says what to do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from sidecar.core.occurrences import moves_text, wait_text
from sidecar.core.terms import LinkStatus, NodeStatus, ResourceState
from sidecar.core.view import ClusterView, GroupView, LinkView, NodeView
from sidecar.web.beyond import Beyond

CLOCKS_APART_S: Final = 5
"""From more on the log lines of the two nodes cannot be read side by side; as the alert's."""


class Urgency(IntEnum):
    CRITICAL = 0
    WARNING = 1
    INFO = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    severity: Urgency
    sentence: str
    runbook: str
    """The title of a section of docs/runbook.md."""


def attention_of(view: ClusterView, beyond: Beyond) -> tuple[Attention, ...]:
    """The most urgent first; nothing when all is well."""
    found = (
        *_holders(view, beyond),
        *_addresses(view, beyond),
        *_peer(view),
        *_links(view),
        *_readiness(view),
        *_surroundings(view),
        *_groups(view),
        *_agreement(view, beyond),
        *_maintenance(view),
    )
    return tuple(sorted(found, key=lambda one: one.severity))


def holder_of(view: ClusterView, beyond: Beyond, group: GroupView) -> str | None:
    """Which node has the group, as far as this one knows; None when nobody is known to."""
    if group.held:
        return view.node
    return view.peer if _peer_has(view, beyond, group) else None


def _peer_has(view: ClusterView, beyond: Beyond, group: GroupView) -> bool:
    return group.name in beyond.peer_holds and _peer_of(view).status is not NodeStatus.DEAD


def _peer_of(view: ClusterView) -> NodeView:
    return view.nodes[1]


def _critical(sentence: str, runbook: str) -> Attention:
    return Attention(severity=Urgency.CRITICAL, sentence=sentence, runbook=runbook)


def _warning(sentence: str, runbook: str) -> Attention:
    return Attention(severity=Urgency.WARNING, sentence=sentence, runbook=runbook)


def _info(sentence: str, runbook: str) -> Attention:
    return Attention(severity=Urgency.INFO, sentence=sentence, runbook=runbook)


def _holders(view: ClusterView, beyond: Beyond) -> Iterator[Attention]:
    both = [g.name for g in view.groups if g.held and _peer_has(view, beyond, g)]
    if view.split_brain and both:
        yield _critical(
            f"both nodes may hold {', '.join(both)}: the older claim stays", "HeartbeatTwoHold"
        )
    elif view.split_brain:
        yield _critical(
            f"{view.peer} is not heard, but its address still answers: nothing is taken over. "
            "Mend the heartbeat links",
            "HeartbeatSplitBrain",
        )
    for group in view.groups:
        if holder_of(view, beyond, group) is None:
            yield _nobody(view, group)


def _nobody(view: ClusterView, group: GroupView) -> Attention:
    failed = [container.name for container in group.containers if container.failed]
    if view.state in (ResourceState.INIT, ResourceState.STARTING):
        return _warning(
            f"nobody is known to hold {group.name} yet: this node is starting",
            "HeartbeatNobodyHolds",
        )
    if group.wanted and not failed and not group.obstacle and not view.split_brain:
        return _warning(
            f"nobody holds {group.name} for the moment: {view.node} is taking it over",
            "HeartbeatNobodyHolds",
        )
    why = ""
    if failed:
        why = f": {', '.join(failed)} cannot be mended here"
    elif group.obstacle:
        why = f": here it cannot be served: {group.obstacle}"
    return _critical(f"nobody is known to hold {group.name}{why}", "HeartbeatNobodyHolds")


def _addresses(view: ClusterView, beyond: Beyond) -> Iterator[Attention]:
    for conflict in beyond.conflicts:
        yield _critical(
            f"{conflict.mac} has used {conflict.address}, which is held here, within the last "
            "five minutes",
            "HeartbeatAddressConflict",
        )
    for address in view.unseen:
        yield _warning(
            f"{address} cannot be seen on the service network by the node that stands by: one of "
            "the two is cut off there",
            "HeartbeatAddressUnseen",
        )


def _peer(view: ClusterView) -> Iterator[Attention]:
    peer = _peer_of(view)
    if peer.status is NodeStatus.DEAD:
        yield _warning(
            f"{peer.name} is not heard: if {view.node} fails too, nobody serves",
            "HeartbeatPeerLost",
        )
    elif peer.silence_ns is None:
        yield _warning(f"{peer.name} has not been heard yet", "HeartbeatPeerLost")
    elif peer.ready is False:
        yield _warning(
            f"{peer.name} is not ready and could not take over; its own page says why",
            "HeartbeatNotReady",
        )


def _links(view: ClusterView) -> Iterator[Attention]:
    peer = _peer_of(view)
    if peer.status is NodeStatus.DEAD or peer.silence_ns is None:
        return  # no news beside the peer's own silence
    for link in peer.links:
        yield from _link(link, peer.name)


def _link(link: LinkView, peer: str) -> Iterator[Attention]:
    if link.status is LinkStatus.DEAD:
        yield _warning(f"link {link.name} is down: {link.reason}", "HeartbeatLinkDown")
    elif link.heard_by_peer is False:
        yield _warning(
            f"link {link.name} is one-way: {peer} does not hear this node there",
            "HeartbeatLinkOneWay",
        )


def _readiness(view: ClusterView) -> Iterator[Attention]:
    if not view.ready:
        reasons = "; ".join(view.reasons) or "no reason is known"
        yield _warning(f"{view.node} is not ready to serve: {reasons}", "HeartbeatNotReady")


def _surroundings(view: ClusterView) -> Iterator[Attention]:
    # Who has addresses alone needs no engine, and need not have one.
    if view.engine_up is False and any(group.containers for group in view.groups):
        yield _warning("the Docker engine of this host does not answer", "HeartbeatDockerDown")
    if view.ping and not any(target.up for target in view.ping):
        names = ", ".join(target.name for target in view.ping)
        yield _warning(f"no ping node answers ({names})", "HeartbeatAllPingNodesLost")


def _groups(view: ClusterView) -> Iterator[Attention]:
    for group in view.groups:
        if group.flapping:
            yield _warning(
                f"{group.name} stays where it is: {moves_text(group.moves)} of late that nobody "
                "asked for; `sidecar takeover` or `sidecar standby` moves it all the same",
                "HeartbeatFlapping",
            )
        for container in group.containers:
            if container.failed:
                yield _warning(
                    f"container {container.name} could not be mended: {container.detail}",
                    "HeartbeatServiceFailing",
                )


def _agreement(view: ClusterView, beyond: Beyond) -> Iterator[Attention]:
    peer = _peer_of(view)
    if beyond.refused is not None:
        yield _warning(f"{beyond.refused.sentence()}", "HeartbeatReloadFailed")
    if peer.agrees is False:
        yield _warning(
            f"{peer.name} has another configuration: compare ha.cf and haresources",
            "HeartbeatConfigurationsDiffer",
        )
    if peer.clock_offset_s is not None and abs(peer.clock_offset_s) > CLOCKS_APART_S:
        yield _warning(
            f"the clocks of the two nodes are {abs(peer.clock_offset_s)} s apart",
            "HeartbeatClocksDiffer",
        )


def _maintenance(view: ClusterView) -> Iterator[Attention]:
    maintenance = view.maintenance
    if maintenance is not None:
        yield _info(
            f"maintenance, ordered on {maintenance.by}: nothing moves by itself for "
            f"{wait_text(maintenance.left_ns)} more",
            "HeartbeatMaintenanceLong",
        )
