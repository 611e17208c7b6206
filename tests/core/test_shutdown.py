"""A clean stop (protocol sections 6.4 c, 6.7 and 10.11; hand-over first between sidecars)."""

import itertools

import pytest

from sidecar.core.actions import ClaimAddress, Exit, PauseService, ReleaseAddress, RenewLease
from sidecar.core.events import (
    AddressReleased,
    LeaseRenewed,
    Reloaded,
    ShutdownRequested,
    StandbyRequested,
    TakeoverRequested,
)
from sidecar.core.occurrences import NodeDied, NodeLeft, TakeoverBegan
from sidecar.core.params import Params
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback, ContainerState
from sidecar.wire import fields
from tests.core.harness import (
    ETH1,
    NODE,
    PEER,
    VIP,
    VIP_OF_PEER,
    Sent,
    Wired,
    a_group,
    mirrored,
    some_params,
)
from tests.core.scenes import Scene, alone, just_started, settled, starting


def stop(scene: Scene) -> None:
    scene.node.step(ShutdownRequested())


def in_short(sent: Sent) -> str:
    names = ("rsc_hold", "isstable", "info") if sent.kind != fields.SHUTDONE else ("st",)
    return " ".join([sent.kind, *filter(None, (sent.get(name) for name in names))])


def resources(scene: Scene) -> list[str]:
    kinds = (fields.RESOURCE, fields.ASK_RESOURCES, fields.SHUTDONE)
    return [in_short(sent) for sent in scene.node.said(*kinds)]


# --- with a real node ----------------------------------------------------------------------------


def test_to_a_real_node_it_says_none_then_releases_then_shutdone():
    """6.4 c: resource none full 0 info=shutdown, stop scripts, shutdone st=dead."""
    scene = settled()
    stop(scene)
    assert resources(scene) == ["resource none 0 shutdown"]
    scene.run(200 * MILLISECOND)
    assert scene.held == set()
    assert resources(scene) == ["resource none 0 shutdown", "shutdone dead"]


def test_shutdone_waits_for_the_containers_too():
    """6.4 c: stop scripts, then shutdone: the other starts on it, not before."""
    scene = settled()
    scene.node.hands.container_ns = 3 * SECOND
    stop(scene)
    scene.run(2900 * MILLISECOND)
    assert resources(scene) == ["resource none 0 shutdown"]
    scene.run(200 * MILLISECOND)
    assert resources(scene)[-1] == "shutdone dead"


def test_a_container_that_does_not_pause_does_not_hold_up_the_goodbye_for_ever():
    scene = settled()
    scene.node.hands.mute.add(PauseService)
    stop(scene)
    scene.run(7 * SECOND)
    assert resources(scene)[-1] == "shutdone dead"
    assert scene.held == set()


def slow_to_release() -> Scene:
    """A renewal is on its way when it stops, and its container does not come to rest either."""
    scene = settled()
    scene.node.hands.mute = {PauseService, ReleaseAddress, RenewLease}
    scene.run(300 * MILLISECOND)
    stop(scene)
    return scene


def released(scene: Scene) -> None:
    """The kernel answers at last."""
    for _ in scene.node.wished(RenewLease):
        scene.node.step(LeaseRenewed(address=VIP, at_ns=scene.world.ns))
    releases = [a for _, a in scene.node.wished(ReleaseAddress) if a.address.name == VIP]
    scene.node.step(AddressReleased(op=releases[-1].op, address=VIP))


def test_an_address_that_a_slow_kernel_still_has_holds_up_the_goodbye():
    """Safety rule 3: the other claims without a question what a goodbye says is free."""
    scene = slow_to_release()
    scene.run(10 * SECOND)
    assert resources(scene) == ["resource none 0 shutdown"]
    released(scene)
    scene.run(100 * MILLISECOND)
    assert resources(scene)[-1] == "shutdone dead"


def test_a_node_whose_address_does_not_go_ends_without_a_word():
    """The other asks for the address when it has been silent for deadtime."""
    scene = slow_to_release()
    scene.run(14900 * MILLISECOND)
    assert not scene.node.exited
    scene.run(200 * MILLISECOND)
    assert scene.node.exited
    assert resources(scene) == ["resource none 0 shutdown"]


def test_what_a_reload_has_taken_out_holds_up_the_goodbye_too():
    groups = (a_group(NODE, VIP, "nginx"), a_group(NODE, VIP_OF_PEER))
    scene = settled(some_params(groups=groups))
    assert scene.held == {VIP, VIP_OF_PEER}
    scene.node.hands.mute = {ReleaseAddress}
    scene.node.step(Reloaded(params=some_params(groups=groups[1:])))
    scene.node.hands.mute = set()
    stop(scene)
    scene.run(1 * SECOND)
    assert scene.held == {VIP}
    assert resources(scene) == ["resource none 0 shutdown"]
    released(scene)
    assert resources(scene)[-1] == "shutdone dead"


