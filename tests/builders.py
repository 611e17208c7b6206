"""Views and their parts, complete and plausible; a test names only what it is about.

The default is the pair of the README seen from node-a: node-a holds the group, node-b stands by,
both hear each other on eth1.
"""

from dataclasses import replace
from typing import Any

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
from sidecar.core.view import (
    AddressView,
    ClusterView,
    ContainerView,
    GroupView,
    LinkView,
    NodeView,
    PingView,
)

NODE_A = NodeName("node-a")
NODE_B = NodeName("node-b")
VIP = "192.168.171.100"


def a_link(**changes: Any) -> LinkView:
    link = LinkView(
        name=LinkName("eth1"),
        medium="ucast",
        open=True,
        status=LinkStatus.UP,
        reason="heard 120 ms ago",
        heard_by_peer=True,
        sent=110,
        received=107,
        rejected=(),
    )
    return replace(link, **changes)


def a_node(**changes: Any) -> NodeView:
    """This node, without links of its own: a link leads to the peer."""
    node = NodeView(
        name=NODE_A,
        local=True,
        status=NodeStatus.ACTIVE,
        sidecar=True,
        ready=True,
        generation=7,
        silence_ns=None,
        packets_lost=0,
        late=0,
        close_calls=0,
        clock_offset_s=None,
        agrees=None,
        links=(),
    )
    return replace(node, **changes)


def a_peer(**changes: Any) -> NodeView:
    peer = a_node(
        name=NODE_B,
        local=False,
        generation=4,
        silence_ns=120_000_000,
        links=(a_link(),),
        clock_offset_s=0,
        agrees=True,
    )
    return replace(peer, **changes)


def an_address(**changes: Any) -> AddressView:
    address = AddressView(
        name=VIP,
        interface="eth0",
        label="eth0:0",
        state=AddressState.HELD,
        lost=0,
        conflicts=0,
    )
    return replace(address, **changes)


def a_container(**changes: Any) -> ContainerView:
    container = ContainerView(
        name="nginx", state=ContainerState.RUNNING, serving=True, failed=False, detail=""
    )
    return replace(container, **changes)


def a_group(**changes: Any) -> GroupView:
    group = GroupView(
        name="192.168.171.100/24/eth0:0",
        preferred=NODE_A,
        wanted=True,
        held=True,
        resources=(an_address(), a_container()),
    )
    return replace(group, **changes)


def a_group_standing_by(**changes: Any) -> GroupView:
    resources = (
        an_address(state=AddressState.ABSENT),
        a_container(state=ContainerState.PAUSED, serving=False),
    )
    return replace(a_group(wanted=False, held=False, resources=resources), **changes)


def a_view(**changes: Any) -> ClusterView:
    """The holder's view."""
    view = ClusterView(
        node=NODE_A,
        peer=NODE_B,
        generation=7,
        state=ResourceState.STABLE,
        standby=StandbyState.NOT,
        holding=Holding.LOCAL,
        stable=True,
        summary="node-a holds its own group; node-b is active and holds none.",
        nodes=(a_node(), a_peer()),
        deadtime_ns=3_000_000_000,
        groups=(a_group(),),
        ping=(PingView(name="192.168.17.1", up=True),),
        ready=True,
        reasons=(),
        engine_up=True,
        split_brain=False,
        unseen=(),
        explanation=(
            "node-a is the preferred node of 192.168.171.100/24/eth0:0.",
            "It would move if node-a were silent for deadtime (3.0 s).",
        ),
    )
    return replace(view, **changes)


def a_standby_view(**changes: Any) -> ClusterView:
    """The same pair seen from node-b, which stands by."""
    view = a_view(
        node=NODE_B,
        peer=NODE_A,
        generation=4,
        holding=Holding.NONE,
        summary="node-b stands by; node-a holds its own group.",
        nodes=(
            a_node(name=NODE_B, generation=4),
            a_peer(name=NODE_A, generation=7),
        ),
        groups=(a_group_standing_by(),),
    )
    return replace(view, **changes)
