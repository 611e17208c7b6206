"""One or two real clusters in virtual time, and what they say and wish, ready to be read.

A ``World`` is the clock. A ``Node`` is a real ``Cluster`` with simple hands (hands.py); it keeps
what it sent as messages, what it told as occurrences, and what it wished as actions, each with its
instant. The other end of its links is a scripted peer (scripted.py) or, in a ``Wired`` pair, the
other node. Nothing here knows what is right.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final, TypeVar

from sidecar.core.actions import Action, Answer, Exit, Report, SendPacket
from sidecar.core.cluster import Cluster
from sidecar.core.events import (
    CarrierChanged,
    Event,
    LinkOpened,
    PacketReceived,
    ServiceChanged,
    Woke,
)
from sidecar.core.occurrences import Occurrence
from sidecar.core.params import (
    Address,
    Boot,
    Container,
    Link,
    Params,
    ResourceGroup,
    Timing,
)
from sidecar.core.terms import (
    SECOND,
    AutoFailback,
    ContainerFacts,
    ContainerState,
    LinkName,
    Medium,
    Moment,
    NodeName,
)
from sidecar.wire import fields
from sidecar.wire.auth import Key, Keyring, Method
from sidecar.wire.codec import unseal
from sidecar.wire.message import Message
from tests.core.hands import Hands

NODE: Final = NodeName("node-a")
PEER: Final = NodeName("node-b")
ETH1: Final = LinkName("eth1")
ETH2: Final = LinkName("eth2")
VIP: Final = "10.0.0.100"
VIP_OF_PEER: Final = "10.0.0.101"
KEY: Final = Key(1, Method.SHA1, b"a key of the tests")
NODE_UUID: Final = bytes(range(16))
PEER_UUID: Final = bytes(range(16, 32))
MACS: Final = {NODE: "02:00:00:00:00:0a", PEER: "02:00:00:00:00:0b"}
START_NS: Final = 1_000 * SECOND
"""An instant without meaning, as a boot clock shows it."""
WALL_S: Final = 0x6B000000
_SPINS_MAX: Final = 1_000

T = TypeVar("T", bound=Occurrence)
A = TypeVar("A", bound=Action)


# --- what a node is told -------------------------------------------------------------------------


def a_timing(**changes: Any) -> Timing:
    """Deadtime 1 s, as in the captured scenarios."""
    timing = Timing(
        keepalive_ns=200_000_000,
        warntime_ns=600_000_000,
        deadtime_ns=1 * SECOND,
        initdead_ns=3 * SECOND,
        lease_s=1,
    )
    return replace(timing, **changes)


def a_link(name: LinkName = ETH1, medium: Medium = Medium.UCAST) -> Link:
    return Link(name=name, medium=medium, device=str(name))


def a_group(preferred: NodeName = NODE, vip: str = VIP, *containers: str) -> ResourceGroup:
    address = Address(name=vip, prefix=24, interface="eth0", label="eth0:0")
    resources: tuple[Address | Container, ...] = (
        address,
        *(Container(name=name) for name in containers),
    )
    return ResourceGroup(name=f"{vip}/24/eth0:0", preferred=preferred, resources=resources)


def some_params(**changes: Any) -> Params:
    """node-a of node-a and node-b; one link; one group, which prefers node-a."""
    params = Params(
        node=NODE,
        peer=PEER,
        timing=a_timing(),
        auto_failback=AutoFailback.ON,
        links=(a_link(),),
        groups=(a_group(NODE, VIP, "nginx"),),
        keyring=Keyring(KEY, (KEY,)),
    )
    return replace(params, **changes)


def mirrored(params: Params) -> Params:
    """The same files on the other node."""
    return replace(params, node=params.peer, peer=params.node)


# --- time ----------------------------------------------------------------------------------------


class World:
    """Virtual time: what is planned happens in order, and each node is woken at its deadline."""

    def __init__(self) -> None:
        self.ns = START_NS
        self.nodes: list[Node] = []
        self._plans: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0

    def later(self, after_ns: int, then: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._plans, (self.ns + after_ns, self._order, then))

    def run(self, duration_ns: int) -> None:
        """Let this much time pass."""
        self.run_to(self.ns + duration_ns)

    def run_to(self, end_ns: int) -> None:
        spins = 0
        while (due_ns := self._next_ns()) is not None and due_ns <= end_ns:
            spins = spins + 1 if due_ns <= self.ns else 0
            assert spins < _SPINS_MAX, "time stands still: a deadline is armed anew at once"
            self.ns = max(self.ns, due_ns)
            self._happen()
        self.ns = end_ns

    def run_until(self, condition: Callable[[], bool], limit_ns: int = 30 * SECOND) -> None:
        """Let time pass until something is so; it is a failure when it does not come to be."""
        end_ns = self.ns + limit_ns
        while not condition():
            due_ns = self._next_ns()
            assert due_ns is not None, "nothing is left that could happen"
            assert due_ns <= end_ns, "it did not come to be in time"
            self.run_to(due_ns)

    def _next_ns(self) -> int | None:
        planned = [self._plans[0][0]] if self._plans else []
        deadlines = [node.deadline_ns for node in self.nodes]
        return min((ns for ns in [*planned, *deadlines] if ns is not None), default=None)

    def _happen(self) -> None:
        if self._plans and self._plans[0][0] <= self.ns:
            heapq.heappop(self._plans)[2]()
            return
        for node in self.nodes:
            if node.deadline_ns is not None and node.deadline_ns <= self.ns:
                node.step(Woke())
                return


# --- a node --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message as it left."""

    ns: int
    link: LinkName
    message: Message

    @property
    def kind(self) -> str:
        return self.message.kind

    @property
    def seq(self) -> int | None:
        return self.message.hex_int(fields.SEQ)

    def get(self, name: str) -> str | None:
        return self.message.get(name)