def test_the_beat_goes_on_for_two_seconds_after_shutdone():
    """6.4 c: goes on sending status active for 2 s after shutdone."""
    scene = settled()
    stop(scene)
    scene.run(10 * SECOND)
    (goodbye,) = scene.node.said(fields.SHUTDONE)
    beats = [m for m in scene.node.said(fields.STATUS) if m.ns > goodbye.ns]
    assert {m.get(fields.ST) for m in beats} == {"active"}
    assert beats[-1].ns - goodbye.ns >= 1800 * MILLISECOND
    gaps = {b.ns - a.ns for a, b in itertools.pairwise(beats)}
    assert gaps == {200 * MILLISECOND}
    (exit_ns,) = [ns for ns, _ in scene.node.wished(Exit)]
    assert exit_ns - goodbye.ns == 2 * SECOND


def test_a_real_node_is_not_asked_to_take_over_first():
    """Design: the hand-over comes first only between two sidecars; R8 does it for a real node."""
    scene = settled()
    stop(scene)
    scene.run(5 * SECOND)
    assert scene.node.said(fields.ASK_RESOURCES) == []


def test_nothing_is_taken_back_while_leaving():
    """6.1: SHUTDOWN: giving up."""
    scene = settled()
    stop(scene)
    scene.run(100 * MILLISECOND)
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.peer.fall_silent()
    scene.run(5 * SECOND)
    assert scene.held == set()
    assert scene.node.told_of(TakeoverBegan) == []


def test_an_offer_while_leaving_is_refused():
    scene = settled()
    stop(scene)
    scene.peer.ask("all", "me")
    scene.run(1 * SECOND)
    assert scene.node.said(fields.ASK_RESOURCES) == []


def test_starting_while_leaving_is_answered_with_none():
    """6.7: never silent on resources (6.5)."""
    scene = settled()
    stop(scene)
    scene.run(100 * MILLISECOND)
    scene.node.forget()
    scene.peer.say(fields.STARTING)
    assert resources(scene) == ["resource none 0"]


# --- alone, or not there yet ---------------------------------------------------------------------


def test_alone_it_leaves_as_soon_as_all_is_released():
    scene = alone()
    stop(scene)
    scene.run(100 * MILLISECOND)
    assert scene.held == set()
    assert scene.node.exited


def test_a_second_request_changes_nothing_here():
    """The driver releases at once on a second TERM; the core has begun already."""
    scene = settled()
    stop(scene)
    stop(scene)
    scene.run(3 * SECOND)
    assert len(scene.node.said(fields.SHUTDONE)) == 1
    assert len(list(scene.node.wished(Exit))) == 1


@pytest.mark.parametrize("after_ms", [0, 10, 1000, 2999])
def test_a_stop_before_the_start_is_complete_is_a_stop(after_ms: int):
    """The peer's answer that comes afterwards must not begin a negotiation."""
    scene = just_started()
    scene.peer.tells_nodes = False
    scene.peer.begin_beating()
    scene.run(after_ms * MILLISECOND)
    stop(scene)
    scene.run(100 * MILLISECOND)
    scene.peer.say(fields.REPNODES, dest=NODE, nodelist=f"{NODE} {PEER} ", delnodelist=" ")
    scene.run(3 * SECOND)
    assert scene.node.exited
    assert scene.node.said(fields.STARTING) == []


def test_a_stop_before_anybody_was_heard_is_a_stop():
    scene = just_started()
    scene.run(1 * SECOND)
    stop(scene)
    scene.run(100 * MILLISECOND)
    scene.peer.beat()
    scene.run(5 * SECOND)
    assert scene.node.exited
    assert scene.held == set()


def test_a_stop_while_the_holdings_are_waited_for_is_a_stop():
    scene = starting()
    scene.peer.tell("none", stable=False)
    stop(scene)
    scene.run(30 * SECOND)
    assert scene.node.exited
    assert scene.node.told_of(TakeoverBegan) == []


# --- between sidecars ----------------------------------------------------------------------------


def stopped_holder() -> Wired:
    pair = Wired()
    pair.start()
    assert pair.holders() == [NODE]
    for node in pair.nodes:
        node.forget()
    pair.a.step(ShutdownRequested())
    return pair


def test_between_sidecars_the_hand_over_comes_first():
    """Design: so that the taker's containers serve before the address moves."""
    pair = stopped_holder()
    pair.world.run(1 * SECOND)
    kinds = (fields.ASK_RESOURCES, fields.SHUTDONE)
    assert [in_short(sent) for sent in pair.a.said(*kinds)] == [
        "ask_resources all me",
        "ask_resources all done",
        "shutdone dead",
    ]
    assert pair.holders() == [PEER]
    (began,) = pair.b.told_of(TakeoverBegan)
    assert began.reason == "shutdown"


