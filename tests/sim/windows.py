"""The stated windows: how long two owners, or an address without service, are excused, and why.

Two nodes without a third cannot decide everything, and neither the kernel nor the engine acts at
once. Each window has its reason here; whatever lasts longer, or has no reason, is a violation.
"""

from typing import Final

from sidecar.core.params import ResourceGroup
from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.cluster import TwoNodes
from tests.sim.docker import EngineMode
from tests.sim.kernel import GRAIN_NS
from tests.sim.node import Node

TAKEN_BACK_NS: Final = 10 * MILLISECOND
"""A sidecar may be frozen between its look at the clock and its request to the kernel. The renewal
then creates the address anew, and the next thing that the thread does is to take it back."""

SAME_INSTANT_NS: Final = 50 * MILLISECOND
"""Two nodes that ask at the same instant both find nobody, and both claim."""

PARTED_LATELY_NS: Final = 2 * SECOND
"""Who asked while the service LAN was parted found nobody, and may claim that much later."""

RELEASE_NS: Final = 2 * SECOND + 500 * MILLISECOND
"""A release that the kernel refuses or leaves unanswered is tried again at this pace."""

FOREVER_NS: Final = 10**18


class OwnerWindows:
    """For how long both hosts may hold one address."""

    def __init__(self, two: TwoNodes) -> None:
        self.reason = "no window"
        self._two = two
        self._parted_ns = -FOREVER_NS
        self._deaf_ns = -FOREVER_NS
        self._whole = True
        self._hear = True
        self._awake = True
        self._asleep_ns = -FOREVER_NS
        self._claims: dict[str, dict[str, int]] = {}
        self._excused: dict[str, bool] = {}

    def look(self) -> None:
        """Note since when the nodes see each other on the LAN and hear each other."""
        now_ns = self._two.world.now_ns
        whole = self._two.lan.whole()
        if not whole or not self._whole:
            self._parted_ns = now_ns
        self._whole = whole
        hear = all(self._two.network.carries(node.name) for node in self._two)
        if not hear or not self._hear:
            self._deaf_ns = now_ns
        self._hear = hear
        awake = all(node.runs for node in self._two)
        if not awake or not self._awake:
            self._asleep_ns = now_ns
        self._awake = awake

    def claimed(self, node: str, address: str) -> None:
        """Two claims of one address: was there a reason for the second one?"""
        self.look()
        now_ns = self._two.world.now_ns
        claims = self._claims.setdefault(address, {})
        claims[node] = now_ns
        if len(self._two.holders(address)) < 2:  # nothing is doubled
            return
        parted = not self._whole or now_ns - self._parted_ns < PARTED_LATELY_NS
        both = len(claims) > 1 and max(claims.values()) - min(claims.values()) < SAME_INSTANT_NS
        self._excused[address] = parted or both

    def allowed_ns(self, address: str, since_ns: int) -> int:
        """How long they may both have it, from the instant at which both could be reached."""
        if not self._excused.get(address, False):
            self.reason = "the second claim had no reason"
            return TAKEN_BACK_NS
        if not self._whole or not self._hear or not self._awake:
            self.reason = "undecidable: the nodes do not hear each other"
            return FOREVER_NS
        # From the last instant at which something kept them from hearing of one another.
        hindered_ns = max(self._parted_ns, self._deaf_ns, self._asleep_ns, since_ns)
        self.reason = "they hear each other again, and neither gives way"
        return hindered_ns - since_ns + self._resolved_within_ns()

    def _resolved_within_ns(self) -> int:
        """A beat has to come through, its holdings be told, and the younger claim released."""
        timing = self._two.pair.timing
        return timing.deadtime_ns + 2 * timing.keepalive_ns + RELEASE_NS


class ServiceWindows:
    """For how long an address may lead to nothing."""

    ENGINE_NS: Final = 15 * SECOND
    """An operation of the engine that is not answered within this time has failed."""

    def __init__(self, two: TwoNodes) -> None:
        self._two = two
        self._free = dict.fromkeys(two.pair.nodes, True)
        self._hindered_ns = dict.fromkeys(two.pair.nodes, -FOREVER_NS)

    def look(self) -> None:
        """Note since when each node is free to give an address away.

        A sidecar that does not run cannot: the lease ends it. And where the peer is heard and could
        not serve either, an address that leads to nothing hurts as little as none, and the service
        may be mended here first.
        """
        now_ns = self._two.world.now_ns
        for node in self._two:
            free = node.runs and _can_take(self._two.peer_of(node))
            if not free or not self._free[node.name]:
                self._hindered_ns[node.name] = now_ns
            self._free[node.name] = free

    def allowed_ns(self, node: Node, group: ResourceGroup, since_ns: int) -> int:
        self.look()
        if not self._free[node.name]:
            return FOREVER_NS
        hindered_ns = max(self._hindered_ns[node.name], since_ns)
        return hindered_ns - since_ns + self._moved_within_ns(node, group)

    def _moved_within_ns(self, node: Node, group: ResourceGroup) -> int:
        """The checks have to fail, the restarts to be used up, and the group to be handed over."""
        timing = self._two.pair.timing
        detect_ns = restart_ns = 0
        for container in group.containers:
            settings = node.host.engine.boxes[container.name].settings
            check_ms = settings.failures * (settings.interval_ms + settings.timeout_ms)
            detect_ns += check_ms * MILLISECOND
            restart_ns += settings.restarts * (self.ENGINE_NS + 10 * SECOND)
        hand_over_ns = 10 * SECOND + timing.deadtime_ns + timing.lease_s * SECOND + GRAIN_NS
        return detect_ns + restart_ns + hand_over_ns


def _can_take(peer: Node) -> bool:
    engine = peer.host.engine
    well = all(not box.sick and not box.failing_starts for box in engine.boxes.values())
    return peer.runs and engine.mode is EngineMode.UP and well
