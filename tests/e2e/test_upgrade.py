"""A host gets new containers by ``stop`` and ``up -d``, as docs/operations.md says."""

import pytest

from tests.e2e.scene import Scene
from tests.testbed.host import DockerHost

pytestmark = pytest.mark.e2e
MOVE_MS = 50
NEW = "services: {sidecar: {environment: {NEW: '1'}}, nginx: {environment: {NEW: '1'}}}"


def identities(node: DockerHost) -> list[str]:
    return node.docker("ps", "--all", "--quiet", "--no-trunc").split()


def upgrade(node: DockerHost) -> None:
    """Both containers are made anew, as with new images."""
    before = identities(node)
    node.override(NEW)
    node.compose("stop")
    node.up()
    assert len(identities(node)) == len(before)
    assert not set(identities(node)) & set(before)


def test_one_host_after_the_other_is_upgraded(scene: Scene) -> None:
    with scene.round("upgrade of the standby host") as standby:
        upgrade(scene.slave)
        scene.at_rest(scene.master)
    assert standby.cost.pages == ("master",)
    assert standby.cost.lost == 0
    with scene.round("upgrade of the active host") as active:
        upgrade(scene.master)
        scene.at_rest(scene.master)
    assert active.cost.pages == ("master", "slave", "master")
    assert active.cost.outage_ms < MOVE_MS
    assert active.cost.two_holders_ms == 0
    active.wait_for_word(scene.slave, "masternginx hands over (shutdown)")
