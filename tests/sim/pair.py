"""What the two nodes are told: one set of facts, and the ``Params`` of each node made from it.

The facts are those of ha.cf, haresources and authkeys. Both nodes get the same, except where a test
wants them to differ, as with another key.
"""

from dataclasses import dataclass, field
from typing import Final

from sidecar.config.timing import default_failback_delay_ns, default_initdead_ns, lease_s
from sidecar.core.params import (
    Address,
    Container,
    Link,
    Params,
    PingTarget,
    ResourceGroup,
    Timing,
)
from sidecar.core.terms import SECOND, AutoFailback, LinkName, Medium, NodeName
from sidecar.wire.auth import Key, Keyring, Method

SERVICE_LAN: Final = "eth0"
KEY: Final = Key(1, Method.SHA1, b"a key of the simulator")


def timing_of(
    *, keepalive_ns: int, deadtime_ns: int, warntime_ns: int = 0, initdead_ns: int = 0
) -> Timing:
    """Timers with ha.cf's own defaults for those that are not given."""
    return Timing(
        keepalive_ns=keepalive_ns,
        warntime_ns=warntime_ns or deadtime_ns // 2,
        deadtime_ns=deadtime_ns,
        initdead_ns=initdead_ns or default_initdead_ns(deadtime_ns),
        lease_s=lease_s(deadtime_ns, keepalive_ns),
    )


def keyring_of(*keys: Key) -> Keyring:
    """The first key signs."""
    return Keyring(keys[0], keys)


def a_link(name: str, medium: Medium = Medium.UCAST) -> Link:
    return Link(name=LinkName(name), medium=medium, device=name)


def a_group(preferred: str, address: str, *containers: str) -> ResourceGroup:
    """One line of haresources: an address on the service LAN and the containers behind it."""
    resources: tuple[Address | Container, ...] = (
        Address(name=address, prefix=24, interface=SERVICE_LAN, label=f"{SERVICE_LAN}:0"),
        *(Container(name=name) for name in containers),
    )
    return ResourceGroup(
        name=f"{address}/24/{SERVICE_LAN}:0", preferred=NodeName(preferred), resources=resources
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The facts of a cluster of two."""

    nodes: tuple[NodeName, NodeName] = (NodeName("a"), NodeName("b"))
    timing: Timing = field(
        default_factory=lambda: timing_of(keepalive_ns=SECOND, deadtime_ns=5 * SECOND)
    )
    auto_failback: AutoFailback = AutoFailback.ON
    links: tuple[Link, ...] = (a_link("eth1"),)
    groups: tuple[ResourceGroup, ...] = (a_group("a", "10.0.0.100", "nginx"),)
    keyring: Keyring = field(default_factory=lambda: keyring_of(KEY))
    ping: tuple[PingTarget, ...] = ()
    deadping_ns: int = 0
    """0: as long as deadtime."""
    ipfail: bool = False
    failback_delay_ns: int | None = None
    """None: as follows from deadtime."""
    max_moves: int = 5
    moves_window_ns: int = 600 * SECOND
    told: tuple[Params, ...] = ()
    """What each node was told, where that was read from files of its own."""
    keyring_of_second: Keyring | None = None
    """Another key on the second node, for a test of refused packets."""

    def peer_of(self, node: NodeName) -> NodeName:
        first, second = self.nodes
        return second if node == first else first

    @property
    def containers(self) -> tuple[str, ...]:
        return tuple(container.name for group in self.groups for container in group.containers)

    @property
    def addresses(self) -> tuple[Address, ...]:
        return tuple(address for group in self.groups for address in group.addresses)

    def params_of(self, node: NodeName) -> Params:
        for params in self.told:
            if params.node == node:
                return params
        other_key = self.keyring_of_second if node == self.nodes[1] else None
        return Params(
            node=node,
            peer=self.peer_of(node),
            timing=self.timing,
            auto_failback=self.auto_failback,
            links=self.links,
            groups=self.groups,
            keyring=other_key or self.keyring,
            ping=self.ping,
            deadping_ns=self.deadping_ns or self.timing.deadtime_ns,
            ipfail=self.ipfail,
            failback_delay_ns=self.failback_delay(),
            max_moves=self.max_moves,
            moves_window_ns=self.moves_window_ns,
        )

    def failback_delay(self) -> int:
        """In nanoseconds."""
        if self.failback_delay_ns is not None:
            return self.failback_delay_ns
        return default_failback_delay_ns(self.timing.deadtime_ns)


def pair_told(first: Params, second: Params) -> Pair:
    """Two nodes that were told apart; what they share must be the same, but for the links' ends."""
    return Pair(
        nodes=(first.node, second.node),
        timing=first.timing,
        auto_failback=first.auto_failback,
        links=first.links,
        groups=first.groups,
        keyring=first.keyring,
        ping=first.ping,
        ipfail=first.ipfail,
        told=(first, second),
    )
