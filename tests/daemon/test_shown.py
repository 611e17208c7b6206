"""What the pages show beyond the view, out of two real cores in virtual time."""

from sidecar.core.events import PacketReceived
from sidecar.core.terms import MILLISECOND, SECOND, LinkName
from sidecar.daemon.shown import Shown
from sidecar.web.attention import attention_of, holder_of
from tests.core.harness import NODE, Node, Wired, some_params


def watched(pair: Wired, node: Node) -> Shown:
    """As the daemon does it: each packet is shown after the core has had it."""
    shown = Shown(node.cluster, lambda: pair.world.ns)
    hear = node.hear

    def hear_and_show(link: LinkName, data: bytes) -> None:
        hear(link, data)
        shown.packet(PacketReceived(link=link, data=data))

    node.hear = hear_and_show  # type: ignore[method-assign]
    return shown


def test_the_gaps_are_those_of_the_beats():
    pair = Wired()
    shown = watched(pair, pair.b)
    pair.start()
    pair.world.run(5 * SECOND)
    (one,) = shown.gaps()
    steady = one.gaps_ns[-10:]
    assert len(steady) == 10
    assert set(steady) == {some_params().timing.keepalive_ns}
    pair.partition()
    pair.world.run(400 * MILLISECOND)
    pair.heal()
    pair.world.run(SECOND)
    assert max(shown.gaps()[0].gaps_ns) == 600 * MILLISECOND


def test_a_packet_that_is_refused_is_no_beat():
    pair = Wired()
    shown = watched(pair, pair.b)
    pair.start()
    before = shown.gaps()
    pair.b.hear(pair.b.params.links[0].name, b"###\nt=status\nsrc=node-a\n%%%\n")
    assert shown.gaps()[0].gaps_ns == before[0].gaps_ns


def test_the_standby_knows_the_holder_and_a_takeover_changes_it():
    pair = Wired()
    shown = Shown(pair.b.cluster, lambda: pair.world.ns)
    pair.start()
    view = pair.b.cluster.view()
    assert holder_of(view, shown.beyond(), view.groups[0]) == NODE
    assert attention_of(view, shown.beyond()) == ()
    pair.a.die()
    pair.world.run(3 * SECOND)
    view = pair.b.cluster.view()
    assert holder_of(view, shown.beyond(), view.groups[0]) == view.node
    assert [one.runbook for one in attention_of(view, shown.beyond())] == ["HeartbeatPeerLost"]


def test_the_timers_are_those_of_the_files():
    pair = Wired()
    timing = some_params().timing
    beyond = Shown(pair.a.cluster, lambda: pair.world.ns).beyond()
    assert beyond.keepalive_ns == timing.keepalive_ns
    assert beyond.warntime_ns == timing.warntime_ns
