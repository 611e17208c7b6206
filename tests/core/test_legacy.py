"""auto_failback legacy with a real node (protocol section 6.9)."""

from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback
from sidecar.wire import fields
from tests.core.harness import MACS, NODE, PEER, VIP, mirrored, some_params
from tests.core.scenes import Scene, just_started

KEY = f"{VIP}/24/eth0:0"


def legacy(*, other_node: bool = False, status: str = "active") -> Scene:
    params = some_params(auto_failback=AutoFailback.LEGACY)
    scene = just_started(mirrored(params) if other_node else params)
    scene.peer.status = status
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    return scene


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
    scene.peer.say(fields.IP_REQUEST_RESP, dest=NODE, ipaddr=KEY, weown="yes", ok="OK")
    scene.run(200 * MILLISECOND)
    assert scene.held == {VIP}


def test_it_asks_again_until_it_is_answered():
    scene = legacy()
    scene.run(5 * SECOND)
    assert requests(scene) == [KEY] * 3


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
