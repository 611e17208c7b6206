"""auto_failback legacy with a real node (protocol section 6.9)."""

from sidecar.core.actions import ProbeAddress, ReleaseAddress
from sidecar.core.events import AddressReleased, Reloaded, ShutdownRequested
from sidecar.core.params import Params, ResourceGroup
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback
from sidecar.wire import fields
from tests.core.harness import MACS, NODE, PEER, VIP, VIP_OF_PEER, a_group, mirrored, some_params
from tests.core.scenes import Scene, alone, just_started

SECOND_VIP = "10.0.0.102"
KEY = f"{VIP}/24/eth0:0"
SECOND_KEY = f"{SECOND_VIP}/24/eth0:0"
KEY_OF_PEER = f"{VIP_OF_PEER}/24/eth0:0"


def legacy(*, other_node: bool = False, status: str = "active") -> Scene:
    params = some_params(auto_failback=AutoFailback.LEGACY)
    scene = just_started(mirrored(params) if other_node else params)
    scene.peer.status = status
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    return scene


def with_groups(*groups: ResourceGroup) -> Params:
    return some_params(auto_failback=AutoFailback.LEGACY, groups=groups)


def answer(scene: Scene, key: str = KEY) -> None:
    """The peer has let go of it."""
    scene.peer.say(fields.IP_REQUEST_RESP, dest=NODE, ipaddr=key, weown="yes", ok="OK")


def answered(scene: Scene) -> list[str | None]:
    return [m.get(fields.IPADDR) for m in scene.node.said(fields.IP_REQUEST_RESP)]


def requests(scene: Scene) -> list[str | None]:
    return [m.get(fields.IPADDR) for m in scene.node.said(fields.IP_REQUEST)]


def test_it_asks_the_other_for_each_group_of_its_own():
    """6.9: ip-request ipaddr=KEY if another node is up; KEY is the first resource as written."""
    scene = legacy()
    assert requests(scene) == [KEY]
    assert scene.held == set()
    assert scene.node.said(fields.STARTING, fields.RESOURCE) == []


def test_it_takes_what_the_other_has_let_go_of():
    """6.9: the receiver stops it and answers; the asker then starts the group."""
    scene = legacy()
    answer(scene)
    scene.run(200 * MILLISECOND)
    assert scene.held == {VIP}


def test_it_asks_again_until_it_is_answered():
    scene = legacy()
    scene.run(5 * SECOND)
    assert requests(scene) == [KEY] * 3


def test_an_answer_from_before_a_sleep_does_not_spare_the_probe():
    """Safety rule 2: the other has held this node for dead, and has taken it back."""
    scene = legacy()
    scene.peer.fall_silent()
    scene.node.frozen = True
    scene.run(5 * SECOND)
    scene.node.hands.owners[VIP] = MACS[PEER]
    scene.node.frozen = False
    answer(scene)
    scene.peer.begin_beating()
    scene.run(3 * SECOND)
    assert list(scene.node.wished(ProbeAddress))
    assert scene.held == set()


def test_it_gives_what_it_is_asked_for_and_answers_when_it_is_free():
    """6.9: always answers ip-request-resp dest=ASKER ipaddr=KEY weown=yes|no ok=OK."""
    scene = legacy(other_node=True)
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    assert scene.held == {VIP}
    scene.peer.restart()
    scene.peer.begin_beating()
    scene.peer.say(fields.IP_REQUEST, ipaddr=KEY)
    assert scene.node.said(fields.IP_REQUEST_RESP) == []
    scene.run(200 * MILLISECOND)
    assert scene.held == set()
    (answer,) = scene.node.said(fields.IP_REQUEST_RESP)
    assert [answer.get(name) for name in ("dest", "ipaddr", "weown", "ok")] == [
        NODE,
        KEY,
        "yes",
        "OK",
    ]


def test_two_that_start_together_do_not_wait():
    """6.9: in a start of both only the named node acts, at once."""
    scene = legacy(status="up")
    scene.run(200 * MILLISECOND)
    assert scene.held == {VIP}


def test_what_an_earlier_life_of_the_other_left_is_not_taken_in_a_start_of_both():
    """Nobody has said that it is free."""
    params = some_params(auto_failback=AutoFailback.LEGACY)
    scene = just_started(params)
    scene.node.hands.owners[VIP] = MACS[PEER]
    scene.peer.status = "up"
    scene.peer.begin_beating()
    scene.run(3 * SECOND)
    assert scene.held == set()
    scene.node.hands.owners.clear()
    scene.run(2 * SECOND)
    assert scene.held == {VIP}


def test_a_node_that_died_before_it_answered_is_probed_for():
    """Safety rule 3: its silence is no word that it has let go."""
    scene = legacy()
    scene.node.hands.owners[VIP] = MACS[PEER]
    scene.peer.fall_silent()
    scene.run(10 * SECOND)
    assert scene.held == set()
    scene.node.hands.owners.clear()
    scene.run(2 * SECOND)
    assert scene.held == {VIP}


def test_what_the_other_does_not_tell_of_is_no_orphan():
    """6.9: no resource messages: what is held there is unknown, not nobody's."""
    scene = legacy(other_node=True)
    scene.run(30 * SECOND)
    assert scene.held == set()


