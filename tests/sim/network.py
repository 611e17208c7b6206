"""The heartbeat links: each one medium with two directions, which fail one by one.

A packet may be lost, doubled, damaged, delayed past later ones, or replayed much later. A direction
that is cut loses what is on its way and what is sent until it is restored; cuts are counted, so two
faults that overlap do not mend one another. A clogged direction holds back what arrives until it is
unclogged, and then hands all of it over at once. A packet that arrives where no sidecar runs is
gone, and a host that has power says so to the sender of a unicast one (ICMP port unreachable); at a
frozen one it waits in the socket's buffer (``life.py``).

``digest`` runs over every packet and its instant: two runs that agree on it were the same.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from sidecar.core.params import Link
from sidecar.core.terms import MILLISECOND, SECOND, LinkName, Medium, NodeName
from tests.sim.world import World

Receive = Callable[[LinkName, bytes], None]
Refused = Callable[[LinkName], None]

_HEARS_ITSELF: Final = (Medium.BCAST, Medium.MCAST, Medium.MCAST6)
_UNICAST: Final = (Medium.UCAST, Medium.UCAST6)
_SELF_DELAY_NS: Final = MILLISECOND // 50
_RECORDED_MAX: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How well a link carries. Chances are of one packet, from 0 to 1."""

    delay_min_ns: int = MILLISECOND // 10
    delay_mean_ns: int = MILLISECOND // 2
    loss: float = 0.0
    duplicate: float = 0.0
    damage: float = 0.0
    reorder: float = 0.0
    reorder_ns: int = 0
    """By how much a reordered packet comes late, at most."""
    replay: float = 0.0
    """Chance that an earlier packet of this direction is sent once more."""

    @property
    def clean(self) -> bool:
        return not (self.loss or self.duplicate or self.damage or self.reorder or self.replay)


class Direction:
    """One way of one link."""

    __slots__ = ("clogs", "cuts", "epoch", "held", "kept", "link", "quality", "target")

    def __init__(self, link: LinkName, target: NodeName, quality: Quality) -> None:
        self.link = link
        self.target = target
        self.quality = quality
        self.cuts = 0
        # Counts the cuts: a packet of an earlier epoch was on the cable when it was cut.
        self.epoch = 0
        self.clogs = 0
        self.held: list[tuple[int, bytes]] = []
        self.kept: bytes | None = None

    def cut(self) -> None:
        self.cuts += 1
        self.epoch += 1


