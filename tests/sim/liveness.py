"""Liveness: when all is healed, the pair must settle within a bound, and then stay as it is.

Settled means: both nodes are up, ready and agree; each group is on exactly one node, the preferred
one where auto_failback owes it; its service answers, the client has found it, and the other node
stands by.
"""

from typing import Final

from sidecar.core.occurrences import NodeDied, NodeLeft, TakeoverDone
from sidecar.core.params import ResourceGroup
from sidecar.core.terms import (
    SECOND,
    AutoFailback,
    LinkStatus,
    NodeStatus,
    ResourceState,
    StandbyMode,
    StandbyState,
)
from sidecar.core.view import ClusterView
from tests.sim.cluster import TwoNodes
from tests.sim.docker import PAUSED, RUNNING, STOPPED
from tests.sim.node import Node
from tests.sim.violation import Violation
from tests.sim.windows import PREPARED_IN_VAIN_NS, SETTLE_NS
from tests.sim.witness import AddressMoved, Change, Occurred

_LOOK_EVERY_NS: Final = SECOND
_LOOKS: Final = 3
"""All that was said and done before is through when three looks in a row find nothing."""

_REST: Final = {
    StandbyMode.PAUSE: (PAUSED, STOPPED),
    StandbyMode.STOP: (STOPPED,),
    StandbyMode.RUN: (RUNNING, PAUSED, STOPPED),
}


