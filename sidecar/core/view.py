"""A frozen snapshot of the cluster as this node sees it: for API, metrics, page and simulator."""

from dataclasses import dataclass

from sidecar.core.terms import (
    AddressState,
    ContainerState,
    Holding,
    LinkName,
    LinkStatus,
    NodeName,
    NodeStatus,
    ResourceState,
    StandbyState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    name: LinkName
    medium: str
    open: bool
    """Whether the medium can carry packets here; ``status`` is what is heard of the peer on it."""
    status: LinkStatus
    reason: str
    heard_by_peer: bool | None
    """Whether the peer says that it hears this node on it; None when it does not say."""
    sent: int
    received: int
    rejected: tuple[tuple[str, int], ...]
    """Pairs of reason and count, in the order first seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    name: NodeName
    local: bool
    status: NodeStatus
    sidecar: bool
    """Whether it is one of ours; a real Heartbeat node is not."""
    ready: bool | None
    """None: it does not say, as a real Heartbeat node."""
    generation: int
    silence_ns: int | None
    packets_lost: int
    late: int
    close_calls: int
    """Beats that came when more than half of its dead time had passed."""
    clock_offset_s: int | None
    """How far its wall clock is ahead of ours, to a second; None until it is heard."""
    agrees: bool | None
    """Whether its configuration is the same as ours; None when it does not say."""
    links: tuple[LinkView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressView:
    name: str
    interface: str
    label: str
    state: AddressState
    lost: int
    conflicts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerView:
    name: str
    state: ContainerState
    serving: bool
    """Running, and its checks pass."""
    failed: bool
    """Could not be mended within its budget of restarts."""
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    name: str
    preferred: NodeName
    wanted: bool
    held: bool
    resources: tuple[AddressView | ContainerView, ...]
    """In the order of haresources."""
    obstacle: str = ""
    """Why it is wanted here and cannot be served."""
    moves: int = 0
    """Of late, without being asked to, as far as this node saw them."""
    flapping: bool = False
    """So many that it is held where it is."""

    @property
    def containers(self) -> tuple[ContainerView, ...]:
        return tuple(one for one in self.resources if isinstance(one, ContainerView))


@dataclass(frozen=True, slots=True, kw_only=True)
class PingView:
    name: str
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceView:
    left_ns: int
    by: str
    """The node on which it was ordered, and when by the wall clock of that node."""
    since_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    node: NodeName
    peer: NodeName
    generation: int
    state: ResourceState
    standby: StandbyState
    holding: Holding
    """What is claimed towards the peer; NONE when no group is held in fact."""
    stable: bool
    summary: str
    """One sentence: what this node does and why."""
    nodes: tuple[NodeView, NodeView]
    """This node first."""
    deadtime_ns: int
    """This node's own."""
    groups: tuple[GroupView, ...]
    ping: tuple[PingView, ...]
    ready: bool
    reasons: tuple[str, ...]
    """Why not ready; empty when ready."""
    engine_up: bool | None
    """None while unknown."""
    split_brain: bool
    unseen: tuple[str, ...]
    """Addresses that the node which stands by does not see on the service network."""
    explanation: tuple[str, ...]
    """Ordered reasons why this node is active or not, and what would make it move."""
    notes: tuple[str, ...] = ()
    """What a person should know at a glance: a move that waits or is withheld, and why."""
    maintenance: MaintenanceView | None = None
    """None while it is not on."""
