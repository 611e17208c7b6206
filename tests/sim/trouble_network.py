"""Troubles of the networks: links, ping nodes, the service LAN, and whoever abuses them."""

from functools import partial
from itertools import combinations
from random import Random
from typing import Final

from sidecar.core.terms import LinkName, NodeName
from tests.sim.fault import Fault
from tests.sim.forger import forged
from tests.sim.lan import CLIENT
from tests.sim.node import Node
from tests.sim.pair import SERVICE_LAN
from tests.sim.trouble import Maker, Scene
from tests.sim.world import Callback

_ROUTER: Final = "router"


def _bad_quality(scene: Scene, node: Node) -> None:
    network, links = scene.two.network, scene.two.pair.links
    directions = [network.direction(node.name, link.name) for link in links]
    for direction in directions:
        direction.quality = scene.options.bad

    def undo() -> None:
        for direction in directions:
            direction.quality = scene.options.calm

    scene.for_a_while(f"{node.name} is heard badly", undo, f"{node.name} is heard well")


def _clogged(scene: Scene, node: Node) -> None:
    name = _a_link(scene)
    network = scene.two.network
    network.clog(node.name, name)
    scene.for_a_while(
        f"{name} holds back what {node.name} sends",
        partial(network.unclog, node.name, name),
        f"{name} lets go all that {node.name} sent",
    )


def _cut(scene: Scene, ways: list[tuple[NodeName, LinkName]], what: str, undone: str) -> None:
    network = scene.two.network
    for way in ways:
        network.cut(*way)

    def undo() -> None:
        for way in ways:
            network.restore(*way)

    scene.for_a_while(what, undo, undone)


def _cut_one_way(scene: Scene, node: Node) -> None:
    name = _a_link(scene)
    what, undone = f"{name} carries nothing from {node.name}", f"{name} carries from {node.name}"
    _cut(scene, [(node.name, name)], what, undone)


def _cut_link(scene: Scene, node: Node) -> None:
    del node  # both ends of a cable are cut
    name = _a_link(scene)
    _cut(scene, [(one.name, name) for one in scene.two], f"{name} is cut", f"{name} is mended")


def _partition(scene: Scene, node: Node) -> None:
    del node
    _cut(scene, _all_ways(scene), "all links are cut", "all links are mended")


def _partition_one_way(scene: Scene, node: Node) -> None:
    ways = [way for way in _all_ways(scene) if way[0] == node.name]
    what, undone = f"no link carries from {node.name}", f"links carry from {node.name}"
    _cut(scene, ways, what, undone)


def _link_down(scene: Scene, node: Node) -> None:
    name = _a_link(scene)
    if not node.link_is_up(name):
        return
    node.link_down(name)
    scene.for_a_while(
        f"ifdown {name} on {node.name}",
        partial(node.link_up, name),
        f"ifup {name} on {node.name}",
    )


def _forged(scene: Scene, node: Node) -> None:
    """A burst now and then of what nobody with the key has made, in the name of that node."""
    pair, network = scene.two.pair, scene.two.network
    victim, link = pair.peer_of(node.name), _a_link(scene)

    def burst() -> None:
        for _ in range(scene.rng.randint(1, 8)):
            network.inject(victim, link, forged(scene.rng, node.name, victim))

    _again_and_again(scene, burst)
    scene.tell(f"somebody forges packets of {node.name} on {link}")


def _replayed(scene: Scene, node: Node) -> None:
    """Bursts of what that node once said: in its order, from any of its lives, to the other one."""
    network, link = scene.two.network, _a_link(scene)
    victim = scene.two.pair.peer_of(node.name)
    recorded = network.recorded(node.name)
    if not recorded:
        return

    # With a chance of its own, so that the other draws stay what they were.
    choice = Random(f"chosen at {scene.two.world.now_ns}")

    def burst() -> None:
        first = scene.rng.randrange(len(recorded))
        last = first + scene.rng.randint(1, 12)
        for data in (*recorded[first:last], *_chosen(choice, recorded)):
            network.inject(victim, link, data)

    _again_and_again(scene, burst)
    scene.tell(f"somebody repeats packets of {node.name} on {link}")


def _chosen(rng: Random, recorded: list[bytes]) -> list[bytes]:
    """What an attacker would choose, as often as not: a few packets, of which the last one lets
    something go (``done``, ``shutdone``).
    """
    ends = [number for number, data in enumerate(recorded, 1) if b"done" in data]
    if not ends or rng.random() < 0.5:
        return []
    end = rng.choice(ends)
    return recorded[max(0, end - rng.randint(1, 12)) : end]


def _ping_lost(scene: Scene, node: Node) -> None:
    arbiters = scene.two.arbiters
    arbiters.cut(node.name)
    scene.for_a_while(
        f"{node.name} does not reach the ping nodes",
        partial(arbiters.restore, node.name),
        f"{node.name} reaches the ping nodes",
    )


