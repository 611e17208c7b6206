"""The links: what carries, what is lost, and when."""

from dataclasses import replace
from random import Random

import pytest

from sidecar.core.terms import MILLISECOND, SECOND, LinkName, Medium, NodeName
from tests.sim.network import Network, Quality
from tests.sim.pair import a_link
from tests.sim.world import World

A, B = NodeName("a"), NodeName("b")
ETH1 = LinkName("eth1")


class TwoEnds:
    """A network of one link, and what arrived at its ends."""

    def __init__(self, quality: Quality | None = None, medium: Medium = Medium.UCAST) -> None:
        self.world = World()
        self.arrived: list[tuple[NodeName, int, bytes]] = []
        links = (a_link("eth1", medium),)
        self.network = Network(self.world, Random(1), (A, B), links, quality or Quality())
        for node in (A, B):
            self.network.attach(node, self._receiver(node))

    def _receiver(self, node: NodeName):
        def receive(_: LinkName, data: bytes) -> None:
            self.arrived.append((node, self.world.now_ns, data))

        return receive

    def at(self, node: NodeName) -> list[bytes]:
        return [data for where, _, data in self.arrived if where == node]


def test_a_packet_arrives_at_the_other_end_after_a_while():
    ends = TwoEnds(Quality(delay_min_ns=MILLISECOND, delay_mean_ns=2 * MILLISECOND))
    ends.network.send(A, ETH1, b"beat")
    ends.world.run_for(SECOND)
    ((node, at_ns, data),) = ends.arrived
    assert (node, data) == (B, b"beat")
    assert at_ns >= MILLISECOND


def test_the_mean_delay_is_what_was_asked_for():
    ends = TwoEnds(Quality(delay_min_ns=MILLISECOND, delay_mean_ns=5 * MILLISECOND))
    for _ in range(2000):
        ends.network.send(A, ETH1, b"beat")
    ends.world.run_for(SECOND)
    mean_ns = sum(at_ns for _, at_ns, _ in ends.arrived) / 2000
    assert mean_ns == pytest.approx(5 * MILLISECOND, rel=0.1)


def test_a_cut_of_one_direction_leaves_the_other():
    ends = TwoEnds()
    ends.network.cut(A, ETH1)
    ends.network.send(A, ETH1, b"from a")
    ends.network.send(B, ETH1, b"from b")
    ends.world.run_for(SECOND)
    assert ends.at(B) == []
    assert ends.at(A) == [b"from b"]


def test_what_is_on_the_cable_when_it_is_cut_is_lost_even_if_it_is_mended_at_once():
    ends = TwoEnds()
    ends.network.send(A, ETH1, b"on its way")
    ends.network.cut(A, ETH1)
    ends.network.restore(A, ETH1)
    ends.network.send(A, ETH1, b"after")
    ends.world.run_for(SECOND)
    assert ends.at(B) == [b"after"]


def test_two_cuts_that_overlap_need_two_mendings():
    ends = TwoEnds()
    ends.network.cut(A, ETH1)
    ends.network.cut(A, ETH1)
    ends.network.restore(A, ETH1)
    assert not ends.network.carries(A)
    ends.network.restore(A, ETH1)
    assert ends.network.carries(A)


def test_healing_mends_everything_at_once():
    ends = TwoEnds(Quality(loss=1.0))
    ends.network.cut(A, ETH1)
    ends.network.cut(A, ETH1)
    ends.network.heal(Quality())
    ends.network.send(A, ETH1, b"beat")
    ends.world.run_for(SECOND)
    assert ends.at(B) == [b"beat"]


def test_a_packet_to_a_node_without_a_sidecar_is_gone():
    ends = TwoEnds()
    ends.network.detach(B)
    ends.network.send(A, ETH1, b"nobody hears")
    ends.world.run_for(SECOND)
    ends.network.attach(B, ends._receiver(B))
    ends.world.run_for(SECOND)
    assert ends.arrived == []


def test_broadcast_is_heard_by_its_sender_too():
    ends = TwoEnds(medium=Medium.BCAST)
    ends.network.send(A, ETH1, b"beat")
    ends.world.run_for(SECOND)
    assert ends.at(A) == ends.at(B) == [b"beat"]


@pytest.mark.parametrize(
    ("quality", "arrived"),
    [
        (Quality(loss=0.25), 750),
        (Quality(duplicate=0.25), 1250),
        (Quality(replay=0.25), 1250),
    ],
    ids=["loss", "duplicate", "replay"],
)
def test_chances_are_those_of_the_quality(quality, arrived):
    ends = TwoEnds(quality)
    for number in range(1000):
        ends.network.send(A, ETH1, b"%d" % number)
    ends.world.run_for(SECOND)
    assert len(ends.at(B)) == pytest.approx(arrived, abs=60)


def test_a_damaged_packet_arrives_and_is_not_what_was_sent():
    ends = TwoEnds(Quality(damage=1.0))
    for _ in range(50):
        ends.network.send(A, ETH1, b"0123456789")
    ends.world.run_for(SECOND)
    assert len(ends.at(B)) == 50
    assert b"0123456789" not in ends.at(B)


def test_a_reordered_packet_comes_after_later_ones():
    late = Quality(reorder=1.0, reorder_ns=SECOND)
    ends = TwoEnds(late)
    ends.network.send(A, ETH1, b"first")
    ends.network.heal(replace(late, reorder=0.0))
    ends.network.send(A, ETH1, b"second")
    ends.world.run_for(2 * SECOND)
    assert ends.at(B) == [b"second", b"first"]


def test_the_digest_tells_two_runs_apart():
    digests = []
    for data in (b"one", b"two", b"one"):
        ends = TwoEnds()
        ends.network.send(A, ETH1, data)
        ends.world.run_for(SECOND)
        digests.append(ends.network.digest)
    assert digests[0] == digests[2] != digests[1]
