"""Understands the commands of a transcript and lets them happen to a simulated pair.

The checkers watch every scenario as well: a transcript that breaks a rule fails, whatever it says.
Chance is steady here: each latency is the middle of what it may be.
"""

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from sidecar.config.settings import load
from sidecar.config.values import parse_boolean, parse_time
from sidecar.core.params import Params, PingTarget
from sidecar.core.terms import SECOND, AutoFailback, LinkName, NodeName
from sidecar.wire.auth import Key, Method
from tests.sim import checkers
from tests.sim.cluster import TwoNodes
from tests.sim.docker import Settings
from tests.sim.node import Node
from tests.sim.pair import (
    SERVICE_LAN,
    Pair,
    a_group,
    a_link,
    keyring_of,
    pair_told,
    timing_of,
)
from tests.sim.steady import Steady
from tests.sim.telling import tell_pair
from tests.sim.trace import Trace

_ROOT: Final = Path(__file__).parent.parent.parent
_OTHER_KEY: Final = Key(1, Method.SHA1, b"the key of another cluster")


class Storyteller:
    """One transcript's pair; ``tell`` obeys one command and gives the lines that it caused."""

    def __init__(self) -> None:
        self._two: TwoNodes | None = None
        self._trace: Trace | None = None
        self._shown = 0

    def tell(self, command: str) -> list[str]:
        verb, *words = command.split()
        if verb == "quietly":
            self.tell(" ".join(words))
            return []
        if verb == "cluster":
            self._build(_pair_of(words), _settings_of(words))
        elif verb == "files":
            self._build(_pair_of_files(_ROOT / words[0], *words[1:]), Settings())
        elif verb == "show":
            return [*self._new_lines(), *tell_pair(self._pair())]
        else:
            obey = _COMMANDS.get(verb)
            if obey is None:
                raise ValueError(f"unknown command {verb!r}; known: {', '.join(_COMMANDS)}")
            obey(self._pair(), words)
        return self._new_lines()

    def _build(self, pair: Pair, settings: Settings) -> None:
        self._two = two = TwoNodes(Steady, pair, settings=settings)
        self._trace = Trace(two.world, width=max(len(name) for name in pair.nodes))
        two.stage.witness.add(self._trace)
        checkers.watch(two)
        self._shown = 0

    def _pair(self) -> TwoNodes:
        if self._two is None:
            raise ValueError("the first command must be `cluster` or `files`")
        return self._two

    def _new_lines(self) -> list[str]:
        lines = self._trace.lines if self._trace is not None else []
        new, self._shown = lines[self._shown :], len(lines)
        return new


# --- commands ------------------------------------------------------------------------------------

Command = Callable[[TwoNodes, list[str]], None]


def _each(act: Callable[[Node], None]) -> Command:
    """A command on each of the nodes named."""

    def obey(two: TwoNodes, words: list[str]) -> None:
        for name in words:
            act(two.node(name))

    return obey


def _run(two: TwoNodes, words: list[str]) -> None:
    two.world.run_for(_time(words[0]))


def _freeze(two: TwoNodes, words: list[str]) -> None:
    two.node(words[0]).freeze(_time(words[1]))


def _ways(two: TwoNodes, words: list[str]) -> list[tuple[NodeName, LinkName]]:
    """``all``, ``eth1`` or ``a->b eth1``: the directions meant."""
    nodes = list(two.pair.nodes)
    if "->" in words[0]:
        nodes = [NodeName(words[0].partition("->")[0])]
        words = words[1:] or ["all"]
    links = [link.name for link in two.pair.links]
    if words[0] != "all":
        links = [LinkName(words[0])]
    return [(node, link) for node in nodes for link in links]


def _cut(two: TwoNodes, words: list[str]) -> None:
    for way in _ways(two, words):
        two.network.cut(*way)


def _mend(two: TwoNodes, words: list[str]) -> None:
    for way in _ways(two, words):
        two.network.restore(*way)


def _carrier(two: TwoNodes, words: list[str], *, up: bool) -> None:
    two.node(words[0]).host.kernel.set_carrier(SERVICE_LAN, up=up)


def _operator(two: TwoNodes, words: list[str]) -> None:
    node, verb, *which = words
    ask = two.node(node).standby if verb == "standby" else two.node(node).takeover
    ask(which[0] if which else "all")


