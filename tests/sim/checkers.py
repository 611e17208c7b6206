"""Safety: what must hold at every instant, whatever the faults.

The world tells these witnesses of each change, so nothing is overlooked between two looks:

    one owner    never two hosts that hold one address and can be reached, outside the windows
    served       an address never stays where no container answers behind it
    order        containers first, then the address; the address first, then the containers
    cut off      who hears neither peer nor ping node lets go (this and the next: promises.py)
    taken over   what a dead node held is held by the other one, if that one can serve
    warm         at deadtime the container serves already
    found        clients are led to the holder
    honest       nobody announces what it does not hold, or without end
    decisions    what the cores decide is justified by the facts (decisions.py)
    exit         a stop comes to its end, and leaves no address behind
    pace         no node turns without end

A broken rule raises ``Violation`` at the instant at which it is certain.
"""

from functools import partial
from typing import Final

from sidecar.core.actions import Announce, PauseService, StopService
from sidecar.core.params import ResourceGroup
from sidecar.core.terms import SECOND
from tests.sim.cluster import TwoNodes
from tests.sim.condition import Condition
from tests.sim.decisions import BySight, DeafItself, NoNeed, NoWorse, OlderStays, TooEarly
from tests.sim.docker import RUNNING, EngineMode
from tests.sim.hindrance import Hindrances
from tests.sim.kernel import REMOVED, RENEWED
from tests.sim.node import Node
from tests.sim.process import Process
from tests.sim.promises import CutOff, Found, TakenOver, Warm
from tests.sim.trace import seconds
from tests.sim.violation import Violation
from tests.sim.windows import (
    CLAIM_WORTH_NS,
    ENGINE_SEEN_NS,
    JUST_NOW_NS,
    PUT_BACK_NS,
    STOP_MAX_NS,
    OwnerWindows,
    ServiceWindows,
)
from tests.sim.witness import (
    AddressMoved,
    Change,
    ContainerMoved,
    Life,
    LifeChanged,
    Occurred,
    Wished,
)


class OneOwner:
    """Never two reachable owners of one address."""

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._windows = OwnerWindows(two, hindrances)
        self._conditions = [self._condition(address.name) for address in two.pair.addresses]

    def __call__(self, change: Change) -> None:
        if isinstance(change, (Occurred, Wished)):
            return
        if isinstance(change, AddressMoved):
            node = self._two.node(change.node)
            if change.present:
                self._windows.claimed(node, change.address, asked=change.why != RENEWED)
            elif change.why == REMOVED:
                self._windows.removed(node, change.address)
        for condition in self._conditions:
            condition.look()

    def _condition(self, address: str) -> Condition:
        def doubled() -> bool:
            return len(self._two.holders(address)) > 1 and self._two.lan.whole()

        def judge(age_ns: int) -> None:
            raise Violation(
                "two owners",
                f"{address} is on both hosts for {age_ns / SECOND:.3f} s ({self._windows.reason})",
            )

        def allowed_ns(since_ns: int) -> int:
            return self._windows.allowed_ns(address, since_ns)

        return Condition(self._two, holds=doubled, allowed_ns=allowed_ns, judge=judge)


class Served:
    """An address leads to containers that answer."""

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._windows = ServiceWindows(two, hindrances)
        self._conditions = [
            self._condition(node, group) for node in two for group in two.pair.groups
        ]

    def __call__(self, change: Change) -> None:
        if isinstance(change, (Occurred, Wished)):
            return
        for condition in self._conditions:
            condition.look()

    def _condition(self, node: Node, group: ResourceGroup) -> Condition:
        host = node.host

        def unserved() -> bool:
            here = any(host.kernel.holds(address.name) for address in group.addresses)
            if not here or not self._two.lan.reaches_switch(host):
                return False
            return not all(host.engine.boxes[c.name].serves for c in group.containers)

        def judge(age_ns: int) -> None:
            age = f"{age_ns / SECOND:.3f} s"
            raise Violation(
                "not served", f"{node.name} holds {group.name}, and nothing answers for {age}"
            )

        def allowed_ns(since_ns: int) -> int:
            return self._windows.allowed_ns(node, group, since_ns)

        return Condition(self._two, holds=unserved, allowed_ns=allowed_ns, judge=judge)


