"""What becomes of a wish when the peer that was dead is back: dropped, unless it is on its way."""

import pytest

from sidecar.core.actions import ClaimAddress, PauseService
from sidecar.core.events import AddressClaimed
from sidecar.core.params import Params
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.wire import fields
from tests.core.harness import MACS, PEER, START_NS, VIP, a_group, some_params
from tests.core.scenes import Scene, settled


def theirs() -> Params:
    """One address, which prefers the peer."""
    return some_params(groups=(a_group(PEER, VIP),))


def until_it_is_dead(scene: Scene) -> None:
    scene.peer.fall_silent()
    scene.node.forget()
    while scene.node.cluster.peer.alive:
        scene.run(10 * MILLISECOND)
    assert scene.node.cluster.view().groups[0].wanted


def is_back(scene: Scene, *, restarted: bool) -> None:
    if restarted:
        scene.peer.restart()
    scene.node.forget()
    scene.peer.begin_beating()


def told_holdings(scene: Scene) -> set[str | None]:
    return {message.get(fields.RSC_HOLD) for message in scene.node.said(fields.RESOURCE)}


def claimed(scene: Scene) -> ClaimAddress:
    """Its claim, as soon as it has asked the kernel."""
    while not (claims := [action for _, action in scene.node.wished(ClaimAddress)]):
        scene.run(10 * MILLISECOND)
        assert scene.world.ns < START_NS + 60 * SECOND
    return claims[-1]


both_ways = pytest.mark.parametrize("restarted", [True, False], ids=["restarted", "cut off"])


@both_ways
def test_a_wish_that_waits_for_a_silent_address_is_dropped(restarted) -> None:
    scene = settled(theirs(), sidecar=True)
    scene.node.hands.owners[VIP] = MACS[PEER]
    until_it_is_dead(scene)
    is_back(scene, restarted=restarted)
    assert not scene.node.cluster.view().groups[0].wanted
    assert told_holdings(scene) == {"local"}


@both_ways
def test_a_slow_container_goes_on_starting_until_the_peer_has_told_what_it_holds(restarted) -> None:
    """A peer that starts over and over would stop it each time, and nobody would ever serve."""
    scene = settled(some_params(groups=(a_group(PEER, VIP, "nginx"),)), sidecar=True)
    scene.node.hands.container_ns = 3 * SECOND
    until_it_is_dead(scene)
    is_back(scene, restarted=restarted)
    assert not scene.node.cluster.view().groups[0].wanted
    scene.run(5 * SECOND)
    assert not list(scene.node.wished(PauseService))
    scene.peer.tell("local", stable=True)
    scene.run(1 * SECOND)
    assert list(scene.node.wished(PauseService))


@both_ways
def test_a_claim_that_the_kernel_has_not_answered_is_not_denied(restarted) -> None:
    """It cannot be called back: a peer that heard of nothing here would claim the address too."""
    scene = settled(theirs(), sidecar=True)
    scene.node.hands.mute.add(ClaimAddress)
    until_it_is_dead(scene)
    claim = claimed(scene)
    is_back(scene, restarted=restarted)
    assert scene.node.cluster.view().groups[0].wanted
    assert told_holdings(scene) <= {"all"}
    scene.node.step(AddressClaimed(op=claim.op, address=VIP, at_ns=scene.node.world.ns))
    assert scene.node.cluster.view().groups[0].held
