"""More of what must hold at every instant: promises of docs/safety.md that speak of a certain time.

Each is a ``Condition``: something bad that is excused for as long as windows.py says.
"""

from sidecar.core.occurrences import HeartbeatLate, NodeQuiet, TakeoverBegan
from sidecar.core.params import ResourceGroup
from sidecar.core.terms import SECOND
from tests.sim.cluster import TwoNodes
from tests.sim.condition import Condition
from tests.sim.hindrance import FOREVER_NS, Hindrances, could_serve
from tests.sim.node import Node
from tests.sim.violation import Violation
from tests.sim.windows import ANNOUNCED_NS, RELEASE_NS, REPEATED_NS, WARM_AFTER_NS, AbsenceWindows
from tests.sim.witness import Change, ContainerMoved, Occurred, Wished


class CutOff:
    """Rule 4: a node that hears neither the peer nor any ping node lets its addresses go.

    But for maintenance, in which nobody takes them either; and but for a peer that it can meet on
    the service network, where that one asks for the address before it takes it.
    """

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._since = hindrances
        self._windows = AbsenceWindows(two, hindrances)
        self._conditions = [self._condition(node) for node in two] if two.pair.ping else []

    def __call__(self, change: Change) -> None:
        if not isinstance(change, (Occurred, Wished)):
            for condition in self._conditions:
                condition.look()

    def _meets(self, node: Node) -> bool:
        lan, peer = self._two.lan, self._two.peer_of(node)
        return peer.runs and lan.reaches_switch(node.host) and lan.reaches_switch(peer.host)

    def _condition(self, node: Node) -> Condition:
        def holds() -> bool:
            alone = node.runs and not self._two.arbiters.answers(node.name)
            deaf = not self._since.hears[node.name].now and not self._meets(node)
            held = bool(node.host.kernel.addresses) and not node.in_maintenance
            return alone and deaf and held

        def judge(age_ns: int) -> None:
            names = " and ".join(node.host.kernel.addresses)
            age = f"{age_ns / SECOND:.3f} s"
            raise Violation(
                "cut off", f"{node.name} hears neither peer nor ping node for {age}; has {names}"
            )

        return Condition(
            self._two, holds=holds, allowed_ns=lambda _: self._windows.cut_off_ns(node), judge=judge
        )


class TakenOver:
    """What a node held that is gone, or not heard, is held by one of the two, if the other one is
    well: R7, and rule 4 for the one exception. Where there are ping nodes, and this node hears
    neither them nor its peer, it claims nothing: if that is so on both nodes, nobody serves until
    one of them hears something (docs/safety.md, "What two nodes cannot know").
    """

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._since = hindrances
        self._windows = AbsenceWindows(two, hindrances)
        self._conditions = [
            self._condition(node, group) for node in two for group in two.pair.groups
        ]

    def __call__(self, change: Change) -> None:
        if not isinstance(change, (Occurred, Wished)):
            for condition in self._conditions:
                condition.look()

    def _condition(self, node: Node, group: ResourceGroup) -> Condition:
        two, peer = self._two, self._two.peer_of(node)

        def holds() -> bool:
            if self._since.hears[node.name].now or peer.starting or not could_serve(node):
                return False
            addresses = [address.name for address in group.addresses]
            taken = all(node.host.kernel.holds(address) for address in addresses)
            used = any(
                peer.host.kernel.holds(address) or two.stranger.answers_for(address)
                for address in addresses
            ) or self._seems_used(node)
            cut_off = two.pair.ping and not two.arbiters.answers(node.name)
            stopping = node.process is None or node.process.stopping
            frozen = node.in_maintenance or peer.in_maintenance
            return not (taken or used or cut_off or stopping or frozen)

        def judge(age_ns: int) -> None:
            age = f"{age_ns / SECOND:.3f} s"
            raise Violation(
                "not taken over",
                f"{peer.name} is not heard, {node.name} is well, {group.name}: {age}",
            )

        def allowed_ns(since_ns: int) -> int:
            return self._windows.takeover_ns(node, since_ns)

        return Condition(two, holds=holds, allowed_ns=allowed_ns, judge=judge)

    def _seems_used(self, node: Node) -> bool:
        """Whoever knows the dead one's hardware address sees through a router that answers."""
        met = node.process is not None and node.process.cluster.peer.met
        return self._two.lan.router_answers and not met