class Network:
    """All links between the two nodes."""

    def __init__(
        self,
        world: World,
        rng: Random,
        nodes: tuple[NodeName, NodeName],
        links: tuple[Link, ...],
        quality: Quality,
    ) -> None:
        self.links = links
        self.sent = 0
        self.digest = 0
        self.injected_ns = -SECOND
        """When somebody else last sent something."""
        self.records = False
        """Whether what is sent is kept, for somebody to repeat it."""
        self._world = world
        self._rng = rng
        self._receivers: dict[NodeName, Receive] = {}
        self._refused: dict[NodeName, Refused] = {}
        self._powered: dict[NodeName, Callable[[], bool]] = {}
        self._recorded: dict[NodeName, list[bytes]] = {node: [] for node in nodes}
        first, second = nodes
        self._directions: dict[tuple[NodeName, LinkName], Direction] = {}
        for link in links:
            self._directions[first, link.name] = Direction(link.name, second, quality)
            self._directions[second, link.name] = Direction(link.name, first, quality)
        self._hears_itself = {link.name: link.medium in _HEARS_ITSELF for link in links}
        self._unicast = {link.name: link.medium in _UNICAST for link in links}

    def plug_in(self, node: NodeName, powered: Callable[[], bool]) -> None:
        """A host whose kernel answers for closed ports while it has power."""
        self._powered[node] = powered

    def attach(self, node: NodeName, receive: Receive, refused: Refused | None = None) -> None:
        """Deliver the node's packets there from now on, and what comes back for its own."""
        self._receivers[node] = receive
        if refused is not None:
            self._refused[node] = refused

    def detach(self, node: NodeName) -> None:
        self._receivers.pop(node, None)
        self._refused.pop(node, None)

    def direction(self, source: NodeName, link: LinkName) -> Direction:
        return self._directions[source, link]

    def carries(self, source: NodeName) -> bool:
        """Whether any link leads from this node to the other one now."""
        return any(
            not (
                self._directions[source, link.name].cuts
                or self._directions[source, link.name].clogs
            )
            for link in self.links
        )

    def cut(self, source: NodeName, link: LinkName) -> None:
        self._directions[source, link].cut()

    def restore(self, source: NodeName, link: LinkName) -> None:
        """Undo one cut of this direction."""
        direction = self._directions[source, link]
        direction.cuts = max(0, direction.cuts - 1)

    @property
    def clean(self) -> bool:
        """Whether every direction carries what it is given, at once and once."""
        return all(d.quality.clean and not d.clogs for d in self._directions.values())

    def clog(self, source: NodeName, link: LinkName) -> None:
        """Hold back what arrives from there."""
        self._directions[source, link].clogs += 1

    def unclog(self, source: NodeName, link: LinkName) -> None:
        """Undo one clogging of this direction; the last one lets everything go, in order."""
        direction = self._directions[source, link]
        direction.clogs = max(0, direction.clogs - 1)
        if not direction.clogs:
            held, direction.held = direction.held, []
            for epoch, data in held:
                self._arrive(direction, epoch, data)

    def inject(self, target: NodeName, link: LinkName, data: bytes) -> None:
        """Somebody else sends this to a node, by a link."""
        self.injected_ns = self._world.now_ns
        receive = self._receivers.get(target)
        if receive is not None:
            receive(link, data)

    def recorded(self, source: NodeName) -> list[bytes]:
        """What that node has sent so far; of a long past every second packet, and so on."""
        return self._recorded[source]

    def heal(self, quality: Quality) -> None:
        """Every direction carries, this well."""
        for (source, link), direction in self._directions.items():
            direction.cuts = 0
            direction.quality = quality
            direction.clogs = min(1, direction.clogs)
            self.unclog(source, link)

    def send(self, source: NodeName, link: LinkName, data: bytes) -> None:
        self.sent += 1
        if self.records:
            self._record(source, data)
        direction = self._directions[source, link]
        if self._hears_itself[link]:
            self._world.call_later(_SELF_DELAY_NS, partial(self._hand_over, source, link, data))
        if direction.cuts:
            return
        quality = direction.quality
        if quality.clean:
            self._travel(direction, data, 0)
        else:
            self._travel_badly(direction, quality, data)

    def _travel_badly(self, direction: Direction, quality: Quality, data: bytes) -> None:
        chance = self._rng.random
        if quality.replay and chance() < quality.replay:
            if direction.kept is not None:
                self._travel(direction, direction.kept, 0)
            direction.kept = data
        if chance() < quality.loss:
            return
        if quality.damage and chance() < quality.damage:
            data = self._damaged(data)
        late_ns = 0
        if quality.reorder and chance() < quality.reorder:
            late_ns = self._rng.randrange(quality.reorder_ns + 1)
        self._travel(direction, data, late_ns)
        if quality.duplicate and chance() < quality.duplicate:
            self._travel(direction, data, late_ns)

    def _travel(self, direction: Direction, data: bytes, late_ns: int) -> None:
        quality = direction.quality
        extra_ns = quality.delay_mean_ns - quality.delay_min_ns
        # A mean of extra_ns with a long tail, drawn without a float's trouble of rounding.
        delay_ns = quality.delay_min_ns + int(self._rng.expovariate(1.0) * extra_ns)
        arrive = partial(self._arrive, direction, direction.epoch, data)
        self._world.call_later(delay_ns + late_ns, arrive)

    def _arrive(self, direction: Direction, epoch: int, data: bytes) -> None:
        if direction.clogs:
            direction.held.append((epoch, data))
        elif direction.epoch == epoch:
            self._hand_over(direction.target, direction.link, data)

    def _hand_over(self, node: NodeName, link: LinkName, data: bytes) -> None:
        self.digest = zlib.crc32(data, self.digest ^ (self._world.now_ns & 0xFFFFFFFF))
        receive = self._receivers.get(node)
        if receive is not None:
            receive(link, data)
        elif self._unicast[link] and self._powered.get(node, _never)():
            self._refuse(node, link)

    def _refuse(self, node: NodeName, link: LinkName) -> None:
        back = self._directions[node, link]
        if back.cuts or self._rng.random() < back.quality.loss:
            return

        def arrive() -> None:
            refused = self._refused.get(back.target)
            if refused is not None and not back.cuts:
                refused(link)

        self._world.call_later(back.quality.delay_min_ns, arrive)

    def _record(self, source: NodeName, data: bytes) -> None:
        kept = self._recorded[source]
        kept.append(data)
        if len(kept) > _RECORDED_MAX:
            del kept[::2]

    def _damaged(self, data: bytes) -> bytes:
        """The same with one bit turned over, or cut short."""
        where = self._rng.randrange(len(data))
        if self._rng.random() < 0.5:  # as likely one as the other
            return data[:where]
        return data[:where] + bytes([data[where] ^ 1 << where % 8]) + data[where + 1 :]


def _never() -> bool:
    return False
