"""What the cores decide must be justified by the facts, which only the world knows whole.

older stays    of two owners the one that has held longer keeps the address
no worse       nothing is handed over to a node that has long been unable to serve
too early      nothing goes back to a node that has not yet lived for the failback's wait
no need        a service that works is not given up for its failure; no failback where it is off
deaf itself    a node that slept counts the silence of the other one from its waking
by sight       a node without carrier hands over to one that has it
"""

from sidecar.core.actions import ClaimAddress, ReleaseAddress
from sidecar.core.occurrences import (
    HAND_OVER_REASONS,
    AddressGivenUp,
    AddressHeld,
    AddressTaken,
    GiveUpBegan,
    NodeDied,
    TakeoverBegan,
    TurnLate,
)
from sidecar.core.params import ResourceGroup
from sidecar.core.terms import SECOND, AutoFailback
from tests.sim.cluster import TwoNodes
from tests.sim.condition import Condition
from tests.sim.hindrance import FOREVER_NS, Hindrances
from tests.sim.node import Node
from tests.sim.violation import Violation
from tests.sim.windows import (
    CARRIER_TOLD_NS,
    PARTED_LATELY_NS,
    READY_TOLD_NS,
    WORKED_NS,
    stranded_ns,
)
from tests.sim.witness import Change, Life, LifeChanged, Occurred, Wished


class HeldSince:
    """Since when each node has held an address, as far as its core knows."""

    def __init__(self, two: TwoNodes) -> None:
        self._two = two
        self._held_ns: dict[tuple[str, str], int] = {}
        self._lost: dict[tuple[str, str], tuple[int, int]] = {}
        """What was lost while held: when, and since when it had been held."""
        self._last_lost_ns: dict[tuple[str, str], int] = {}

    def lost_ns(self, node: Node, address: str) -> int:
        """When the node last lost it or let go of it, for longer than an instant; -1 if never."""
        return self._last_lost_ns.get((node.name, address), -1)

    def of(self, node: Node, address: str) -> int | None:
        return self._held_ns.get((node.name, address))

    def __call__(self, change: Change) -> None:
        match change:
            case Occurred(occurrence=AddressHeld() as held):
                self._held_ns.setdefault((change.node, held.address), self._two.world.now_ns)
            case Occurred(occurrence=AddressTaken() as taken):
                self._lose(change.node, taken.address)
            case Wished(action=ClaimAddress() as claim):
                self._claim(change.node, claim.address.name)
            case Occurred(occurrence=AddressGivenUp() as gone):
                self._held_ns.pop((change.node, gone.address), None)
            case Wished(action=ReleaseAddress() as release):
                # Such as without a carrier: another may take it, although a slow kernel keeps it.
                self._held_ns.pop((change.node, release.address.name), None)
                self._last_lost_ns[change.node, release.address.name] = self._two.world.now_ns
            case Occurred(occurrence=TurnLate()) | LifeChanged():
                for node, address in tuple(self._held_ns):
                    if node == change.node:
                        del self._held_ns[node, address]
            case _:
                return

    def _lose(self, node: str, address: str) -> None:
        now_ns = self._two.world.now_ns
        self._lost[node, address] = now_ns, self._held_ns.pop((node, address), now_ns)
        self._last_lost_ns[node, address] = now_ns

    def _claim(self, node: str, address: str) -> None:
        lost_ns, since_ns = self._lost.pop((node, address), (-1, 0))
        if lost_ns == self._two.world.now_ns:  # put back before anybody else can have taken it
            self._held_ns[node, address] = since_ns
            del self._last_lost_ns[node, address]