class Order:
    """Containers before addresses on the way up, addresses before containers on the way down."""

    def __init__(self, two: TwoNodes) -> None:
        self._two = two
        self._changed_ns: dict[tuple[str, str], int] = {}
        self._gone_ns: dict[tuple[str, str], int] = {}
        self._woke_ns: dict[str, int] = {}

    def __call__(self, change: Change) -> None:
        match change:
            case ContainerMoved():
                self._changed_ns[change.node, change.container] = self._two.world.now_ns
            case AddressMoved(present=False):
                self._gone_ns[change.node, change.address] = self._two.world.now_ns
            case LifeChanged(what=Life.THAWED):
                self._woke_ns[change.node] = self._two.world.now_ns
            case AddressMoved():
                self._must_be_served(change.node, change.address)
            case Wished(action=PauseService() | StopService() as action):
                self._must_be_released(change.node, action)
            case Wished(action=Announce() as action):
                self._must_be_held(change.node, action.address.name)
            case _:
                return

    def _must_be_served(self, node: str, address: str, *, late: bool = False) -> None:
        """Rule order, up."""
        host = self._two.node(node).host
        engine = host.engine
        now_ns = self._two.world.now_ns
        held_up = now_ns - host.kernel.held_up_ns < JUST_NOW_NS
        put_back_ns = CLAIM_WORTH_NS if held_up or late else PUT_BACK_NS
        if now_ns - self._gone_ns.get((node, address), -CLAIM_WORTH_NS) < put_back_ns:
            return
        if engine.mode is not EngineMode.UP or now_ns - engine.silent_ns < ENGINE_SEEN_NS:
            return  # what is unknown is decided by the checks alone
        if held_up and not late:
            # The request hung in the kernel: its sender takes back at once what comes too late.
            again = partial(self._must_be_served, node, address, late=True)
            self._two.world.call_later(JUST_NOW_NS, again)
            return
        if late and not host.kernel.holds(address):
            return
        # What came through late, but in time, was asked for when the container still ran.
        unread_ns = CLAIM_WORTH_NS if late else JUST_NOW_NS
        for container in self._group_of(address).containers:
            changed_ns = self._changed_ns.get((node, container.name), -SECOND)
            unread_since_ns = max(changed_ns, self._woke_ns.get(node, -SECOND))
            state = engine.boxes[container.name].state
            if state is not RUNNING and now_ns - unread_since_ns > unread_ns:
                raise Violation(
                    "order", f"{node} claimed {address} while {container.name} is {state}"
                )

    def _must_be_released(self, node: str, action: PauseService | StopService) -> None:
        """Rule order, down."""
        host = self._two.node(node).host
        if host.kernel.refusing or host.engine.mode is not EngineMode.UP:
            return
        for group in self._two.pair.groups:
            if all(container.name != action.container for container in group.containers):
                continue
            for address in group.addresses:
                if host.kernel.holds(address.name):
                    verb = type(action).__name__
                    raise Violation(
                        "order", f"{node}: {verb} {action.container} before {address.name} has gone"
                    )

    def _must_be_held(self, node: str, address: str) -> None:
        """Rule honest."""
        if self._two.node(node).host.kernel.holds(address):
            return
        now_ns = self._two.world.now_ns
        gone_ns = self._gone_ns.get((node, address), -SECOND)
        # What happened while it was frozen it cannot know before it has read all that waited.
        unread_since_ns = max(gone_ns, self._woke_ns.get(node, -SECOND))
        if now_ns - unread_since_ns > JUST_NOW_NS:
            raise Violation(
                "honest", f"{node} announces {address}, which went at {seconds(gone_ns).strip()}"
            )

    def _group_of(self, address: str) -> ResourceGroup:
        groups = self._two.pair.groups
        return next(g for g in groups if any(a.name == address for a in g.addresses))


class Endings:
    """A stop comes to its end, and who has exited in peace holds nothing."""

    def __init__(self, two: TwoNodes) -> None:
        self._two = two

    def __call__(self, change: Change) -> None:
        match change:
            case LifeChanged(what=Life.TOLD_TO_STOP):
                node = self._two.node(change.node)
                process = node.process
                self._two.world.call_later(
                    STOP_MAX_NS, lambda: self._must_have_ended(node, process)
                )
            case LifeChanged(what=Life.ENDED):
                kernel = self._two.node(change.node).host.kernel
                if kernel.addresses and not kernel.refusing:
                    raise Violation("exit", f"{change.node} ended and holds {kernel.addresses}")
            case _:
                return

    @staticmethod
    def _must_have_ended(node: Node, process: Process | None) -> None:
        if process is not None and node.process is process and process.life.runs:
            raise Violation("exit", f"{node.name} does not come to an end")


class Pace:
    """No node turns without end: looked at once in a virtual second."""

    TURNS_MAX: Final = 3000
    ANNOUNCEMENTS_MAX: Final = 60
    """Of all addresses of one node: a burst is six, and several reasons may come together."""

    def __init__(self, two: TwoNodes) -> None:
        self._two = two
        self._turns: dict[str, int] = {}
        self._announced: dict[str, int] = {}

    def __call__(self, change: Change) -> None:
        if isinstance(change, Wished) and isinstance(change.action, Announce):
            self._announced[change.node] = self._announced.get(change.node, 0) + 1

    def begin(self) -> None:
        self._two.world.call_later(SECOND, self._look)

    def _look(self) -> None:
        for node in self._two:
            turns = node.process.driver.turns if node.process is not None else 0
            done = turns - self._turns.get(node.name, 0)
            self._turns[node.name] = turns
            if done > self.TURNS_MAX:
                raise Violation("pace", f"{node.name} made {done} turns within a second")
            said = self._announced.pop(node.name, 0)
            if said > self.ANNOUNCEMENTS_MAX:
                raise Violation("pace", f"{node.name} announced {said} times within a second")
        self.begin()


def watch(two: TwoNodes) -> None:
    """Set all checkers up over a world."""
    hindrances = Hindrances(two)
    pace = Pace(two)
    two.stage.witness.add(hindrances)
    for checker in (
        OneOwner(two, hindrances),
        Served(two, hindrances),
        Order(two),
        CutOff(two, hindrances),
        TakenOver(two, hindrances),
        Warm(two, hindrances),
        Found(two, hindrances),
        OlderStays(two),
        NoWorse(two, hindrances),
        TooEarly(two),
        NoNeed(two),
        DeafItself(two),
        BySight(two, hindrances),
        Endings(two),
        pace,
    ):
        two.stage.witness.add(checker)
    pace.begin()
