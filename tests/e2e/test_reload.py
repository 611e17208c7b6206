"""Both sidecars are told of new keys and new groups by HUP, and clients notice nothing."""

import pytest

from tests.e2e.scene import Scene
from tests.testbed.pair import HARESOURCES, VIP
from tests.testbed.waiting import wait_for

pytestmark = pytest.mark.e2e
OLD, NEW = (3, "md5 hello!"), (4, f"sha256 {'c0ffee' * 10}")
MORE = "192.168.171.101"
Key = tuple[int, str]


def keys(signing: Key, *others: Key) -> str:
    lines = (f"{number} {rest}" for number, rest in (signing, *others))
    return "\n".join((f"auth {signing[0]}", *lines, ""))


def rotate(scene: Scene, old: Key, new: Key) -> None:
    """The README's three steps."""
    nodes = scene.pair.nodes
    for node in nodes:
        scene.reload(node, "authkeys", keys(old, new))
    for node in nodes:
        scene.reload(node, "authkeys", keys(new, old))
        scene.at_rest(scene.master)
    for node in nodes:
        scene.reload(node, "authkeys", keys(new))
    scene.at_rest(scene.master)


def test_a_new_key_costs_nothing(scene: Scene) -> None:
    """There and back again, so that the hosts are left as they were found."""
    with scene.round("a new key on both hosts, by HUP") as made:
        for old, new in ((OLD, NEW), (NEW, OLD)):
            rotate(scene, old, new)
    assert made.cost.pages == ("master",)
    assert made.cost.lost == 0
    for node in scene.pair.nodes:
        peer = scene.other(node).name
        said = [record["message"] for record in made.told(node)]
        assert not [line for line in said if "rejected" in line or f"{peer} is dead" in line], said
        links = (n["links"] for n in scene.status(node)["nodes"] if n["name"] == peer)
        assert [link["rejected"] for shown in links for link in shown] == [{}, {}]


def test_an_address_more_and_an_address_less_in_haresources(scene: Scene) -> None:
    with scene.round("an address more by HUP, and less") as made:
        more = HARESOURCES.replace(" nginx", f" {MORE}/24/eth0:1 nginx")
        for node in scene.pair.nodes:
            scene.reload(node, "haresources", more)
        wait_for(lambda: scene.master.has(MORE), seconds=5, what="the new address")
        assert not scene.slave.has(MORE)
        for node in scene.pair.nodes:
            scene.reload(node, "haresources", HARESOURCES)
        wait_for(lambda: not scene.master.has(MORE), seconds=5, what="the address gone")
        scene.at_rest(scene.master)
    assert made.cost.pages == ("master",)
    assert made.cost.lost == 0
    assert made.moved(scene.master, "heartbeat_address_lost_total", address=VIP) == 0
