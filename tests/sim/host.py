"""One host: its kernel, its engine, its clock and its place on the service LAN.

It is what a sidecar finds when it starts and leaves behind when it dies.
"""

from collections.abc import Callable

from sidecar.core.params import MaintenanceOrder
from sidecar.core.terms import SECOND, NodeName
from tests.sim.docker import Engine, Settings
from tests.sim.kernel import Interface, Kernel
from tests.sim.pair import SERVICE_LAN
from tests.sim.stage import Stage
from tests.sim.world import NodeClock


class Host:
    """A station on the LAN that can be switched off."""

    def __init__(self, stage: Stage, name: NodeName) -> None:
        world, witness = stage.world, stage.witness
        self._rng = stage.rng(f"host {name}")
        self.name = name
        self.mac = f"02:00:00:00:00:{stage.pair.nodes.index(name) + 10:02x}"
        self.powered = True
        self.generation = 0
        """Kept on disk: every start of the sidecar raises it."""
        self.maintenance: MaintenanceOrder | None = None
        """Kept on disk, too."""
        self.uuid = self._rng.randbytes(16)
        self.drift_ppm = 0
        self.lan = stage.lan
        self.kernel = Kernel(world, self._rng, name, witness)
        self.kernel.interfaces[SERVICE_LAN] = Interface(SERVICE_LAN, self.mac)
        self.engine = Engine(world, self._rng, name, witness)
        self.clock = NodeClock(world)
        self.announced: Callable[[str, str], None] | None = None
        """Told of another machine's announcement of an address that is here."""
        self.questioned: Callable[[str, str], None] | None = None
        """Told of another machine's question for an address."""
        self._world = world
        stage.lan.join(self)

    def create_containers(self, containers: tuple[str, ...], settings: Settings) -> None:
        for container in containers:
            self.engine.create(container, settings)

    @property
    def on_the_lan(self) -> bool:
        return self.powered and self.kernel.interfaces[SERVICE_LAN].carrier

    def answers_for(self, address: str) -> bool:
        return self.powered and self.kernel.holds(address)

    def hear_announcement(self, address: str, mac: str) -> None:
        if self.announced is not None:
            self.announced(address, mac)

    def hear_question(self, address: str, mac: str) -> None:
        if self.questioned is not None:
            self.questioned(address, mac)

    def power_off(self) -> None:
        self.powered = False
        self.kernel.power_off()
        self.engine.power_off()

    def power_on(self) -> None:
        """A new boot: the clock begins anew, the disk still knows the generation."""
        self.powered = True
        first_ns = self._rng.randrange(SECOND, 40 * SECOND)
        skew_s = self._rng.randrange(-3, 4)
        self.clock = NodeClock(
            self._world, drift_ppm=self.drift_ppm, first_ns=first_ns, wall_skew_s=skew_s
        )
        self.engine.boot()
