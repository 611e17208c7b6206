"""Makes trouble: draws faults from those that are on, and undoes each after a while.

Undoing is counted, not set, where faults of one kind may overlap. ``heal`` ends all of them at once
and mends what they broke, as an administrator would.
"""

from collections.abc import Callable
from functools import partial

from sidecar.core.params import Link
from sidecar.core.terms import SECOND
from tests.sim.cluster import TwoNodes
from tests.sim.docker import EngineMode
from tests.sim.node import Node
from tests.sim.pair import SERVICE_LAN
from tests.sim.swarm import Fault, Options
from tests.sim.witness import FaultMade
from tests.sim.world import Callback


class Chaos:
    """The faults of one run."""

    def __init__(self, two: TwoNodes, options: Options) -> None:
        self._two = two
        self._options = options
        self._rng = two.stage.rng("chaos")
        # Counts the healings: what was to be undone or made before one is nobody's business after.
        self._epoch = 0
        self._makers: dict[Fault, Callable[[Node], None]] = {
            Fault.BAD_QUALITY: self._bad_quality,
            Fault.CUT_ONE_WAY: self._cut_one_way,
            Fault.CUT_LINK: self._cut_link,
            Fault.PARTITION: self._partition,
            Fault.PARTITION_ONE_WAY: self._partition_one_way,
            Fault.LINK_DOWN: self._link_down,
            Fault.PING_LOST: self._ping_lost,
            Fault.ARBITER_DOWN: self._arbiter_down,
            Fault.LAN_CUT: self._lan_cut,
            Fault.CARRIER_LOST: self._carrier_lost,
            Fault.CRASH: self._crash,
            Fault.KILL: self._kill,
            Fault.FREEZE: self._freeze,
            Fault.STOP: self._stop,
            Fault.CONTAINER_KILL: self._container_kill,
            Fault.CONTAINER_SICK: self._container_sick,
            Fault.CONTAINER_PAUSED: self._container_paused,
            Fault.STARTS_FAIL: self._starts_fail,
            Fault.ENGINE_DOWN: partial(self._engine, EngineMode.DOWN),
            Fault.ENGINE_HUNG: partial(self._engine, EngineMode.HUNG),
            Fault.STANDBY: self._standby,
            Fault.TAKEOVER: self._takeover,
            Fault.ADDRESS_DELETED: self._address_deleted,
            Fault.DUPLICATE_ADDRESS: self._duplicate_address,
            Fault.KERNEL_REFUSES: self._kernel_refuses,
        }

    def begin(self) -> None:
        """Make trouble from now on, until ``heal``."""
        if self._options.faults:
            self._after(self._until_next_ns(), self._next)

    def heal(self) -> None:
        """Everything works and everybody is up; what follows must settle."""
        self._epoch += 1
        two = self._two
        two.network.heal(self._options.calm)
        two.lan.heal()
        two.arbiters.heal()
        two.stranger.leave()
        for node in two:
            node.host.kernel.refusing = False
            node.host.kernel.set_carrier(SERVICE_LAN, up=True)
            node.start()
            if node.process is not None and node.process.stopping:
                self._start_when_ended(node)
            node.host.engine.repair()
            node.all_links_up()
        two.stage.witness(FaultMade("all is healed"))

    # --- when ------------------------------------------------------------------------------------

    def _next(self) -> None:
        node = self._two.nodes[self._rng.choice(self._two.pair.nodes)]
        self._makers[self._rng.choice(self._options.faults)](node)
        self._after(self._until_next_ns(), self._next)

    def _until_next_ns(self) -> int:
        return 1 + int(self._rng.expovariate(1.0) * self._options.pace_ns)

    def _lasting_ns(self) -> int:
        """From a twentieth of a second to the longest, short ones as often as long ones."""
        shortest_ns = SECOND // 20
        return int(shortest_ns * (self._options.longest_ns / shortest_ns) ** self._rng.random())

    def _after(self, delay_ns: int, callback: Callback) -> None:
        epoch = self._epoch

        def fire() -> None:
            if self._epoch == epoch:
                callback()

        self._two.world.call_later(delay_ns, fire)

    def _for_a_while(self, what: str, undo: Callback, undone: str) -> None:
        """Tell of a fault just made, and undo it in time."""
        self._tell(what)

        def end() -> None:
            undo()
            self._tell(undone)

        self._after(self._lasting_ns(), end)

    def _tell(self, what: str) -> None:
        self._two.stage.witness(FaultMade(what))

    # --- network ---------------------------------------------------------------------------------

    def _link(self) -> Link:
        return self._rng.choice(self._two.pair.links)

    def _bad_quality(self, node: Node) -> None:
        network, links = self._two.network, self._two.pair.links
        directions = [network.direction(node.name, link.name) for link in links]
        for direction in directions:
            direction.quality = self._options.bad

        def undo() -> None:
            for direction in directions:
                direction.quality = self._options.calm

        self._for_a_while(f"{node.name} is heard badly", undo, f"{node.name} is heard well")

    def _cut_one_way(self, node: Node) -> None:
        name = self._link().name
        self._two.network.cut(node.name, name)
        undo = partial(self._two.network.restore, node.name, name)
        self._for_a_while(
            f"{name} carries nothing from {node.name}", undo, f"{name} carries from {node.name}"
        )

    def _cut_link(self, node: Node) -> None:
        del node  # both ends of a cable are cut
        name = self._link().name
        for one in self._two:
            self._two.network.cut(one.name, name)

        def undo() -> None:
            for one in self._two:
                self._two.network.restore(one.name, name)

        self._for_a_while(f"{name} is cut", undo, f"{name} is mended")

    def _partition(self, node: Node) -> None:
        del node
        network, links = self._two.network, self._two.pair.links
        ways = [(one.name, link.name) for one in self._two for link in links]
        for way in ways:
            network.cut(*way)

        def undo() -> None:
            for way in ways:
                network.restore(*way)

        self._for_a_while("all links are cut", undo, "all links are mended")

    def _partition_one_way(self, node: Node) -> None:
        network, links = self._two.network, self._two.pair.links
        for link in links:
            network.cut(node.name, link.name)

        def undo() -> None:
            for link in links:
                network.restore(node.name, link.name)

        self._for_a_while(
            f"no link carries from {node.name}", undo, f"links carry from {node.name}"
        )

    def _link_down(self, node: Node) -> None:
        name = self._link().name
        if not node.link_is_up(name):
            return
        node.link_down(name)
        self._for_a_while(
            f"ifdown {name} on {node.name}",
            partial(node.link_up, name),
            f"ifup {name} on {node.name}",
        )

    def _ping_lost(self, node: Node) -> None:
        self._two.arbiters.cut(node.name)
        undo = partial(self._two.arbiters.restore, node.name)
        self._for_a_while(
            f"{node.name} does not reach the ping nodes",
            undo,
            f"{node.name} reaches the ping nodes",
        )

    def _arbiter_down(self, node: Node) -> None:
        del node
        arbiters = self._two.arbiters
        arbiters.down = True

        def undo() -> None:
            arbiters.down = False

        self._for_a_while("the ping nodes are down", undo, "the ping nodes are up")

    def _lan_cut(self, node: Node) -> None:
        self._two.lan.cut(node.name)
        undo = partial(self._two.lan.restore, node.name)
        self._for_a_while(
            f"the service LAN loses {node.name}", undo, f"the service LAN reaches {node.name}"
        )

    def _carrier_lost(self, node: Node) -> None:
        kernel = node.host.kernel
        kernel.set_carrier(SERVICE_LAN, up=False)
        undo = partial(kernel.set_carrier, SERVICE_LAN, up=True)
        self._for_a_while(
            f"{SERVICE_LAN} of {node.name} is unplugged", undo, f"{SERVICE_LAN} is plugged in"
        )

    # --- hosts and sidecars ----------------------------------------------------------------------

    def _crash(self, node: Node) -> None:
        node.crash()
        self._after(self._lasting_ns(), node.start)

    def _kill(self, node: Node) -> None:
        node.kill()
        self._after(self._lasting_ns(), node.start)

    def _stop(self, node: Node) -> None:
        node.stop()
        self._start_when_ended(node)

    def _start_when_ended(self, node: Node) -> None:
        def look() -> None:
            node.start()
            if node.process is not None and node.process.stopping:
                self._start_when_ended(node)

        self._after(self._lasting_ns(), look)

    def _freeze(self, node: Node) -> None:
        node.freeze(self._lasting_ns())

    # --- containers ------------------------------------------------------------------------------

    def _container(self) -> str | None:
        containers = self._two.pair.containers
        return self._rng.choice(containers) if containers else None

    def _container_kill(self, node: Node) -> None:
        if (name := self._container()) is not None:
            self._tell(f"{name} on {node.name} dies")
            node.host.engine.kill(name)

    def _container_sick(self, node: Node) -> None:
        name = self._container()
        if name is None or not self._options.settings.checked:
            return  # nobody could find out
        engine = node.host.engine
        self._tell(f"{name} on {node.name} falls sick")
        engine.sicken(name, heals_by_restart=self._rng.random() < 0.5)
        self._after(self._lasting_ns() * 3, partial(engine.cure, name))

    def _container_paused(self, node: Node) -> None:
        if (name := self._container()) is not None:
            self._tell(f"a stranger pauses {name} on {node.name}")
            node.host.engine.pause_by_stranger(name)

    def _starts_fail(self, node: Node) -> None:
        if (name := self._container()) is not None:
            starts = self._rng.randint(1, 6)
            self._tell(f"{name} on {node.name} dies, and {starts} starts will fail")
            node.host.engine.boxes[name].failing_starts = starts
            node.host.engine.kill(name)

    def _engine(self, mode: EngineMode, node: Node) -> None:
        engine = node.host.engine
        engine.set_mode(mode)
        self._for_a_while(
            f"the engine of {node.name} is {mode.name.lower()}",
            partial(engine.set_mode, EngineMode.UP),
            f"the engine of {node.name} is up",
        )

    # --- operator and strangers ------------------------------------------------------------------

    def _standby(self, node: Node) -> None:
        which = self._rng.choice(("all", "local", "foreign", "failback"))
        if node.standby(which):
            self._tell(f"the operator asks {node.name} to stand by ({which})")

    def _takeover(self, node: Node) -> None:
        which = self._rng.choice(("all", "local", "foreign", "failback"))
        if node.takeover(which):
            self._tell(f"the operator asks {node.name} to take over ({which})")

    def _address_deleted(self, node: Node) -> None:
        address = self._rng.choice(self._two.pair.addresses).name
        if node.host.kernel.holds(address):
            self._tell(f"a stranger removes {address} from {node.name}")
            node.host.kernel.delete_by_stranger(address)

    def _duplicate_address(self, node: Node) -> None:
        del node
        address = self._rng.choice(self._two.pair.addresses).name
        self._two.stranger.take(address)
        self._for_a_while(
            f"a stranger uses {address}",
            self._two.stranger.leave,
            f"the stranger gives {address} up",
        )

    def _kernel_refuses(self, node: Node) -> None:
        kernel = node.host.kernel
        kernel.refusing = True

        def undo() -> None:
            kernel.refusing = False

        self._for_a_while(
            f"the kernel of {node.name} refuses", undo, f"the kernel of {node.name} obeys"
        )
