"""A peer whose port is closed is dead before deadtime, if nothing else speaks for it."""

from sidecar.core.events import LinkRefused
from sidecar.core.occurrences import LeaseAwaited, NodeDied, TakeoverBlocked
from sidecar.core.terms import MILLISECOND, SECOND, NodeStatus
from tests.core.harness import ETH1, ETH2, MACS, PEER, VIP, a_group, a_link, some_params
from tests.core.scenes import Scene, just_started, settled
from tests.core.scripted import KEEPALIVE_NS

OVERDUE_NS = KEEPALIVE_NS * 3 // 2


def refuse(scene: Scene) -> None:
    scene.node.step(LinkRefused(link=ETH1))


def killed(*, sidecar: bool = True) -> Scene:
    """The peer has just beaten for the last time, and its port is closed from now on."""
    scene = settled(some_params(groups=(a_group(PEER, VIP, "nginx"),)), sidecar=sidecar)
    scene.peer.fall_silent()
    scene.peer.beat()
    scene.node.forget()
    return scene


def died(scene: Scene) -> list[int]:
    """After which silence it was held for dead."""
    return [one.silence_ns for one in scene.node.told_of(NodeDied)]


def test_two_refusals_and_an_overdue_beat_are_enough():
    scene = killed()
    refuse(scene)
    scene.run(OVERDUE_NS - 1)
    refuse(scene)
    assert died(scene) == []
    scene.run(1)
    assert died(scene) == [OVERDUE_NS]
    assert scene.node.cluster.peer.status is NodeStatus.DEAD


def test_it_is_not_held_for_dead_a_second_time_at_deadtime():
    scene = killed()
    refuse(scene)
    refuse(scene)
    scene.run(5 * SECOND)
    assert died(scene) == [OVERDUE_NS]


def test_after_one_refusal_it_is_asked_once_more_when_its_beat_is_overdue():
    scene = killed()
    refuse(scene)
    scene.node.forget()
    scene.run(OVERDUE_NS)
    asked_ns = scene.node.said("status")[-1].ns
    assert asked_ns == scene.world.ns
    assert died(scene) == []
    refuse(scene)
    assert died(scene) == [OVERDUE_NS]


def test_a_beat_in_between_makes_the_count_begin_anew():
    """Its firewall rejects what it never sees, and its own beats arrive all the same."""
    scene = killed()
    for _ in range(20):
        refuse(scene)
        refuse(scene)
        scene.run(OVERDUE_NS - 2)
        scene.peer.beat()
        scene.run(1)
    assert died(scene) == []


def test_any_link_speaks_for_it():
    scene = settled(some_params(links=(a_link(ETH1), a_link(ETH2))), sidecar=True)
    scene.peer.fall_silent()
    scene.peer.beat()
    refuse(scene)
    refuse(scene)
    scene.run(OVERDUE_NS - 1)
    scene.peer.link = ETH2
    scene.peer.tell("local", stable=True)
    scene.run(OVERDUE_NS - 1)
    assert died(scene) == []


def test_refusals_without_an_overdue_beat_say_nothing():
    scene = settled(sidecar=True)
    for _ in range(20):
        refuse(scene)
        scene.run(50 * MILLISECOND)
    assert died(scene) == []


def test_a_real_node_is_waited_for_until_deadtime():
    """It closes its port while it restarts itself."""
    scene = killed(sidecar=False)
    refuse(scene)
    refuse(scene)
    scene.run(1 * SECOND - 1)
    assert died(scene) == []
    scene.run(1)
    assert died(scene) == [SECOND]


def test_a_node_that_was_never_heard_may_only_be_slow_to_boot():
    scene = just_started()
    for _ in range(5):
        refuse(scene)
        scene.run(500 * MILLISECOND)
    assert died(scene) == []
    (peer,) = (node for node in scene.node.cluster.view().nodes if node.name == PEER)
    assert peer.links[0].reason == "the peer's host answers that no sidecar listens there"


def test_the_peers_address_is_awaited_while_its_lease_may_run_and_then_it_is_an_alarm():
    scene = killed()
    scene.node.hands.owners[VIP] = MACS[PEER]
    refuse(scene)
    refuse(scene)
    scene.run(OVERDUE_NS + 100 * MILLISECOND)
    assert [one.address for one in scene.node.told_of(LeaseAwaited)] == [VIP]
    assert not scene.node.cluster.view().split_brain
    scene.run(1500 * MILLISECOND)
    assert [one.mac for one in scene.node.told_of(TakeoverBlocked)] == [MACS[PEER]]
    assert scene.node.cluster.view().split_brain
