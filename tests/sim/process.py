"""One life of the sidecar: the production driver and core, on the hands of this world.

It implements the two seams of ``sidecar/daemon/driver.py``: Scheduler over the node's clock, and
Hands over the simulated network, kernel and engine. Everything that enters goes through the gate of
``Life``, so that a frozen process does nothing and a dead one never does anything again.
"""

import traceback
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

from sidecar.core.actions import Answer, SendPing, ServiceAction, VipAction
from sidecar.core.cluster import Cluster
from sidecar.core.events import (
    AddressLost,
    CarrierChanged,
    Event,
    LinkFailed,
    LinkOpened,
    LinkRefused,
    PacketReceived,
    PingReplied,
)
from sidecar.core.occurrences import Occurrence
from sidecar.core.params import Boot, MaintenanceOrder
from sidecar.core.terms import MILLISECOND, LinkName, Moment
from sidecar.daemon.driver import Driver
from tests.sim.address_worker import AddressWorker
from tests.sim.host import Host
from tests.sim.kernel import Interface
from tests.sim.life import Life, LoopTimer
from tests.sim.service_worker import ServiceWorker
from tests.sim.stage import Stage
from tests.sim.violation import Violation
from tests.sim.witness import Answered, Occurred, Wished
from tests.sim.world import Callback

_NETLINK_NS: Final = (MILLISECOND // 20, MILLISECOND)


class Process:
    """A running sidecar."""

    def __init__(
        self,
        stage: Stage,
        host: Host,
        ended: Callback,
    ) -> None:
        world = stage.world
        rng = stage.rng(f"process {host.name} {host.generation}")
        self.life = Life(world, rng)
        self.stopping = False
        self._world = world
        self._rng = rng
        self._host = host
        self._network = stage.network
        self._arbiters = stage.arbiters
        self._witness = stage.witness
        self._ended = ended
        self._clock = host.clock
        self._told_ns = 0
        """When the kernel's last word comes in."""
        self._addresses = AddressWorker(host, self.life, rng, self.feed)
        self._services = ServiceWorker(
            host.engine, stage.pair.containers, self.life, rng, self.feed
        )
        boot = Boot(
            generation=host.generation,
            uuid=host.uuid,
            left=host.kernel.addresses,
            maintenance=host.maintenance,
        )
        cluster = Cluster(
            stage.pair.params_of(host.name),
            Random(f"{host.name} {host.generation} {rng.getrandbits(62)}"),
            boot,
        )
        self.driver = Driver(cluster, self, self)

    @property
    def cluster(self) -> Cluster:
        return self.driver.cluster

    def begin(self, links_down: list[LinkName]) -> None:
        """Bring the parts up, as the daemon does it: media, vip, service."""
        host, life = self._host, self.life
        self._network.attach(host.name, self._hear, self._refused)
        host.kernel.removed = lambda address, why: self._netlink(
            AddressLost(address=address, reason=why)
        )
        host.kernel.carrier = lambda interface: self._netlink(_carrier(interface))
        host.announced = lambda address, mac: life.loop(
            partial(self._addresses.hear_announcement, address, mac)
        )
        host.questioned = lambda address, mac: life.loop(
            partial(self._addresses.hear_question, address, mac)
        )
        for interface in host.kernel.interfaces.values():
            self.feed(_carrier(interface))
        for link in self._network.links:
            if link.name in links_down:
                self.feed(LinkFailed(link=link.name, reason="the network is down"))
            else:
                self.feed(LinkOpened(link=link.name))
        self._services.begin()

    def end(self) -> None:
        """Dead at once: what it held stays where it is."""
        host = self._host
        self.life.end()
        self.driver.stop()
        self._network.detach(host.name)
        host.kernel.removed = host.kernel.carrier = host.engine.changed = None
        host.announced = host.questioned = None

    def feed(self, event: Event) -> None:
        """Run a turn; a mistake of the core's is the end of the simulation."""
        if not self.life.alive:
            return
        try:
            self.driver.feed(event)
        except Violation:
            raise
        except Exception as error:  # whatever it is, the core must never raise: that is the check
            where = "".join(traceback.format_exception(error)[-6:])
            name = type(event).__name__
            raise Violation("the core raised", f"{self._host.name}, at {name}\n{where}") from error

    def link_failed(self, link: LinkName, reason: str) -> None:
        self._netlink(LinkFailed(link=link, reason=reason))

    def link_opened(self, link: LinkName) -> None:
        self._netlink(LinkOpened(link=link))

    # --- Scheduler -------------------------------------------------------------------------------

    def now(self) -> Moment:
        return self._clock.moment()

    def call_at(self, when_ns: int, callback: Callable[[], None]) -> LoopTimer:
        return self.life.timer_at(self._clock.world_instant(when_ns), partial(self._run, callback))

    def _run(self, callback: Callback) -> None:
        try:
            callback()
        except Violation:
            raise
        except Exception as error:  # as in feed
            where = "".join(traceback.format_exception(error)[-6:])
            raise Violation("the core raised", f"{self._host.name}, at a timer\n{where}") from error

    # --- Hands -----------------------------------------------------------------------------------

    def send(self, link: LinkName, data: bytes) -> None:
        self._network.send(self._host.name, link, data)

    def ping(self, action: SendPing) -> None:
        reply = PingReplied(target=action.target.name, data=action.data)
        self._arbiters.ask(self._host.name, lambda: self.life.loop(partial(self.feed, reply)))

    def vip(self, action: VipAction) -> None:
        self._witness(Wished(self._host.name, action))
        self._addresses.perform(action)

    def service(self, action: ServiceAction) -> None:
        self._witness(Wished(self._host.name, action))
        self._services.perform(action)

    def report(self, occurrence: Occurrence) -> None:
        self._witness(Occurred(self._host.name, occurrence))

    def answer(self, answer: Answer) -> None:
        self._witness(Answered(self._host.name, answer.text, answer.ok))

    def keep(self, order: MaintenanceOrder) -> None:
        self._host.maintenance = order

    def exit(self) -> None:
        # The daemon ends after the turn; nothing that the core does then reaches anybody.
        self._world.call_later(0, self._ended)

    def end_turn(self) -> None:
        """Nothing is put off here: where no threads are, no order of theirs matters."""

    # --- what comes in ---------------------------------------------------------------------------

    def _hear(self, link: LinkName, data: bytes) -> None:
        self.life.packet(partial(self.feed, PacketReceived(link=link, data=data)))

    def _refused(self, link: LinkName) -> None:
        self.life.loop(partial(self.feed, LinkRefused(link=link)))

    def _netlink(self, event: Event) -> None:
        """What the kernel tells comes in the order in which it happened."""
        now_ns = self._world.now_ns
        after_ns = now_ns + self._rng.randrange(*_NETLINK_NS)
        self._told_ns = max(after_ns, self._told_ns)
        self.life.loop_later(self._told_ns - now_ns, partial(self.feed, event))


def _carrier(interface: Interface) -> CarrierChanged:
    return CarrierChanged(interface=interface.name, up=interface.carrier, mac=interface.mac)
