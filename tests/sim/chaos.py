"""Makes the troubles of the schedule, undoes each in time, and heals all of them at a round's end.

Undoing is counted, not set, where faults of one kind may overlap. ``heal`` ends all of them at once
and mends what they broke, as an administrator would.
"""

from collections import Counter
from collections.abc import Iterable
from functools import partial

from tests.sim import trouble_docker, trouble_hosts, trouble_network
from tests.sim.cluster import TwoNodes
from tests.sim.fault import Fault
from tests.sim.pair import SERVICE_LAN
from tests.sim.schedule import Trouble
from tests.sim.swarm import Options
from tests.sim.trouble import Maker, Scene
from tests.sim.witness import FaultMade
from tests.sim.world import Callback

MAKERS: dict[Fault, Maker] = {
    **trouble_network.MAKERS,
    **trouble_hosts.MAKERS,
    **trouble_docker.MAKERS,
}


class Chaos:
    """The faults of one run."""

    def __init__(self, two: TwoNodes, options: Options) -> None:
        self.made: Counter[Fault] = Counter()
        self._two = two
        self._options = options
        # Counts the healings: what was to be undone or made before one is nobody's business after.
        self._epoch = 0

    def make(self, troubles: Iterable[Trouble]) -> None:
        """Let these happen, each at its time."""
        for trouble in troubles:
            delay_ns = trouble.at_ns - self._two.world.now_ns
            self._after(delay_ns, partial(self._strike, trouble))

    def heal(self) -> None:
        """Everything works and everybody is up; what follows must settle."""
        self._epoch += 1
        two = self._two
        two.network.heal(self._options.calm)
        two.lan.heal()
        two.arbiters.heal()
        two.stranger.leave()
        for node in two:
            node.host.kernel.repair()
            node.host.kernel.set_carrier(SERVICE_LAN, up=True)
            node.start()
            node.thaw()
            if node.process is not None and node.process.stopping:
                trouble_hosts.start_when_ended(Scene(two, self._options, None, self._after), node)
            node.host.engine.repair()
            node.maintenance(0)
            node.all_links_up()
        two.stage.witness(FaultMade("all is healed"))

    def _strike(self, trouble: Trouble) -> None:
        scene = Scene(self._two, self._options, trouble, self._after)
        MAKERS[trouble.fault](scene, self._two.nodes[trouble.node])
        if scene.was_made:
            self.made[trouble.fault] += 1

    def _after(self, delay_ns: int, callback: Callback) -> None:
        epoch = self._epoch

        def fire() -> None:
            if self._epoch == epoch:
                callback()

        self._two.world.call_later(delay_ns, fire)