class OlderStays:
    """Rule 5: a heal costs the owner nothing.

    A claim is as old as the decision. Who lost what it held after the other one had decided to
    take it has the younger claim, although what the other one decided may come true much later.
    """

    def __init__(self, two: TwoNodes) -> None:
        self._two = two
        self._since = HeldSince(two)
        self._decided_ns: dict[tuple[str, str], int] = {}

    def __call__(self, change: Change) -> None:
        self._since(change)
        match change:
            case Occurred(occurrence=TakeoverBegan() as takeover):
                for name in takeover.groups:
                    self._decided_ns[change.node, name] = self._two.world.now_ns
            case Occurred(occurrence=GiveUpBegan(reason="conflict") as began):
                for group in self._two.pair.groups:
                    if group.name in began.groups:
                        self._must_be_younger(self._two.node(change.node), group)
            case _:
                return

    def _side_of(self, preferred: str) -> list[str]:
        """All that one node prefers is claimed as one: who lost a part of it claims it anew."""
        side = [group for group in self._two.pair.groups if group.preferred == preferred]
        return [address.name for group in side for address in group.addresses]

    def _side_since_ns(self, node: Node, preferred: str) -> int | None:
        since = [self._since.of(node, address) for address in self._side_of(preferred)]
        held = [ns for ns in since if ns is not None]
        return max(held) if len(held) == len(since) else None

    def _must_be_younger(self, node: Node, group: ResourceGroup) -> None:
        peer = self._two.peer_of(node)
        own_ns = self._side_since_ns(node, group.preferred)
        lost_ns = max(self._since.lost_ns(node, name) for name in self._side_of(group.preferred))
        decided_ns = self._decided_ns.get((peer.name, group.name), FOREVER_NS)
        if decided_ns <= lost_ns < self._two.world.now_ns:
            return
        for address in group.addresses:
            other_ns = self._since.of(peer, address.name)
            if own_ns is None or other_ns is None:
                continue
            if own_ns + PARTED_LATELY_NS < other_ns:
                older_s = (other_ns - own_ns) / SECOND
                raise Violation(
                    "older stays",
                    f"{node.name} lets {address.name} go, and has held it {older_s:.3f} s longer",
                )


class NoWorse:
    """Rule 6: nothing is handed over to a node that is not ready."""

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._since = hindrances

    def __call__(self, change: Change) -> None:
        match change:
            case Occurred(occurrence=GiveUpBegan() as began) if began.reason in HAND_OVER_REASONS:
                if began.reason != "shutdown":
                    self._must_be_able(self._two.peer_of(self._two.node(change.node)), began)
            case _:
                return

    def _must_be_able(self, taker: Node, began: GiveUpBegan) -> None:
        late_ns = 2 * self._two.pair.timing.deadtime_ns
        unable_ns = self._since.unable[taker.name].lasts_ns()
        unplugged_ns = self._since.unplugged[taker.name].lasts_ns()
        if unable_ns > READY_TOLD_NS + late_ns or unplugged_ns > CARRIER_TOLD_NS + late_ns:
            raise Violation(
                "no worse",
                f"{taker.name} is handed a group ({began.reason}), and has been unable to serve "
                f"for {unable_ns / SECOND:.3f} s",
            )


class TooEarly:
    """R9: a failback waits until its preferred node has been ready for the set time.

    A life that is shorter than that cannot have been. Ipfail moves what it moves without a wait.
    """

    def __init__(self, two: TwoNodes) -> None:
        self._two = two
        self._began_ns: dict[str, int] = {}

    def __call__(self, change: Change) -> None:
        match change:
            case LifeChanged(what=Life.STARTS):
                self._began_ns[change.node] = self._two.world.now_ns
            case Occurred(occurrence=GiveUpBegan(reason="failback")):
                if not self._two.pair.ipfail:
                    self._must_have_waited(self._two.peer_of(self._two.node(change.node)))
            case _:
                return

    def _must_have_waited(self, taker: Node) -> None:
        lived_ns = self._two.world.now_ns - self._began_ns.get(taker.name, -FOREVER_NS)
        # The clock of the node that waits may run a little faster.
        if lived_ns < self._two.pair.failback_delay() * 99 // 100:
            raise Violation(
                "too early",
                f"{taker.name} is handed its groups back after {lived_ns / SECOND:.3f} s of life",
            )


