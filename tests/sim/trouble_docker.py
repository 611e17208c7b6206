"""Troubles of Docker: containers, the engine, and strangers who type docker commands."""

from functools import partial
from typing import Final

from sidecar.core.terms import SECOND
from tests.sim.docker import EngineMode
from tests.sim.fault import Fault
from tests.sim.node import Node
from tests.sim.trouble import Maker, Scene

_SLOWER: Final = (5, 60)
"""By which factor every verb takes longer; a start then takes up to 10 s."""


def _kill(scene: Scene, node: Node) -> None:
    if name := _a_container(scene, node):
        scene.tell(f"{name} on {node.name} dies")
        node.host.engine.kill(name)


def _sick(scene: Scene, node: Node) -> None:
    name = _a_container(scene, node)
    if not name or not scene.options.settings.checked:
        return  # nobody could find out
    engine = node.host.engine
    scene.tell(f"{name} on {node.name} falls sick")
    engine.sicken(name, heals_by_restart=scene.rng.random() < 0.5)
    scene.after(scene.lasting_ns * 3, partial(engine.cure, name))


def _paused(scene: Scene, node: Node) -> None:
    if name := _a_container(scene, node):
        scene.tell(f"a stranger pauses {name} on {node.name}")
        node.host.engine.pause_by_stranger(name)


def _unpaused(scene: Scene, node: Node) -> None:
    if name := _a_container(scene, node):
        scene.tell(f"a stranger starts or unpauses {name} on {node.name}")
        node.host.engine.start_by_stranger(name)


def _loops(scene: Scene, node: Node) -> None:
    if name := _a_container(scene, node):
        engine = node.host.engine
        engine.loop(name)
        scene.for_a_while(
            f"{name} on {node.name} dies at each start",
            partial(engine.end_loop, name),
            f"{name} on {node.name} can be started",
        )


def _removed(scene: Scene, node: Node) -> None:
    if name := _a_container(scene, node):
        engine = node.host.engine
        engine.remove(name)
        running = scene.rng.random() < 0.7
        scene.for_a_while(
            f"{name} on {node.name} is removed",
            partial(engine.recreate, name, running=running),
            f"{name} on {node.name} is created anew",
        )


def _starts_fail(scene: Scene, node: Node) -> None:
    if name := _a_container(scene, node):
        starts = scene.rng.randint(1, 6)
        scene.tell(f"{name} on {node.name} dies, and {starts} starts will fail")
        node.host.engine.boxes[name].failing_starts = starts
        node.host.engine.kill(name)


def _engine(mode: EngineMode, scene: Scene, node: Node) -> None:
    engine = node.host.engine
    engine.set_mode(mode)
    scene.for_a_while(
        f"the engine of {node.name} is {mode.name.lower()}",
        partial(engine.set_mode, EngineMode.UP),
        f"the engine of {node.name} is up",
    )


def _engine_slow(scene: Scene, node: Node) -> None:
    engine = node.host.engine
    engine.slower = scene.rng.randint(*_SLOWER)

    def undo() -> None:
        engine.slower = 1

    scene.for_a_while(
        f"the engine of {node.name} takes {engine.slower} times as long",
        undo,
        f"the engine of {node.name} is fast",
    )


def _engine_restarted(scene: Scene, node: Node) -> None:
    """Without live-restore: what runs is stopped with the engine, and started with it."""
    if not node.host.powered:
        return
    engine = node.host.engine
    live_restore = scene.rng.random() < 0.3
    engine.go_down(live_restore=live_restore)

    def up() -> None:
        if node.host.powered:
            engine.set_mode(EngineMode.UP)
            engine.boot()

    scene.tell(f"the engine of {node.name} restarts, live-restore {live_restore}")
    scene.after(min(scene.lasting_ns, 5 * SECOND), up)


def _a_container(scene: Scene, node: Node) -> str:
    """One that can be broken now; empty when there is none."""
    known = [
        name
        for name in scene.two.pair.containers
        if not node.host.engine.boxes[name].broken and node.host.powered
    ]
    return scene.rng.choice(known) if known else ""


MAKERS: Final[dict[Fault, Maker]] = {
    Fault.CONTAINER_KILL: _kill,
    Fault.CONTAINER_SICK: _sick,
    Fault.CONTAINER_PAUSED: _paused,
    Fault.CONTAINER_UNPAUSED: _unpaused,
    Fault.CONTAINER_LOOPS: _loops,
    Fault.CONTAINER_REMOVED: _removed,
    Fault.STARTS_FAIL: _starts_fail,
    Fault.ENGINE_DOWN: partial(_engine, EngineMode.DOWN),
    Fault.ENGINE_HUNG: partial(_engine, EngineMode.HUNG),
    Fault.ENGINE_SLOW: _engine_slow,
    Fault.ENGINE_RESTARTED: _engine_restarted,
}
