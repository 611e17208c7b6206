"""Two sidecars tell when their files differ in what must agree, and only then; nothing moves."""

from dataclasses import replace
from typing import Any

import pytest

from sidecar.core import dialect
from sidecar.core.agreement import digest_of
from sidecar.core.events import Reloaded
from sidecar.core.occurrences import ConfigurationCompared, GiveUpBegan, TakeoverBegan
from sidecar.core.params import Params, PingTarget
from sidecar.core.terms import SECOND, AutoFailback
from sidecar.wire import fields
from sidecar.wire.auth import Key, Keyring, Method
from tests.core.harness import (
    ETH2,
    NODE,
    PEER,
    VIP,
    VIP_OF_PEER,
    Node,
    Wired,
    a_group,
    a_link,
    a_timing,
    mirrored,
    some_params,
)
from tests.core.scenes import settled

NEW_KEY = Key(2, Method.SHA256, b"another key of the tests")


@pytest.fixture
def pair() -> Wired:
    pair = Wired()
    pair.start()
    pair.world.run(2 * SECOND)
    return pair


def told(node: Node) -> list[bool]:
    return [one.agrees for one in node.told_of(ConfigurationCompared)]


def reload(node: Node, params: Params) -> None:
    node.params = params
    node.step(Reloaded(params=params))


def test_the_same_files_have_one_digest_on_both_nodes():
    assert digest_of(some_params()) == digest_of(mirrored(some_params()))


@pytest.mark.parametrize(
    "changes",
    [
        {"timing": a_timing(deadtime_ns=2 * SECOND)},
        {"auto_failback": AutoFailback.OFF},
        {"ping": (PingTarget(name="router", hosts=("10.0.0.1",)),)},
        {"groups": (a_group(NODE, VIP, "nginx"), a_group(PEER, VIP_OF_PEER))},
        {"groups": (a_group(PEER, VIP, "nginx"),)},
        {"groups": (a_group(NODE, VIP, "nginx", "redis"),)},
        {"failback_delay_ns": 7 * SECOND},
        {"max_moves": 3},
        {"moves_window_ns": 60 * SECOND},
    ],
    ids="-".join,
)
def test_what_must_agree_is_in_it(changes: dict[str, Any]):
    assert digest_of(some_params(**changes)) != digest_of(some_params())


def test_what_may_differ_is_not_in_it():
    links_and_keys = some_params(
        links=(a_link(ETH2),), keyring=Keyring(NEW_KEY, (NEW_KEY,)), hopfudge=3
    )
    assert digest_of(links_and_keys) == digest_of(some_params())
    (group,) = some_params().groups
    resources = tuple(
        replace(one, interface="bond0", label=None) if one in group.addresses else one
        for one in group.resources
    )
    elsewhere = some_params(groups=(replace(group, resources=resources),))
    assert digest_of(elsewhere) == digest_of(some_params())


def test_two_nodes_that_agree_say_nothing(pair: Wired):
    assert told(pair.a) == told(pair.b) == []
    assert pair.a.cluster.view().nodes[1].agrees is True


def test_a_difference_is_told_on_both_nodes_and_its_end_too(pair: Wired):
    reload(pair.a, some_params(auto_failback=AutoFailback.OFF))
    pair.world.run(1 * SECOND)
    assert told(pair.a) == told(pair.b) == [False]
    assert pair.b.cluster.view().nodes[1].agrees is False
    reload(pair.b, mirrored(some_params(auto_failback=AutoFailback.OFF)))
    pair.world.run(1 * SECOND)
    assert told(pair.a) == told(pair.b) == [False, True]


def test_a_difference_moves_nothing(pair: Wired):
    for node in pair.nodes:
        node.forget()
    reload(pair.a, some_params(timing=a_timing(initdead_ns=9 * SECOND)))
    pair.world.run(5 * SECOND)
    for node in pair.nodes:
        assert node.told_of(TakeoverBegan) == []
        assert node.told_of(GiveUpBegan) == []


OTHER_FORMS = ("12345678", "1:12345678", "3:12345678")


@pytest.mark.parametrize("said", [None, "", "2:12345678x", "2:GGGGGGGG", "2:", *OTHER_FORMS])
def test_a_peer_that_says_nothing_to_be_compared_is_not_called_different(said: str | None):
    scene = settled()
    scene.peer.more = {} if said is None else {dialect.CONF: said}
    scene.peer.beat()
    assert scene.node.cluster.view().nodes[1].agrees is None
    assert told(scene.node) == []


def test_a_peer_of_this_form_is_compared():
    scene = settled()
    same = dialect.encode_digest(scene.node.cluster.agreement.digest)
    for said, agrees in (("2:12345678", False), (same, True)):
        scene.peer.more = {dialect.CONF: said}
        scene.peer.beat()
        assert scene.node.cluster.view().nodes[1].agrees is agrees
    assert told(scene.node) == [False, True]


def test_the_peers_clock_is_compared_and_believed_in_nothing():
    scene = settled()
    assert scene.node.cluster.view().nodes[1].clock_offset_s == 0
    ahead = scene.peer.message(
        fields.STATUS,
        **scene.peer.status_fields(),
        seq=f"{scene.peer.seq + 1:x}",
        hg=f"{scene.peer.generation:x}",
    )
    now_s = ahead.hex_int(fields.TS) or 0
    scene.peer.seq += 1
    scene.peer.send(ahead.with_fields((fields.TS, f"{now_s + 3600:x}")))
    assert scene.node.cluster.view().nodes[1].clock_offset_s == 3600
    assert scene.node.cluster.peer.alive