class Liveness:
    """Watches what moves, and judges what has settled."""

    def __init__(self, two: TwoNodes, *, maintenance_s: int = 0) -> None:
        self._two = two
        self._maintenance_ns = maintenance_s * SECOND
        self._moves = 0
        # Node and group: whether an operator put it there. It ends when it takes it
        # for another reason, and when it loses the other: what it holds from then on goes back.
        self._placed: dict[tuple[str, str], bool] = {}
        two.stage.witness.add(self._note)

    def bound_ns(self) -> int:
        timing = self._two.pair.timing
        bound_ns = 2 * timing.deadtime_ns + timing.initdead_ns + SETTLE_NS
        return bound_ns + self._held_up_ns() + self._busy_ns()

    def _busy_ns(self) -> int:
        """So long what was asked of an engine before may still take: it works on, unheard."""
        ends_ns = max(node.host.engine.works_until_ns for node in self._two)
        return max(0, ends_ns - self._two.world.now_ns)

    def _held_up_ns(self) -> int:
        """Maintenance of which only a node knows that was down, flapping, the failback's wait."""
        pair = self._two.pair
        damped_ns = pair.moves_window_ns if pair.max_moves else 0
        return self._maintenance_ns + damped_ns + pair.failback_delay()

    def quiet_ns(self) -> int:
        return 2 * self._two.pair.timing.deadtime_ns + 5 * SECOND

    def must_settle(self) -> None:
        """Let time pass until all is well, at most as long as the bound says."""
        self._settle_within(self.bound_ns())

    def _settle_within(self, bound_ns: int) -> None:
        world = self._two.world
        ends_ns = world.now_ns + bound_ns
        calm = 0
        while calm < _LOOKS and world.now_ns < ends_ns:
            world.run_for(min(_LOOK_EVERY_NS, ends_ns - world.now_ns))
            calm = 0 if self.trouble() else calm + 1
        self.must_be_settled()

    def must_be_settled(self) -> None:
        trouble = self.trouble()
        if trouble:
            raise Violation("does not settle", "; ".join(trouble))

    def must_stay(self) -> None:
        """Let time pass: nothing moves any more."""
        moves = self._moves
        self._two.world.run_for(self.quiet_ns())
        self._settle_within(PREPARED_IN_VAIN_NS)
        if self._moves != moves:
            raise Violation("does not stay", "an address moved though nothing was wrong")

    def trouble(self) -> list[str]:
        """Everything that is not as it should be."""
        found: list[str] = []
        for node in self._two:
            if node.process is None:
                found.append(f"{node.name} is not up")
                continue
            found += [f"{node.name} {what}" for what in _not_calm(node.process.cluster.view())]
            if node.host.kernel.held_up_ns > self._two.world.now_ns:
                found.append(f"the kernel of {node.name} still works on what it was asked before")
            if node.host.engine.works_until_ns > self._two.world.now_ns:
                found.append(f"the engine of {node.name} still works on what it was asked before")
        for group in self._two.pair.groups:
            found += self._group_trouble(group)
        return found

    def _note(self, change: Change) -> None:
        match change:
            case AddressMoved():
                self._moves += 1
            case Occurred(node=name, occurrence=TakeoverDone() as done):
                for group in done.groups:
                    self._placed[name, group] = done.reason == "standby"
            case Occurred(node=name, occurrence=NodeDied() | NodeLeft()):
                for group in self._wanted_by(name):
                    self._placed[name, group] = False
            case _:
                return

    def _wanted_by(self, name: str) -> list[str]:
        """Also what the kernel has just lost, or refuses: the decision to hold it stands."""
        node = next(node for node in self._two if node.name == name)
        assert node.process is not None
        return [group.name for group in node.process.cluster.view().groups if group.wanted]

    def _group_trouble(self, group: ResourceGroup) -> list[str]:
        holders = [
            node
            for node in self._two
            if all(node.host.kernel.holds(address.name) for address in group.addresses)
        ]
        if len(holders) != 1:
            names = " and ".join(node.name for node in holders) or "nobody"
            return [f"{group.name} is held by {names}"]
        (holder,) = holders
        found = [*self._holder_trouble(holder, group), *self._rest_trouble(holder, group)]
        failback = self._two.pair.auto_failback is not AutoFailback.OFF
        owed = failback and not self._placed.get((holder.name, group.name), False)
        if owed and holder.name != group.preferred:
            found.append(f"{group.name} has not come back to {group.preferred}")
        return found

    def _holder_trouble(self, holder: Node, group: ResourceGroup) -> list[str]:
        found = [
            f"the client looks for {address.name} in the wrong place"
            for address in group.addresses
            if self._two.lan.client_cache.get(address.name) != holder.host.mac
        ]
        found += [
            f"{container.name} of {holder.name} does not serve"
            for container in group.containers
            if not holder.host.engine.boxes[container.name].serves
        ]
        for node in self._two:
            if node.process is None:
                continue
            view = next(g for g in node.process.cluster.view().groups if g.name == group.name)
            if view.held != (node is holder):
                found.append(f"{node.name} says held={view.held} of {group.name}")
            if node is holder:  # it may have begun to mend what it found before the heal
                found += [
                    f"{node.name} does not see {one.name} serve"
                    for one in view.containers
                    if not one.serving
                ]
        return found

    def _rest_trouble(self, holder: Node, group: ResourceGroup) -> list[str]:
        boxes = self._two.peer_of(holder).host.engine.boxes
        return [
            f"{container.name} is {box.state} where it should stand by"
            for container in group.containers
            if (box := boxes[container.name]).state not in _REST[box.settings.standby]
        ]


def _not_calm(view: ClusterView) -> list[str]:
    own, peer = view.nodes
    found = []
    if view.state is not ResourceState.STABLE or not view.stable:
        found.append(f"is in state {view.state.name}, stable={view.stable}")
    if view.standby is not StandbyState.NOT:
        found.append(f"is in standby {view.standby.value}")
    if own.status is not NodeStatus.ACTIVE or peer.status is not NodeStatus.ACTIVE:
        found.append(f"is {own.status} and sees its peer {peer.status}")
    if not view.ready:
        found.append(f"is not ready: {'; '.join(view.reasons)}")
    if view.split_brain:
        found.append("suspects a split brain")
    found += [
        f"has {link.name} {link.status}: {link.reason}"
        for link in (*own.links, *peer.links)
        if link.status is not LinkStatus.UP or not link.open
    ]
    return found
