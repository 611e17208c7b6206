"""Since when nothing is in the way: the last instants at which the nodes did not run, were not
heard, were not seen, or could not serve.

Looked at after every change in the world, so that no instant is missed. What a window is for is
said in windows.py; here is only what was the case, and when.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from sidecar.core.occurrences import Severity
from tests.sim.cluster import TwoNodes
from tests.sim.docker import ABSENT, EngineMode
from tests.sim.node import Node
from tests.sim.witness import Change, Occurred, Wished
from tests.sim.world import World

FOREVER_NS: Final = 10**18


class LastTime:
    """When something was so for the last time."""

    __slots__ = ("_began_ns", "_is_so", "_world", "at_ns", "now")

    def __init__(self, world: World, is_so: Callable[[], bool]) -> None:
        self.now = False
        """Whether it is so."""
        self.at_ns = -FOREVER_NS
        self._world = world
        self._is_so = is_so
        self._began_ns = -FOREVER_NS

    def look(self) -> None:
        was, self.now = self.now, self._is_so()
        if was or self.now:
            self.at_ns = self._world.now_ns
        if self.now and not was:
            self._began_ns = self._world.now_ns

    def within(self, ns: int) -> bool:
        """It is so, or was so no longer ago than that."""
        return self.now or self._world.now_ns - self.at_ns < ns

    def lasts_ns(self) -> int:
        """For how long it has been so; 0 when it is not."""
        return self._world.now_ns - self._began_ns if self.now else 0


class Hindrances:
    """All that a window may be counted from."""

    def __init__(self, two: TwoNodes) -> None:
        world = two.world

        def last(is_so: Callable[[], bool]) -> LastTime:
            return LastTime(world, is_so)

        def of_each(is_so: Callable[[Node], bool]) -> dict[str, LastTime]:
            return {node.name: last(partial(is_so, node)) for node in two}

        def hears(node: Node) -> bool:
            peer = two.peer_of(node)
            return node.runs and peer.runs and two.network.carries(peer.name)

        self.parted = last(lambda: not two.lan.whole())
        """The stations of the service LAN do not all reach each other."""
        self.asleep = of_each(lambda node: not node.runs)
        self.any_asleep = last(lambda: not all(node.runs for node in two))
        self.hears = of_each(hears)
        """Something of the peer can arrive there."""
        self.deafened = of_each(lambda node: node.runs and not hears(node))
        self.deaf = last(lambda: not all(hears(node) for node in two))
        """One of the two does not hear the other."""
        self.noisy = last(lambda: not two.network.clean)
        """A link is bad or clogged, so that a packet may come late."""
        self.unfit = of_each(lambda node: not could_serve(node))
        """It could not take a group over."""
        self.unable = of_each(lambda node: not says_ready(node))
        """It lacks what every node looks at: a carrier, an engine, its containers."""
        self.unplugged = of_each(lambda node: not node.host.on_the_lan)
        """It has no power, or its service interface no carrier."""
        self.blinded = of_each(
            lambda node: (
                node.host.engine.mode is not EngineMode.UP
                and not all(box.settings.checked for box in node.host.engine.boxes.values())
            )
        )
        """What its containers are like cannot be known there."""
        self.frozen = of_each(lambda node: node.in_maintenance)
        """It knows of maintenance: nothing moves by itself."""
        self.unheard = of_each(is_unheard)
        """It holds the other node for dead."""
        self._all = (
            self.parted,
            self.any_asleep,
            self.deaf,
            self.noisy,
            *(
                one
                for each in (
                    *(self.asleep, self.hears, self.deafened, self.unfit),
                    *(self.unable, self.unplugged, self.blinded, self.frozen, self.unheard),
                )
                for one in each.values()
            ),
        )

    def __call__(self, change: Change) -> None:
        """Look, unless nothing can have changed."""
        match change:
            case Wished():
                return
            case Occurred(occurrence=told) if told.severity is Severity.DEBUG:
                return
            case _:
                for one in self._all:
                    one.look()


def is_unheard(node: Node) -> bool:
    """Whether the other one counts as dead there."""
    return node.process is not None and not node.process.cluster.peer.alive


def could_serve(node: Node) -> bool:
    """Whether this node could take a group over."""
    host = node.host
    engine, kernel = host.engine, host.kernel
    well = all(box.could_serve for box in engine.boxes.values())
    quick = engine.mode is EngineMode.UP and engine.slower == 1
    able = not kernel.refusing and not kernel.slow_ns and host.on_the_lan
    return node.runs and quick and well and able


def says_ready(node: Node) -> bool:
    """Whether a node can tell its peer that it is ready, by what it looks at in peace."""
    engine = node.host.engine
    there = all(box.state is not ABSENT for box in engine.boxes.values())
    return node.host.on_the_lan and engine.mode is EngineMode.UP and there
