"""A node's own broadcasts come back to it, and cost it nothing (protocol section 8)."""

import pytest

from sidecar.core import inbox
from sidecar.core.actions import SendPacket
from sidecar.core.echoes import EXPECTED_MAX, Echoes
from sidecar.core.terms import SECOND, LinkStatus, Medium
from sidecar.wire.auth import Keyring
from sidecar.wire.codec import Envelope, verified
from tests.core.harness import ETH1, a_link, some_params
from tests.core.scenes import Scene, just_started


def a_scene_on(medium: Medium) -> Scene:
    return just_started(some_params(links=(a_link(ETH1, medium),)))


def last_sent(scene: Scene) -> bytes:
    return [action.data for _, action in scene.node.wished(SendPacket)][-1]


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The packets for which keys were computed."""
    done: list[bytes] = []

    def counting(data: bytes, keyring: Keyring) -> Envelope:
        done.append(data)
        return verified(data, keyring)

    monkeypatch.setattr(inbox, "verified", counting)
    return done


@pytest.mark.parametrize("medium", [Medium.BCAST, Medium.MCAST, Medium.MCAST6])
def test_what_comes_back_is_not_even_verified(verifications: list[bytes], medium: Medium):
    scene = a_scene_on(medium)
    for _ in range(20):
        scene.run(1 * SECOND)
        scene.node.hear(ETH1, last_sent(scene))
    link = scene.node.cluster.links.find(ETH1)
    assert link is not None
    assert (verifications, link.rejected) == ([], {})
    assert link.status is LinkStatus.DEAD, "hearing oneself proves nothing about the peer"


def test_a_second_one_of_the_same_bytes_is_judged_as_any_other(verifications: list[bytes]):
    scene = a_scene_on(Medium.BCAST)
    for _ in range(3):
        scene.node.hear(ETH1, last_sent(scene))
    link = scene.node.cluster.links.find(ETH1)
    assert link is not None
    assert verifications == [last_sent(scene)]
    assert link.rejected == {"repeated": 1}


def test_nothing_is_expected_back_where_only_the_peer_hears(verifications: list[bytes]):
    scene = a_scene_on(Medium.UCAST)
    scene.node.hear(ETH1, last_sent(scene))
    assert verifications == [last_sent(scene)]


def test_what_never_comes_back_takes_no_room():
    echoes = Echoes()
    for number in range(10 * EXPECTED_MAX):
        echoes.expect(b"%d" % number)
    assert len(echoes._expected) <= EXPECTED_MAX
    assert echoes.take(b"%d" % (10 * EXPECTED_MAX - 1))