class Node:
    """A real cluster with hands, and everything it did."""

    def __init__(
        self,
        world: World,
        params: Params | None = None,
        *,
        generation: int = 7,
        uuid: bytes = NODE_UUID,
        seed: int = 1,
    ) -> None:
        self.world = world
        self.params = params or some_params()
        boot = Boot(generation=generation, uuid=uuid)
        self.cluster = Cluster(self.params, Random(seed), boot)
        self.hands = Hands(world, self)
        self.carry: Callable[[LinkName, bytes], None] = lambda _link, _data: None
        """Where its packets go."""
        self.frozen = False
        self.exited = False
        self.sent: list[Sent] = []
        self.actions: list[tuple[int, Action]] = []
        self.told: list[tuple[int, Occurrence]] = []
        self.answers: list[Answer] = []
        world.nodes.append(self)

    @property
    def name(self) -> NodeName:
        return self.params.node

    @property
    def deadline_ns(self) -> int | None:
        return None if self.frozen or self.exited else self.cluster.deadline()

    def start(self) -> None:
        """The host as the first looks of the adapters find it, and every link open."""
        mac = MACS.get(self.name, "02:00:00:00:00:01")
        self.step(CarrierChanged(interface="eth0", up=True, mac=mac))
        for group in self.params.groups:
            for container in group.containers:
                self.sees(container.name, ContainerState.PAUSED, identity="1")
        for link in self.params.links:
            self.step(LinkOpened(link=link.name))

    def sees(self, container: str, state: ContainerState, **more: Any) -> None:
        """The engine shows the container so."""
        self.step(ServiceChanged(container=container, facts=ContainerFacts(state=state, **more)))

    def step(self, event: Event) -> None:
        if self.frozen or self.exited:
            return
        now = Moment(ns=self.world.ns, wall_s=WALL_S + self.world.ns // SECOND)
        for action in self.cluster.step(event, now):
            self.actions.append((self.world.ns, action))
            self._carry_out(action)

    def hear(self, link: LinkName, data: bytes) -> None:
        self.step(PacketReceived(link=link, data=data))

    def die(self) -> None:
        """As by a power cut."""
        self.exited = True
        self.hands.addresses.clear()

    def _carry_out(self, action: Action) -> None:
        match action:
            case SendPacket():
                message = unseal(action.data, self.params.keyring).message
                self.sent.append(Sent(ns=self.world.ns, link=action.link, message=message))
                self.carry(action.link, action.data)
            case Report():
                self.told.append((self.world.ns, action.occurrence))
            case Answer():
                self.answers.append(action)
            case Exit():
                self.exited = True
            case _:
                self.hands.carry_out(action)

    # --- what it did, for a test to read -------------------------------------------------------

    def said(self, *kinds: str) -> list[Sent]:
        """What it sent of these kinds, by its first link."""
        first = self.params.links[0].name
        return [sent for sent in self.sent if sent.link == first and sent.kind in kinds]

    def told_of(self, kind: type[T]) -> list[T]:
        return [occurrence for _, occurrence in self.told if isinstance(occurrence, kind)]

    def when_told(self, kind: type[Occurrence]) -> list[int]:
        return [ns for ns, occurrence in self.told if isinstance(occurrence, kind)]

    def wished(self, kind: type[A]) -> Iterator[tuple[int, A]]:
        return ((ns, action) for ns, action in self.actions if isinstance(action, kind))

    def forget(self) -> None:
        """What was done so far is not what the test is about."""
        for record in (self.sent, self.actions, self.told, self.answers):
            record.clear()


# --- two nodes -----------------------------------------------------------------------------------


class Wired:
    """Two real clusters whose links lead to each other."""

    DELAY_NS: Final = 1_000_000

    def __init__(self, params: Params | None = None, *, seed: int = 1) -> None:
        params = params or some_params()
        self.world = World()
        self.delay_ns = self.DELAY_NS
        self.a = Node(self.world, params, uuid=NODE_UUID, seed=seed)
        self.b = Node(self.world, mirrored(params), uuid=PEER_UUID, seed=seed + 1)
        self.cut: set[LinkName] = set()
        self.loses: Callable[[Node, bytes], bool] = lambda _receiver, _data: False
        """Whether a packet to this node is lost, for a test that loses some."""
        self.wire(self.a)
        self.wire(self.b)

    @property
    def nodes(self) -> tuple[Node, Node]:
        return self.a, self.b

    def start(self) -> None:
        """Both start, and settle."""
        for node in self.nodes:
            node.start()
        self.world.run(1 * SECOND)

    def partition(self) -> None:
        self.cut = {link.name for link in self.a.params.links}

    def heal(self) -> None:
        self.cut = set()

    def restart_b(self, generation: int) -> Node:
        self.b.die()
        self.b = Node(self.world, self.b.params, uuid=PEER_UUID, seed=9, generation=generation)
        self.wire(self.b)
        return self.b

    def holders(self, vip: str = VIP) -> list[NodeName]:
        return [node.name for node in self.nodes if vip in node.hands.addresses]

    def wire(self, sender: Node) -> None:
        """Lead this node's links to whoever is the other one when a packet arrives."""
        self._wire(sender, (lambda: self.b) if sender is self.a else (lambda: self.a))

    def _wire(self, sender: Node, receiver: Callable[[], Node]) -> None:
        def carry(link: LinkName, data: bytes) -> None:
            def arrive() -> None:
                if link not in self.cut and not self.loses(receiver(), data):
                    receiver().hear(link, data)

            self.world.later(self.delay_ns, arrive)

        sender.carry = carry