# --- several groups ------------------------------------------------------------------------------


def test_an_answer_for_one_group_is_no_word_for_another():
    """The other still serves the second one, and no probe asks for what a peer vouches for."""
    scene = just_started(with_groups(a_group(), a_group(vip=SECOND_VIP)))
    scene.node.hands.owners[SECOND_VIP] = MACS[PEER]
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    assert requests(scene) == [KEY, SECOND_KEY]
    answer(scene)
    scene.run(3 * SECOND)
    assert scene.held == set()
    assert requests(scene) == [KEY, SECOND_KEY, SECOND_KEY]
    scene.node.hands.owners.clear()
    answer(scene, SECOND_KEY)
    scene.run(200 * MILLISECOND)
    assert scene.held == {VIP, SECOND_VIP}


def test_a_node_that_dies_after_half_of_its_answers_is_probed_for():
    scene = just_started(with_groups(a_group(), a_group(vip=SECOND_VIP)))
    scene.node.hands.owners[SECOND_VIP] = MACS[PEER]
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    answer(scene)
    scene.peer.fall_silent()
    scene.run(10 * SECOND)
    assert scene.held == {VIP}
    scene.node.hands.owners.clear()
    scene.run(2 * SECOND)
    assert scene.held == {VIP, SECOND_VIP}


# --- a stop, and a reload ------------------------------------------------------------------------


def test_a_node_that_stops_takes_nothing_and_asks_for_nothing():
    scene = legacy()
    scene.node.forget()
    scene.node.step(ShutdownRequested())
    answer(scene)
    scene.run(3 * SECOND)
    assert scene.node.exited
    assert scene.held == set()
    assert requests(scene) == []


def test_a_node_that_stops_still_answers_what_it_was_asked_for():
    scene = legacy(other_node=True)
    scene.node.step(ShutdownRequested())
    scene.peer.say(fields.IP_REQUEST, ipaddr=KEY)
    scene.run(200 * MILLISECOND)
    assert answered(scene) == [KEY]


def giving(params: Params) -> Scene:
    """The peer is back and has asked for its group, of which the kernel has not let go yet."""
    scene = alone(params)
    scene.peer.status = "up"
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    scene.node.hands.mute.add(ReleaseAddress)
    scene.node.forget()
    scene.peer.say(fields.IP_REQUEST, ipaddr=KEY_OF_PEER)
    scene.run(100 * MILLISECOND)
    assert answered(scene) == []
    return scene


def let_go(scene: Scene) -> None:
    (released,) = [a for _, a in scene.node.wished(ReleaseAddress)]
    scene.node.step(AddressReleased(op=released.op, address=VIP_OF_PEER))


def test_a_group_that_a_reload_changes_while_it_is_given_is_answered_for():
    scene = giving(with_groups(a_group(PEER, VIP_OF_PEER)))
    scene.node.step(Reloaded(params=with_groups(a_group(PEER, VIP_OF_PEER, "nginx"))))
    scene.run(100 * MILLISECOND)
    assert answered(scene) == []
    let_go(scene)
    scene.run(1 * SECOND)
    assert answered(scene) == [KEY_OF_PEER]


def test_a_group_that_a_reload_takes_out_while_it_is_given_is_answered_for():
    scene = giving(with_groups(a_group(PEER, VIP_OF_PEER)))
    scene.node.step(Reloaded(params=with_groups(a_group())))
    scene.run(100 * MILLISECOND)
    assert answered(scene) == []
    let_go(scene)
    scene.run(1 * SECOND)
    assert answered(scene) == [KEY_OF_PEER]


# --- both serve everything -----------------------------------------------------------------------


def both_serve() -> Scene:
    """Neither has heard of the other, and each holds one group of each."""
    scene = alone(with_groups(a_group(), a_group(PEER, VIP_OF_PEER)))
    assert scene.held == {VIP, VIP_OF_PEER}
    scene.node.forget()
    return scene


def test_of_what_both_serve_when_they_meet_each_gets_its_own():
    """To the real node this one has just started: it waits to be asked."""
    scene = both_serve()
    scene.peer.begin_beating()
    scene.run(4 * SECOND)
    assert requests(scene) == [KEY]
    assert answered(scene) == [KEY_OF_PEER]
    assert scene.held == {VIP}
    answer(scene)
    scene.run(10 * SECOND)
    assert requests(scene) == [KEY]
    assert scene.held == {VIP}


def test_a_real_node_that_starts_is_left_to_ask_for_its_own():
    scene = both_serve()
    scene.peer.status = "up"
    scene.peer.begin_beating()
    scene.run(4 * SECOND)
    assert scene.held == {VIP, VIP_OF_PEER}
    assert requests(scene) == []


def test_of_what_both_serve_after_this_node_was_deaf_each_gets_its_own():
    scene = both_serve()
    scene.peer.status = "up"
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    scene.peer.status = "active"
    scene.run(1 * SECOND)
    scene.peer.fall_silent()
    scene.run(3 * SECOND)
    scene.peer.begin_beating()
    scene.run(9 * SECOND)
    assert scene.held == {VIP, VIP_OF_PEER}, "a real one that was deaf restarts"
    scene.run(2 * SECOND)
    assert scene.held == {VIP}
    assert requests(scene) == [KEY]
