"""What a node that has settled alone does when it hears the other for the first time, or again."""

from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.wire import fields
from tests.core.harness import PEER, VIP, a_group, some_params
from tests.core.scenes import Scene, alone


def asked(scene: Scene) -> list[str]:
    """The steps of hand-overs that the node has taken."""
    return [m.get(fields.INFO) or "" for m in scene.node.said(fields.ASK_RESOURCES)]


def test_nothing_is_offered_to_a_real_node_that_has_not_told_what_it_holds() -> None:
    scene = alone(some_params(groups=(a_group(PEER, VIP),)))
    assert scene.held == {VIP}
    scene.peer.begin_beating()
    scene.run(2 * SECOND)
    assert asked(scene) == []
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=False)
    scene.run(1 * SECOND)
    assert asked(scene) == []
    scene.peer.tell("none", stable=True)
    scene.run(100 * MILLISECOND)
    assert asked(scene) == ["me"]


def test_nothing_is_offered_to_a_real_node_that_returns_from_a_partition() -> None:
    scene = alone(some_params(groups=(a_group(PEER, VIP),)))
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=False)
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    scene.peer.begin_beating()
    scene.run(2 * SECOND)
    assert asked(scene) == []
