"""A long life beside a peer that has the key and lies: bounded work, bounded memory, and recovery.

HOSTILE_SEEDS says how many lives are lived (CI: 4), HOSTILE_LIES how many lies each of them hears.
"""

import gc
import os
from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import pytest

from sidecar.core.actions import SendPacket
from sidecar.core.cluster import Cluster
from sidecar.core.events import LinkOpened, PacketReceived, ServiceChanged
from sidecar.core.params import Params
from sidecar.core.terms import (
    SECOND,
    AutoFailback,
    ContainerFacts,
    ContainerState,
    Medium,
    NodeStatus,
    ResourceState,
)
from tests.core.harness import ETH1, ETH2, NODE, PEER, Node, Wired, a_link, some_params
from tests.core.liar import Liar

SEEDS = range(int(os.environ.get("HOSTILE_SEEDS", "4")))
LIES = int(os.environ.get("HOSTILE_LIES", "400"))
STEP_MAX = 1100
"""Actions of one step: 250 requests by both links, after 250 repetitions by both, and some more."""
SENT_MAX_PER_S = 4500
"""The same in a second: 1000 requests and 1042 repetitions by both links, and some more."""
OBJECTS_MAX = 60_000
"""What is reachable from a core: its history of 500 messages, the rest is little."""


def params_of(seed: int) -> Params:
    """Each life with another configuration; a serial line carries the classic form."""
    return some_params(
        links=(a_link(ETH1), a_link(ETH2, Medium.SERIAL)),
        auto_failback=list(AutoFailback)[seed % len(AutoFailback)],
    )


class Watched:
    """Counts what one node does, step by step, and keeps nothing of it."""

    def __init__(self, node: Node) -> None:
        self.largest_step = 0
        self.most_sent_in_a_second = 0
        self._second = 0
        self._sent = 0
        self._heard = 0
        self._node = node
        step = node.cluster.step

        def watched(event: Any, now: Any) -> Any:
            actions = step(event, now)
            self._count(actions, now.ns, heard=isinstance(event, PacketReceived))
            return actions

        node.cluster.step = watched  # type: ignore[method-assign]

    def _count(self, actions: list[Any], ns: int, *, heard: bool) -> None:
        self.largest_step = max(self.largest_step, len(actions))
        if ns // SECOND != self._second:
            self._second, self._sent, self._heard = ns // SECOND, 0, 0
        self._heard += heard
        self._sent += sum(isinstance(action, SendPacket) for action in actions)
        # What is asked may be answered, once by each link, and its consequences told.
        answers = 6 * self._heard
        self.most_sent_in_a_second = max(self.most_sent_in_a_second, self._sent - answers)
        self._node.forget()


def objects_of(cluster: Cluster) -> int:
    """How many objects are reachable from it."""
    skipped = (type, ModuleType, FunctionType, MethodType, BuiltinFunctionType, str, bytes, int)
    seen: set[int] = set()
    waiting: list[Any] = [cluster]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, skipped):
            continue
        seen.add(id(one))
        waiting.extend(gc.get_referents(one))
    return len(seen)


def recover(pair: Wired) -> None:
    """What was broken here on the way is mended."""
    a = pair.a
    for link in a.params.links:
        a.step(LinkOpened(link=link.name))
    state = a.hands.containers.get("nginx", ContainerState.PAUSED)
    a.step(ServiceChanged(container="nginx", facts=ContainerFacts(state=state, identity="1")))


def stable(nodes: Iterable[Node]) -> bool:
    return all(node.cluster.takeover.negotiation.state is ResourceState.STABLE for node in nodes)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_life_beside_a_liar(seed: int) -> None:
    pair = Wired(params_of(seed), seed=seed)
    pair.start()
    pair.b.die()
    a = pair.a
    watched = Watched(a)
    liar = Liar(a, seed)
    memory = []
    for number in range(LIES):
        liar.go_on()
        a.cluster.view()
        if number in {LIES // 2, LIES - 1}:
            memory.append(objects_of(a.cluster))
    print(
        f"seed {seed}: {liar.told} lies, at most {watched.largest_step} actions in a step, "
        f"{watched.most_sent_in_a_second} packets in a second, {memory} objects"
    )
    assert liar.told > LIES
    assert watched.largest_step <= STEP_MAX
    assert watched.most_sent_in_a_second <= SENT_MAX_PER_S
    assert max(memory) <= OBJECTS_MAX
    assert not a.exited

    # The peer is honest again, in a life of its own.
    pair.wire(a)
    b = pair.restart_b(1 << 63)
    recover(pair)
    b.start()
    pair.world.run(90 * SECOND)
    assert stable(pair.nodes)
    assert pair.holders() in ([NODE], [PEER])
    assert a.cluster.view().nodes[1].status is NodeStatus.ACTIVE