def test_between_sidecars_the_goodbye_is_acknowledged_and_needs_no_two_seconds():
    """4.4; a real node's 2 s are for its own clients."""
    pair = stopped_holder()
    pair.world.run_until(lambda: pair.a.exited, 500 * MILLISECOND)
    (goodbye,) = pair.a.said(fields.SHUTDONE)
    assert pair.world.ns - goodbye.ns < 50 * MILLISECOND
    pair.world.run(3 * SECOND)
    assert len(pair.b.told_of(NodeLeft)) == 1
    assert pair.b.told_of(NodeDied) == []
    assert pair.holders() == [PEER]


def test_between_sidecars_the_address_is_away_for_milliseconds_only():
    pair = stopped_holder()
    away_ns = 0
    while not pair.a.exited:
        pair.world.run(1 * MILLISECOND)
        away_ns += 0 if pair.holders() else MILLISECOND
    assert away_ns <= 20 * MILLISECOND


def test_a_goodbye_that_is_lost_is_not_waited_for_more_than_half_a_second():
    pair = stopped_holder()
    pair.world.run_until(lambda: bool(pair.a.said(fields.SHUTDONE)))
    pair.cut = {ETH1}
    pair.world.run(600 * MILLISECOND)
    assert pair.a.exited


def test_a_sidecar_that_is_not_ready_is_not_handed_anything():
    """Safety rule 6. It is told shutdone, and takes what it can."""
    scene = settled(sidecar=True)
    scene.peer.ready = False
    scene.peer.beat()
    stop(scene)
    scene.run(1 * SECOND)
    assert scene.node.said(fields.ASK_RESOURCES) == []
    assert resources(scene)[-1] == "shutdone dead"


def test_a_taker_that_does_not_answer_does_not_hold_up_the_stop():
    scene = settled(sidecar=True)
    stop(scene)
    scene.run(4900 * MILLISECOND)
    assert resources(scene) == ["ask_resources all me"]
    scene.run(1 * SECOND)
    assert resources(scene)[-1] == "shutdone dead"
    assert scene.held == set()


def test_a_node_that_holds_nothing_leaves_without_a_hand_over():
    params: Params = mirrored(some_params())
    scene = settled(params, sidecar=True)
    stop(scene)
    scene.run(1 * SECOND)
    assert resources(scene) == ["resource none 0 shutdown", "shutdone dead"]


def test_two_sidecars_that_stop_together_both_leave():
    pair = Wired()
    pair.start()
    for node in pair.nodes:
        node.step(ShutdownRequested())
    pair.world.run(8 * SECOND)
    assert [node.exited for node in pair.nodes] == [True, True]
    assert pair.holders() == []


def test_what_nobody_holds_is_not_taken_by_a_node_that_stops():
    """It was about to take it, and its own containers are slow to rest."""
    groups = (a_group(NODE, VIP, "nginx"), a_group(PEER, VIP_OF_PEER, "php"))
    pair = Wired(some_params(auto_failback=AutoFailback.OFF, groups=groups))
    pair.start()
    pair.a.step(TakeoverRequested(request=1, which="all"))
    pair.world.run(1 * SECOND)
    pair.a.step(StandbyRequested(request=2, which="local"))
    pair.world.run(1 * SECOND)
    assert (pair.holders(), pair.holders(VIP_OF_PEER)) == ([PEER], [NODE])
    pair.restart_b(8).start()
    pair.world.run_until(lambda: pair.a.cluster.timers.is_armed("orphans"))
    pair.a.hands.container_ns = 4 * SECOND
    pair.b.sees("nginx", ContainerState.ABSENT, detail="no such container")
    pair.world.run(50 * MILLISECOND)
    pair.a.step(ShutdownRequested())
    pair.a.forget()
    pair.world.run(10 * SECOND)
    assert pair.a.exited
    assert list(pair.a.wished(ClaimAddress)) == []


def test_a_container_that_is_just_tried_is_put_to_rest_before_the_goodbye():
    """It had failed here; it would run on beside the one that serves."""
    pair = Wired()
    pair.start()
    for _ in range(2):
        pair.a.sees("nginx", ContainerState.STOPPED, identity="1")
        pair.world.run(100 * MILLISECOND)
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]
    assert pair.a.hands.containers == {"nginx": ContainerState.RUNNING}
    pair.a.step(ShutdownRequested())
    pair.world.run(1 * SECOND)
    assert pair.a.exited
    assert pair.a.hands.containers == {"nginx": ContainerState.PAUSED}
