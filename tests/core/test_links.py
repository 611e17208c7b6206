"""The links to the peer: open here, heard there (protocol sections 5.5 and 8)."""

import pytest

from sidecar.core.events import LinkFailed, LinkOpened
from sidecar.core.occurrences import LinkChanged, NodeDied, NodeQuiet
from sidecar.core.params import Params
from sidecar.core.terms import MILLISECOND, SECOND, LinkName, LinkStatus, NodeStatus
from sidecar.wire import fields
from tests.core.harness import ETH1, ETH2, a_link, some_params
from tests.core.scenes import Scene, just_started, settled
from tests.core.scripted import KEEPALIVE_NS


def two_links() -> Params:
    return some_params(links=(a_link(ETH1), a_link(ETH2)))


def status(scene: Scene, link: LinkName) -> LinkStatus:
    state = scene.node.cluster.links.find(link)
    assert state is not None
    return state.status


def beat_on_both(scene: Scene, duration_ns: int) -> None:
    """The peer speaks by both links, as nodes do."""
    end_ns = scene.world.ns + duration_ns
    while scene.world.ns < end_ns:
        seq = scene.peer.beat()
        scene.peer.link = ETH2
        scene.peer.say_again(seq, fields.STATUS, **scene.peer.status_fields())
        scene.peer.link = ETH1
        scene.run(KEEPALIVE_NS)


def changes(scene: Scene) -> list[tuple[str, str]]:
    return [(change.link, change.status) for change in scene.node.told_of(LinkChanged)]


def heard_on_both() -> Scene:
    scene = settled(two_links())
    scene.peer.fall_silent()
    beat_on_both(scene, 2 * SECOND)
    assert (status(scene, ETH1), status(scene, ETH2)) == (LinkStatus.UP, LinkStatus.UP)
    scene.node.forget()
    return scene


def test_a_link_is_up_from_the_first_packet_heard_on_it():
    scene = just_started(two_links())
    scene.peer.beat()
    assert (status(scene, ETH1), status(scene, ETH2)) == (LinkStatus.UP, LinkStatus.DEAD)
    assert changes(scene) == [(ETH1, "up")]


def test_a_second_copy_keeps_its_link_up():
    """5.5: any accepted or duplicate packet counts for the link."""
    scene = heard_on_both()
    beat_on_both(scene, 5 * SECOND)
    assert changes(scene) == []


def test_one_link_of_two_dies_and_nothing_but_its_status_changes():
    """8: losing one of two links caused only a "Link ... dead" line."""
    scene = heard_on_both()
    takeover = scene.node.cluster.takeover
    before = (takeover.holdings.mine, takeover.negotiation.state, set(scene.held))
    scene.peer.begin_beating()
    scene.run(5 * SECOND)
    assert changes(scene) == [(ETH2, "dead")]
    assert scene.node.told_of(NodeDied) == []
    assert scene.node.told_of(NodeQuiet) == []
    assert (takeover.holdings.mine, takeover.negotiation.state, set(scene.held)) == before
    assert scene.node.said(fields.RESOURCE, fields.ASK_RESOURCES) == []


def test_a_link_is_dead_when_nothing_came_on_it_for_the_dead_time():
    """5.5: no packet on that interface for the dead time."""
    scene = heard_on_both()
    scene.peer.link = ETH2
    scene.peer.beat()
    scene.peer.link = ETH1
    scene.peer.begin_beating()
    scene.run(1 * SECOND - 1)
    assert status(scene, ETH2) is LinkStatus.UP
    scene.run(1)
    assert status(scene, ETH2) is LinkStatus.DEAD


def test_a_link_that_is_heard_again_is_up_again():
    scene = heard_on_both()
    scene.peer.begin_beating()
    scene.run(5 * SECOND)
    scene.peer.fall_silent()
    beat_on_both(scene, 3 * SECOND)
    assert changes(scene) == [(ETH2, "dead"), (ETH2, "up")]
    scene.peer.begin_beating()
    scene.run(5 * SECOND)
    assert changes(scene) == [(ETH2, "dead"), (ETH2, "up"), (ETH2, "dead")]


