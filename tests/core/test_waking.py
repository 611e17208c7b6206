"""A node that slept for a moment hears what happened meanwhile before it touches its addresses.

Seed 3613: while the holder was frozen for 0.6 s a stranger removed the address, and the other node,
which did not hear it, found nobody and claimed. The first thing that the holder did when it went on
was to renew the address, and so to make it anew.
"""

from sidecar.core.actions import ClaimAddress, ProbeAddress, ReleaseAddress, RenewLease
from sidecar.core.events import AddressLost, Woke
from sidecar.core.occurrences import AddressTaken, NodeDied
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.core.turn import HEARD_WITHIN_NS
from tests.core.harness import MACS, PEER, VIP
from tests.core.scenes import Scene, settled


def woken(*, after_ns: int) -> Scene:
    """The node holds the address, and did not run for so long: less than a deadtime."""
    scene = settled()
    scene.run(1 * SECOND)
    scene.node.frozen = True
    scene.run(after_ns)
    scene.node.forget()
    scene.node.frozen = False
    return scene


def renewals(scene: Scene) -> int:
    return len(list(scene.node.wished(RenewLease)))


def removed(scene: Scene) -> None:
    scene.node.step(AddressLost(address=VIP, reason="somebody removed it", gone=True))


def test_nothing_is_renewed_before_the_kernel_was_heard():
    scene = woken(after_ns=900 * MILLISECOND)
    scene.node.step(Woke())
    assert renewals(scene) == 0
    scene.run(19 * MILLISECOND)
    assert renewals(scene) == 0
    scene.run(2 * MILLISECOND)
    assert renewals(scene) == 1


def test_what_was_removed_meanwhile_is_asked_for_before_it_is_claimed_again():
    scene = woken(after_ns=900 * MILLISECOND)
    scene.node.hands.owners[VIP] = MACS[PEER]
    scene.node.step(Woke())
    removed(scene)
    scene.run(1 * SECOND)
    assert scene.node.told_of(AddressTaken)
    assert list(scene.node.wished(ProbeAddress))
    assert renewals(scene) == 0
    assert list(scene.node.wished(ClaimAddress)) == []


def test_what_is_removed_when_the_node_is_awake_is_put_back_at_once():
    scene = woken(after_ns=900 * MILLISECOND)
    scene.node.step(Woke())
    scene.run(100 * MILLISECOND)
    scene.node.forget()
    removed(scene)
    assert list(scene.node.wished(ProbeAddress)) == []
    assert len(list(scene.node.wished(ClaimAddress))) == 1


def test_who_wakes_late_each_time_renews_all_the_same():
    """Starved of the processor, a node must not lose what it holds by its own caution."""
    scene = woken(after_ns=900 * MILLISECOND)
    for _ in range(3):
        scene.node.step(Woke())
        scene.node.frozen = True
        scene.run(50 * MILLISECOND)
        scene.node.frozen = False
    assert renewals(scene) >= 1
    assert list(scene.node.wished(ReleaseAddress)) == []


# --- the peer's silence --------------------------------------------------------------------------


def overslept_its_end() -> Scene:
    """The peer is silent for longer than its deadtime, and the node slept for the last part."""
    scene = settled()
    scene.peer.fall_silent()
    scene.run(400 * MILLISECOND)
    scene.node.frozen = True
    scene.run(700 * MILLISECOND)
    scene.node.frozen = False
    scene.node.step(Woke())
    return scene


def test_what_the_peer_said_meanwhile_is_heard_before_it_counts_as_dead():
    scene = overslept_its_end()
    scene.run(1 * MILLISECOND)
    scene.peer.begin_beating()
    scene.run(3 * SECOND)
    assert scene.node.told_of(NodeDied) == []


def test_who_said_nothing_is_dead_a_moment_after_the_node_woke():
    scene = overslept_its_end()
    woke_ns = scene.world.ns
    scene.run(1 * SECOND)
    assert scene.node.when_told(NodeDied) == [woke_ns + HEARD_WITHIN_NS]


def test_who_wakes_late_each_time_finds_the_dead_peer_all_the_same():
    scene = overslept_its_end()
    for _ in range(2):
        scene.node.frozen = True
        scene.run(50 * MILLISECOND)
        scene.node.frozen = False
        scene.node.step(Woke())
    assert len(scene.node.told_of(NodeDied)) == 1
