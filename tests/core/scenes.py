"""Where most tests begin: a node and a scripted peer that have got to know each other.

Each function goes the whole way on the wire, as protocol section 6.4 has it; none sets a state.
"""

from dataclasses import dataclass

from sidecar.core.params import Params
from sidecar.core.terms import MILLISECOND, SECOND, ResourceState
from sidecar.wire import fields
from tests.core.harness import Node, World, some_params
from tests.core.scripted import ScriptedPeer


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A node under test and the peer that a test plays."""

    world: World
    node: Node
    peer: ScriptedPeer

    def run(self, duration_ns: int) -> None:
        self.world.run(duration_ns)

    @property
    def state(self) -> ResourceState:
        return self.node.cluster.takeover.negotiation.state

    @property
    def held(self) -> set[str]:
        """The addresses that the host has."""
        return self.node.hands.addresses


def just_started(params: Params | None = None, *, sidecar: bool = False) -> Scene:
    """The node beats; the peer has said nothing yet."""
    world = World()
    node = Node(world, params or some_params())
    peer = ScriptedPeer(node, sidecar=sidecar)
    node.start()
    return Scene(world=world, node=node, peer=peer)


def alone(params: Params | None = None, *, sidecar: bool = False) -> Scene:
    """Nobody was heard for initdead: the node holds everything."""
    scene = just_started(params, sidecar=sidecar)
    scene.run(scene.node.params.timing.initdead_ns + 500 * MILLISECOND)
    return scene


def starting(params: Params | None = None, *, sidecar: bool = False) -> Scene:
    """Both are active; the node has sent ``starting``, the peer has said nothing of resources."""
    scene = just_started(params, sidecar=sidecar)
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    assert scene.state is ResourceState.STARTING
    return scene


def settled(params: Params | None = None, *, sidecar: bool = False, holds: str = "local") -> Scene:
    """Both are stable; ``holds`` is what the peer told. The node holds its own if it may."""
    scene = starting(params, sidecar=sidecar)
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=False, term="0,0")
    scene.peer.tell(holds, stable=True, term="0,0")
    scene.run(1 * SECOND)
    assert scene.state is ResourceState.STABLE
    scene.node.forget()
    return scene