def test_both_links_die_with_the_peer():
    scene = heard_on_both()
    scene.run(5 * SECOND)
    assert sorted(changes(scene)) == [(ETH1, "dead"), (ETH2, "dead")]
    assert scene.node.cluster.peer.status is NodeStatus.DEAD


def test_a_link_that_fails_here_is_dead_with_its_reason():
    scene = heard_on_both()
    scene.node.step(LinkFailed(link=ETH2, reason="eth2 is gone"))
    assert changes(scene) == [(ETH2, "dead")]
    (told,) = scene.node.told_of(LinkChanged)
    assert told.reason == "eth2 is gone"


@pytest.mark.parametrize("after_ms", range(0, 800, 100))
def test_a_link_that_failed_is_told_of_once_and_keeps_its_reason(after_ms: int):
    """The silence that follows is no news: everybody can see why."""
    scene = heard_on_both()
    scene.peer.begin_beating()
    scene.run(after_ms * MILLISECOND)
    scene.node.step(LinkFailed(link=ETH2, reason="eth2 is gone"))
    scene.node.step(LinkFailed(link=ETH2, reason="eth2 is gone"))
    scene.run(5 * SECOND)
    assert changes(scene) == [(ETH2, "dead")]
    state = scene.node.cluster.links.find(ETH2)
    assert state is not None
    assert state.reason == "eth2 is gone"


def test_a_link_that_opens_again_is_used_and_watched_again():
    scene = heard_on_both()
    scene.node.step(LinkFailed(link=ETH2, reason="eth2 is gone"))
    scene.peer.begin_beating()
    scene.run(5 * SECOND)
    scene.node.forget()
    scene.node.step(LinkOpened(link=ETH2))
    scene.run(300 * MILLISECOND)
    assert ETH2 in {sent.link for sent in scene.node.sent}
    scene.peer.fall_silent()
    beat_on_both(scene, 1 * SECOND)
    scene.peer.begin_beating()
    scene.run(3 * SECOND)
    assert [change for change in changes(scene) if change[0] == ETH2][-2:] == [
        (ETH2, "up"),
        (ETH2, "dead"),
    ]


def test_counters_say_what_went_and_came_on_each_link():
    scene = settled(two_links())
    scene.run(3 * SECOND)
    eth1, eth2 = scene.node.cluster.view().nodes[1].links
    assert eth1.sent > 20
    assert eth2.sent > 20
    assert eth1.received > 15
    assert eth2.received == 0


def test_without_an_open_link_the_node_is_not_ready_and_says_why():
    scene = settled()
    scene.node.step(LinkFailed(link=ETH1, reason="eth1 is gone"))
    view = scene.node.cluster.view()
    assert not view.ready
    assert view.reasons == ("link eth1: eth1 is gone",)


def test_silence_that_we_slept_through_is_not_held_against_a_link():
    """Safety rule 2: a turn that comes late restarts the clocks of silence."""
    scene = heard_on_both()
    scene.node.frozen = True
    scene.run(10 * SECOND)
    scene.node.frozen = False
    scene.run(500 * MILLISECOND)
    assert changes(scene) == []
    scene.run(1 * SECOND)
    assert sorted(changes(scene)) == [(ETH1, "dead"), (ETH2, "dead")]


def test_a_link_that_cannot_send_but_hears_is_dead_when_it_hears_nothing_more():
    scene = heard_on_both()
    scene.node.step(LinkFailed(link=ETH2, reason="operation not permitted"))
    beat_on_both(scene, 1 * SECOND)
    assert status(scene, ETH2) is LinkStatus.UP
    scene.run(5 * SECOND)
    assert status(scene, ETH2) is LinkStatus.DEAD