class Warm:
    """Rule 7: a container that had the time between warntime and deadtime to start has used it."""

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._since = hindrances
        self._quiet_ns: dict[str, int] = {}
        """Since when a node that could take over prepares for it, undisturbed."""

    def __call__(self, change: Change) -> None:
        match change:
            case Occurred(occurrence=NodeQuiet()):
                node = self._two.node(change.node)
                process = None if node.in_maintenance else node.process
                if process is not None and process.cluster.view().ready:
                    self._quiet_ns[change.node] = self._two.world.now_ns
            case Occurred(occurrence=HeartbeatLate()) | ContainerMoved(serves=False):
                self._quiet_ns.pop(change.node, None)  # heard again, or begun anew
            case Occurred(occurrence=TakeoverBegan(reason="peer_dead") as began):
                self._must_be_warm(self._two.node(change.node), began.groups)
            case _:
                return

    def _must_be_warm(self, node: Node, groups: tuple[str, ...]) -> None:
        quiet_ns = self._quiet_ns.pop(node.name, None)
        now_ns = self._two.world.now_ns
        if quiet_ns is None or now_ns - quiet_ns < WARM_AFTER_NS:
            return
        unfit, asleep = self._since.unfit[node.name], self._since.asleep[node.name]
        if max(unfit.at_ns, asleep.at_ns) > quiet_ns or unfit.now:
            return
        for group in self._two.pair.groups:
            cold = [c.name for c in group.containers if not node.host.engine.boxes[c.name].serves]
            if group.name in groups and cold:
                age = f"{(now_ns - quiet_ns) / SECOND:.3f} s"
                raise Violation(
                    "not warm", f"{node.name} takes over, and {', '.join(cold)} is cold after {age}"
                )


class Found:
    """Rules 5 and 8: where one node has an address, a client that is reached sends there."""

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._since = hindrances
        self._doubled_ns: dict[str, int] = {}
        self._strayed_ns = 0
        """When the client was last out of the reach of a host, or misled by a stranger."""
        self._conditions = [self._condition(address.name) for address in two.pair.addresses]

    def __call__(self, change: Change) -> None:
        if isinstance(change, (Occurred, Wished)):
            return
        two = self._two
        misled = any(two.stranger.answers_for(address.name) for address in two.pair.addresses)
        if misled or not all(two.lan.client_reaches(node.host) for node in two):
            self._strayed_ns = two.world.now_ns
        for address in two.pair.addresses:
            if len(two.holders(address.name)) > 1:
                self._doubled_ns[address.name] = two.world.now_ns
        for condition in self._conditions:
            condition.look()

    def _holder(self, address: str) -> Node | None:
        holders = self._two.holders(address)
        return holders[0] if len(holders) == 1 else None

    def _condition(self, address: str) -> Condition:
        two = self._two

        def astray() -> bool:
            holder = self._holder(address)
            if holder is None or not holder.runs or not two.lan.client_reaches(holder.host):
                return False
            return two.lan.client_cache.get(address) != holder.host.mac

        def judge(age_ns: int) -> None:
            holder = self._holder(address)
            name = holder.name if holder is not None else "nobody"
            raise Violation(
                "not found",
                f"{name} has {address}, and no client knows for {age_ns / SECOND:.3f} s",
            )

        def allowed_ns(since_ns: int) -> int:
            """The end of two owners is announced once it is known, if they hear each other."""
            since = self._since
            missed_ns = max(self._strayed_ns, since.parted.at_ns, since.any_asleep.at_ns)
            ended_ns = max(missed_ns, since.deaf.at_ns, since_ns)
            told_ns = ANNOUNCED_NS + RELEASE_NS + 2 * two.pair.timing.deadtime_ns
            doubled = self._doubled_ns.get(address, -FOREVER_NS) >= missed_ns
            if doubled and not since.deaf.now:
                return ended_ns - since_ns + told_ns
            if missed_ns + REPEATED_NS > since_ns or since.deaf.within(REPEATED_NS):
                return ended_ns - since_ns + REPEATED_NS
            return told_ns

        return Condition(two, holds=astray, allowed_ns=allowed_ns, judge=judge)