def _arbiter_down(scene: Scene, node: Node) -> None:
    del node
    arbiters = scene.two.arbiters
    arbiters.down = True

    def undo() -> None:
        arbiters.down = False

    scene.for_a_while("the ping nodes are down", undo, "the ping nodes are up")


def _lan_cut(scene: Scene, node: Node) -> None:
    lan = scene.two.lan
    lan.cut(node.name)
    scene.for_a_while(
        f"the service LAN loses {node.name}",
        partial(lan.restore, node.name),
        f"the service LAN reaches {node.name}",
    )


def _lan_hiccup(scene: Scene, node: Node) -> None:
    """Fewer frames than there are questions before a claim, so that nobody may be misled."""
    frames = scene.rng.randint(1, 2)
    if scene.two.lan.lose(node.name, frames):
        scene.tell(f"the service LAN loses {frames} frames of {node.name}")


def _router_answers(scene: Scene, node: Node) -> None:
    del node
    lan = scene.two.lan
    lan.router_answers = True

    def undo() -> None:
        lan.router_answers = False

    scene.for_a_while("a router answers for everybody", undo, "the router is silent")


def _parted(scene: Scene, node: Node) -> None:
    """Two sides, or any pairs that do not reach each other, as a switch with a mind of its own."""
    del node
    two, rng = scene.two, scene.rng
    parties = [*two.pair.nodes, CLIENT, _ROUTER]
    pairs = [pair for pair in combinations(parties, 2) if pair != (CLIENT, _ROUTER)]
    if rng.random() < 0.5:
        side = {party: rng.random() < 0.5 for party in parties}
        apart = [pair for pair in pairs if side[pair[0]] is not side[pair[1]]]
    else:
        apart = [pair for pair in pairs if rng.random() < 0.4]
    ways = _all_ways(scene) if two.pair.nodes in apart and rng.random() < 0.5 else []
    for first, second in apart:
        two.arbiters.cut(first) if second == _ROUTER else two.lan.part(first, second)
    for way in ways:
        two.network.cut(*way)

    def undo() -> None:
        for first, second in apart:
            if second == _ROUTER:
                two.arbiters.restore(first)
            else:
                two.lan.rejoin(first, second)
        for way in ways:
            two.network.restore(*way)

    if apart:
        which = ", ".join(f"{first}|{second}" for first, second in apart)
        links = ", all links cut" if ways else ""
        scene.for_a_while(f"parted: {which}{links}", undo, f"no more parted: {which}")


def _carrier_lost(scene: Scene, node: Node) -> None:
    kernel = node.host.kernel
    kernel.set_carrier(SERVICE_LAN, up=False)
    scene.for_a_while(
        f"{SERVICE_LAN} of {node.name} is unplugged",
        partial(kernel.set_carrier, SERVICE_LAN, up=True),
        f"{SERVICE_LAN} is plugged in",
    )


def _duplicate_address(scene: Scene, node: Node) -> None:
    del node
    address = scene.rng.choice(scene.two.pair.addresses).name
    stranger = scene.two.stranger
    stranger.take(address)
    scene.for_a_while(
        f"a stranger uses {address}", stranger.leave, f"the stranger gives {address} up"
    )


def _a_link(scene: Scene) -> LinkName:
    return scene.rng.choice(scene.two.pair.links).name


def _all_ways(scene: Scene) -> list[tuple[NodeName, LinkName]]:
    pair = scene.two.pair
    return [(node, link.name) for node in pair.nodes for link in pair.links]


def _again_and_again(scene: Scene, act: Callback) -> None:
    """Now, and at random intervals of about a keepalive, for as long as the trouble lasts."""
    keepalive_ns = scene.two.pair.timing.keepalive_ns
    ends_ns = scene.two.world.now_ns + scene.lasting_ns

    def once() -> None:
        act()
        pause_ns = 1 + int(scene.rng.expovariate(1.0) * keepalive_ns)
        if scene.two.world.now_ns + pause_ns < ends_ns:
            scene.after(pause_ns, once)

    scene.after(1, once)


MAKERS: Final[dict[Fault, Maker]] = {
    Fault.BAD_QUALITY: _bad_quality,
    Fault.CLOGGED: _clogged,
    Fault.CUT_ONE_WAY: _cut_one_way,
    Fault.CUT_LINK: _cut_link,
    Fault.PARTITION: _partition,
    Fault.PARTITION_ONE_WAY: _partition_one_way,
    Fault.LINK_DOWN: _link_down,
    Fault.FORGED: _forged,
    Fault.REPLAYED: _replayed,
    Fault.PING_LOST: _ping_lost,
    Fault.ARBITER_DOWN: _arbiter_down,
    Fault.LAN_CUT: _lan_cut,
    Fault.PARTED: _parted,
    Fault.LAN_HICCUP: _lan_hiccup,
    Fault.ROUTER_ANSWERS: _router_answers,
    Fault.CARRIER_LOST: _carrier_lost,
    Fault.DUPLICATE_ADDRESS: _duplicate_address,
}