def _maintenance(two: TwoNodes, words: list[str]) -> None:
    node, switch, *duration = words
    two.node(node).maintenance(_time(duration[0]) // SECOND if switch == "on" else 0)


_COMMANDS: Final[dict[str, Command]] = {
    "start": _each(Node.start),
    "stop": _each(Node.stop),
    "kill": _each(Node.kill),
    "crash": _each(Node.crash),
    "freeze": _freeze,
    "run": _run,
    "cut": _cut,
    "mend": _mend,
    "ifdown": lambda two, words: two.node(words[0]).link_down(LinkName(words[1])),
    "ifup": lambda two, words: two.node(words[0]).link_up(LinkName(words[1])),
    "unplug": partial(_carrier, up=False),
    "plug": partial(_carrier, up=True),
    "lose-ping": _each(lambda node: node.arbiters.cut(node.name)),
    "find-ping": _each(lambda node: node.arbiters.restore(node.name)),
    "lan-cut": lambda two, words: two.lan.cut(words[0]),
    "lan-mend": lambda two, words: two.lan.restore(words[0]),
    "kill-container": lambda two, words: two.node(words[0]).host.engine.kill(words[1]),
    "sicken": lambda two, words: two.node(words[0]).host.engine.sicken(
        words[1], heals_by_restart=False
    ),
    "cure": lambda two, words: two.node(words[0]).host.engine.cure(words[1]),
    "delete-address": lambda two, words: two.node(words[0]).host.kernel.delete_by_stranger(
        words[1]
    ),
    "operator": _operator,
    "maintenance": _maintenance,
}


# --- what a cluster is told ----------------------------------------------------------------------


def _options(words: list[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for word in words:
        key, _, value = word.partition("=")
        options[key] = value or "yes"
    return options


def _pair_of(words: list[str]) -> Pair:
    told = _options(words)
    first, second = told.get("nodes", "a,b").split(",")
    timing = timing_of(
        keepalive_ns=_time(told.get("keepalive", "1s")),
        deadtime_ns=_time(told.get("deadtime", "5s")),
        warntime_ns=_time(told.get("warntime", "0s")),
        initdead_ns=_time(told.get("initdead", "10s")),
    )
    ping = (PingTarget(name="router", hosts=("10.0.0.1",)),) if "ping" in told else ()
    groups = [a_group(first, "10.0.0.100", "nginx")]
    if told.get("groups") == "2":
        groups.append(a_group(second, "10.0.0.101", "redis"))
    return Pair(
        nodes=(NodeName(first), NodeName(second)),
        timing=timing,
        auto_failback=AutoFailback(told.get("failback", "on")),
        links=tuple(a_link(name) for name in told.get("links", "eth1").split(",")),
        groups=tuple(groups),
        ping=ping,
        ipfail="ipfail" in told,
        failback_delay_ns=_time(told["failback-delay"]) if "failback-delay" in told else None,
        max_moves=int(told.get("max-moves", "5")),
        moves_window_ns=_time(told.get("moves-window", "600s")),
        keyring_of_second=keyring_of(_OTHER_KEY) if "wrong-key" in told else None,
    )


def _settings_of(words: list[str]) -> Settings:
    told = _options(words)
    return Settings(
        checked=parse_boolean(told.get("checked", "yes")), restarts=int(told.get("restarts", "1"))
    )


def _pair_of_files(folder: Path, first: str, second: str) -> Pair:
    return pair_told(_params_of_files(folder, first), _params_of_files(folder, second))


def _params_of_files(folder: Path, node: str) -> Params:
    """Read as the daemon reads them, from a copy, since authkeys must not be read by others."""
    with tempfile.TemporaryDirectory() as copy:
        here = Path(shutil.copytree(folder / node, Path(copy) / node))
        (here / "authkeys").chmod(0o600)
        environ = {"SIDECAR_CONFIG_DIR": str(here), "SIDECAR_NODE": node}
        return load({}, environ, frozenset()).params


def _time(written: str) -> int:
    """A time with its unit: 3s, 500ms."""
    return parse_time(written if written.endswith("ms") else written.removesuffix("s"))