class NoNeed:
    """Rule 6: what works is not given up; and an operator's auto_failback off is obeyed."""

    def __init__(self, two: TwoNodes) -> None:
        self._two = two
        self._failed_ns: dict[tuple[str, str], int] = {}
        """When a group was last seen not to be served whole on a node that it belonged to."""

    def __call__(self, change: Change) -> None:
        match change:
            case Occurred(occurrence=GiveUpBegan() as began):
                self._must_be_needed(self._two.node(change.node), began)
            case Occurred() | Wished():
                return
            case _:
                self._look()

    def _look(self) -> None:
        for node in self._two:
            for group in self._two.pair.groups:
                if not self._works(node, group):
                    self._failed_ns[node.name, group.name] = self._two.world.now_ns

    @staticmethod
    def _works(node: Node, group: ResourceGroup) -> bool:
        host = node.host
        here = node.runs and all(host.kernel.holds(address.name) for address in group.addresses)
        return here and all(host.engine.boxes[c.name].serves for c in group.containers)

    def _must_be_needed(self, node: Node, began: GiveUpBegan) -> None:
        if began.reason == "failback" and self._two.pair.auto_failback is AutoFailback.OFF:
            raise Violation("no need", f"{node.name} hands back, and auto_failback is off")
        if began.reason != "service_failed":
            return
        sides = {g.preferred for g in self._two.pair.groups if g.name in began.groups}
        # What prefers the same node moves together.
        moved = [g for g in self._two.pair.groups if g.preferred in sides]
        failed_ns = max(self._failed_ns.get((node.name, g.name), -FOREVER_NS) for g in moved)
        works_ns = self._two.world.now_ns - failed_ns
        if works_ns > WORKED_NS:
            raise Violation(
                "no need",
                f"{node.name} gives {began.groups} up for a failure, and all has been served "
                f"for {works_ns / SECOND:.3f} s",
            )


class DeafItself:
    """Rule 2: a node that slept does not hold the other one for dead for that."""

    def __init__(self, two: TwoNodes) -> None:
        self._two = two
        self._frozen_ns: dict[str, int] = {}
        self._slept: dict[str, tuple[int, int]] = {}
        """When each node woke last, and how long it had slept."""

    def __call__(self, change: Change) -> None:
        now_ns = self._two.world.now_ns
        match change:
            case LifeChanged(what=Life.FROZEN):
                self._frozen_ns[change.node] = now_ns
            case LifeChanged(what=Life.THAWED):
                self._slept[change.node] = now_ns, now_ns - self._frozen_ns[change.node]
            case LifeChanged():
                self._slept.pop(change.node, None)
            case Occurred(occurrence=NodeDied(heard=True) as died):
                self._must_have_listened(change.node, died)
            case _:
                return

    def _must_have_listened(self, node: str, died: NodeDied) -> None:
        timing = self._two.pair.timing
        woke_ns, slept_ns = self._slept.get(node, (-FOREVER_NS, 0))
        listened_ns = self._two.world.now_ns - woke_ns
        # Its own clock may run a little faster; a silence that is shorter had another reason.
        enough_ns = timing.deadtime_ns * 99 // 100
        if died.silence_ns < timing.deadtime_ns or slept_ns < timing.deadtime_ns * 2:
            return
        if listened_ns < enough_ns:
            raise Violation(
                "deaf itself",
                f"{node} slept for {slept_ns / SECOND:.3f} s, and holds {died.node} for dead "
                f"{listened_ns / SECOND:.3f} s after it woke",
            )


class BySight:
    """A holder without carrier serves nobody: it hands over to a peer that could serve."""

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._since = hindrances
        self._conditions = [self._condition(node) for node in two]

    def __call__(self, change: Change) -> None:
        if not isinstance(change, (Occurred, Wished)):
            for condition in self._conditions:
                condition.look()

    def _condition(self, node: Node) -> Condition:
        two, since = self._two, self._since
        peer = two.peer_of(node)

        def stranded() -> bool:
            unplugged = node.runs and node.host.powered and not node.host.on_the_lan
            heard = not since.deaf.now and not since.unfit[peer.name].now
            stopping = peer.process is None or peer.process.stopping
            held = bool(node.host.kernel.addresses) and not node.in_maintenance
            return unplugged and heard and not stopping and held

        def judge(age_ns: int) -> None:
            raise Violation(
                "by sight", f"{node.name} has no carrier, and keeps its addresses for {age_ns} ns"
            )

        return Condition(
            two,
            holds=stranded,
            allowed_ns=lambda _: stranded_ns(node, two.pair.timing),
            judge=judge,
        )
