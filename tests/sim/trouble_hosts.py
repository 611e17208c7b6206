"""Troubles of hosts: power, the sidecar's process, the clock, the kernel, and operators."""

from typing import Final

from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.fault import Fault
from tests.sim.node import Node
from tests.sim.trouble import Maker, Scene

_HOLDINGS: Final = ("all", "local", "foreign", "failback")
_SLOW_MS: Final = (50, 4000)
_YEAR_S: Final = 365 * 24 * 3600


def _crash(scene: Scene, node: Node) -> None:
    node.crash()
    scene.done()
    scene.after(scene.lasting_ns, node.start)


def _kill(scene: Scene, node: Node) -> None:
    node.kill()
    scene.done()
    scene.after(scene.lasting_ns, node.start)


def _stop(scene: Scene, node: Node) -> None:
    node.stop()
    scene.done()
    start_when_ended(scene, node)


def start_when_ended(scene: Scene, node: Node) -> None:
    """A supervisor starts it again after its end."""

    def look() -> None:
        node.start()
        if node.process is not None and node.process.stopping:
            start_when_ended(scene, node)

    scene.after(scene.lasting_ns, look)


def _freeze(scene: Scene, node: Node) -> None:
    node.freeze(scene.lasting_ns)
    scene.done()


def _wall_jump(scene: Scene, node: Node) -> None:
    by_s = int(scene.rng.choice((-1, 1)) * _YEAR_S * scene.rng.random() ** 8)
    node.host.clock.set_wall(by_s)
    scene.tell(f"the wall clock of {node.name} is set {by_s} s off")


def _standby(scene: Scene, node: Node) -> None:
    which = scene.rng.choice(_HOLDINGS)
    if node.standby(which):
        scene.tell(f"the operator asks {node.name} to stand by ({which})")


def _takeover(scene: Scene, node: Node) -> None:
    which = scene.rng.choice(_HOLDINGS)
    if node.takeover(which):
        scene.tell(f"the operator asks {node.name} to take over ({which})")


def _maintenance(scene: Scene, node: Node) -> None:
    longest_s = max(1, scene.options.longest_maintenance_s)
    seconds = scene.rng.choice((0, scene.rng.randint(1, longest_s)))
    if node.maintenance(seconds):
        what = f"maintenance for {seconds} s" if seconds else "the end of maintenance"
        scene.tell(f"the operator asks {node.name} for {what}")


def _address_deleted(scene: Scene, node: Node) -> None:
    address = scene.rng.choice(scene.two.pair.addresses).name
    if node.host.kernel.holds(address):
        scene.tell(f"a stranger removes {address} from {node.name}")
        node.host.kernel.delete_by_stranger(address)


def _kernel_refuses(scene: Scene, node: Node) -> None:
    kernel = node.host.kernel
    kernel.refusing = True

    def undo() -> None:
        kernel.refusing = False

    scene.for_a_while(
        f"the kernel of {node.name} refuses", undo, f"the kernel of {node.name} obeys"
    )


def _kernel_slow(scene: Scene, node: Node) -> None:
    kernel = node.host.kernel
    kernel.slow_ns = scene.rng.randint(*_SLOW_MS) * MILLISECOND

    def undo() -> None:
        kernel.slow_ns = 0

    scene.for_a_while(
        f"the kernel of {node.name} takes {kernel.slow_ns / SECOND:.3f} s for a request",
        undo,
        f"the kernel of {node.name} is fast",
    )


MAKERS: Final[dict[Fault, Maker]] = {
    Fault.CRASH: _crash,
    Fault.KILL: _kill,
    Fault.STOP: _stop,
    Fault.FREEZE: _freeze,
    Fault.WALL_JUMP: _wall_jump,
    Fault.STANDBY: _standby,
    Fault.TAKEOVER: _takeover,
    Fault.MAINTENANCE: _maintenance,
    Fault.ADDRESS_DELETED: _address_deleted,
    Fault.KERNEL_REFUSES: _kernel_refuses,
    Fault.KERNEL_SLOW: _kernel_slow,
}
