"""What the cluster is told once: nodes, links, timers, groups and keys. All frozen, all checked.

The names are those of ha.cf(5) and haresources. Times are nanoseconds.
"""

from dataclasses import dataclass

from sidecar.core.terms import SECOND, AutoFailback, LinkName, Medium, NodeName, StandbyMode
from sidecar.wire.auth import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One way to the peer, as its line in ha.cf says it.

    The name is the interface or device, as operators call it; where two links share one, the
    target is added (``eth1 192.168.17.51``). What follows the medium is for the adapter alone.
    """

    name: LinkName
    medium: Medium
    device: str
    target: str = ""
    """The peer's address (ucast), the group (mcast), empty for bcast and serial."""
    port: int = 694
    ttl: int = 1
    loop: bool = False
    baud: int = 19200


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A floating address. ``name`` is the bare IP address and is unique in the cluster."""

    name: str
    prefix: int
    interface: str
    """Where it lives; empty when no interface was named and none has a fitting subnet."""
    label: str | None = None
    broadcast: str | None = None

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container as a resource. ``standby`` overrides the container's own label."""

    name: str
    standby: StandbyMode | None = None


Resource = Address | Container


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceGroup:
    """One line of haresources: what moves together, and the node that it prefers."""

    name: str
    """The group's key: its first resource as written."""
    preferred: NodeName
    resources: tuple[Resource, ...]

    @property
    def addresses(self) -> tuple[Address, ...]:
        return tuple(r for r in self.resources if isinstance(r, Address))

    @property
    def containers(self) -> tuple[Container, ...]:
        return tuple(r for r in self.resources if isinstance(r, Container))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The timers of ha.cf, and the kernel lease that follows from them."""

    keepalive_ns: int
    warntime_ns: int
    deadtime_ns: int
    initdead_ns: int
    lease_s: int
    """Lifetime of an address in the kernel, whole seconds: the kernel counts no finer."""

    @property
    def alive_for_ns(self) -> int:
        """So long a node surely counts as alive: its last beat may have left a keepalive ago."""
        return self.deadtime_ns - self.keepalive_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class PingTarget:
    """A ping node, or a ping group, of which any member's answer counts."""

    name: str
    hosts: tuple[str, ...]
    is_group: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Everything that the core is told at its start."""

    node: NodeName
    peer: NodeName
    timing: Timing
    auto_failback: AutoFailback
    links: tuple[Link, ...]
    groups: tuple[ResourceGroup, ...]
    keyring: Keyring
    ping: tuple[PingTarget, ...] = ()
    deadping_ns: int = 0
    ipfail: bool = False
    """``respawn ... ipfail``: who sees fewer ping nodes hands over."""
    hopfudge: int = 1
    inner_auth: bool = True
    """msgfmt classic signs twice: the fields, and the datagram around them (section 1.1)."""
    failback_delay_ns: int = 0
    """For how long the preferred node must have been ready before a failback; 0: as Heartbeat."""
    max_moves: int = 5
    """So many moves of a group within the window, unasked, and it stays put; 0: no bound."""
    moves_window_ns: int = 600 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceOrder:
    """That nothing is to move by itself; see maintenance.py."""

    number: int
    seconds: int
    """How long in all; 0: it is over."""
    by: str
    """The node on which a person gave it."""
    since_s: int
    """When, by the wall clock of that node: for people."""
    until_s: int
    """Until when, by the wall clock of this node: for its next life."""

    @property
    def rank(self) -> tuple[int, int, str]:
        """Of two orders the higher one counts; no two of one rank differ."""
        return self.number, self.seconds, self.by


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """What this life of the node begins with."""

    generation: int
    uuid: bytes
    left: tuple[str, ...] = ()
    """Addresses that an earlier life left in the kernel, and whose lease still runs."""
    trouble: tuple[str, ...] = ()
    """Reasons from before the start why the node is not ready, such as a read-only state folder."""
    maintenance: MaintenanceOrder | None = None
    """What an earlier life kept of it, whether it is over by now or not."""


def differences(before: Params, after: Params) -> tuple[str, ...]:
    """What a reload changes, in words; keys are named by number and method only."""
    changes: list[str] = []
    for name in ("keepalive_ns", "warntime_ns", "deadtime_ns", "initdead_ns"):
        was, now = getattr(before.timing, name), getattr(after.timing, name)
        if was != now:
            unit = name.removesuffix("_ns")
            changes.append(f"{unit} {was // 1_000_000} ms becomes {now // 1_000_000} ms")
    if before.auto_failback is not after.auto_failback:
        changes.append(f"auto_failback {before.auto_failback} becomes {after.auto_failback}")
    if before.failback_delay_ns != after.failback_delay_ns:
        was, now = before.failback_delay_ns, after.failback_delay_ns
        changes.append(f"failback delay {was // 1_000_000} ms becomes {now // 1_000_000} ms")
    for what, old, new in (
        ("link", before.links, after.links),
        ("group", before.groups, after.groups),
        ("ping node", before.ping, after.ping),
    ):
        was, now = {one.name for one in old}, {one.name for one in new}
        changes += [f"{what} {one.name} goes" for one in old if one.name not in now]
        changes += [f"{what} {one.name} comes" for one in new if one.name not in was]
        changed = [one.name for one in new if one.name in was and one not in old]
        changes += [f"{what} {name} changes" for name in changed]
    if before.keyring != after.keyring:
        key = after.keyring.current
        changes.append(f"keys are new; signing with {key.number} {key.method}")
    if before.ipfail != after.ipfail:
        changes.append(f"ipfail is {'on' if after.ipfail else 'off'}")
    return tuple(changes)
