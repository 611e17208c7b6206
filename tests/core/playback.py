"""Plays one node's part of a captured scenario to a real cluster that takes the other node's part.

The recorded messages of the one node are sent at their recorded times with their recorded numbers
and generations. The capture leaves out status messages that say nothing new; every number that is
missing was one of them, so that it is filled in between its neighbours. The recorded actions of the
other node (START, hb_standby, hb_takeover, stop, kill) are done to the cluster under test.

The recorded node does not react to ours: it says what it said then, whatever ours does.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sidecar.core.events import ShutdownRequested, StandbyRequested, TakeoverRequested
from sidecar.core.params import Address, Container, Link, Params, ResourceGroup, Timing
from sidecar.core.terms import (
    MILLISECOND,
    SECOND,
    AutoFailback,
    LinkName,
    Medium,
    NodeName,
)
from sidecar.wire import fields
from sidecar.wire.auth import Key, Keyring, Method
from sidecar.wire.codec import Form, seal
from sidecar.wire.message import Message
from tests.core.harness import NODE_UUID, PEER_UUID, START_NS, WALL_S, Node, World

VECTORS: Final = Path(__file__).parent.parent / "vectors"
KEEPALIVE_S: Final = 0.2
LINK: Final = LinkName("eth0")
SCRIPT_NS: Final = 200 * MILLISECOND
"""The dummy resource script of the captures sleeps so long when it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A recorded message: when it was sent, and its fields without the envelope."""

    t: float
    kind: str
    values: dict[str, str]

    @property
    def seq(self) -> int:
        return int(self.values["seq"], 16)

    @property
    def generation(self) -> str:
        return self.values["hg"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One captured run of two real nodes."""

    name: str
    nodes: tuple[str, str]
    auto_failback: AutoFailback
    actions: tuple[tuple[float, str, str], ...]
    """Instant, node, and what was done there."""
    messages: tuple[tuple[str, Said], ...]
    scripts: tuple[tuple[float, str, str], ...]
    """Instant, node, and whether it called the dummy resource script with start or stop."""

    def of(self, node: str) -> list[Said]:
        return [said for sender, said in self.messages if sender == node]

    def other(self, node: str) -> str:
        first, second = self.nodes
        return second if node == first else first


def read(name: str) -> Scenario:
    raw = json.loads((VECTORS / f"{name}.json").read_text())
    return Scenario(
        name=name,
        nodes=tuple(raw["config"]["nodes"]),
        auto_failback=AutoFailback(raw["config"]["auto_failback"]),
        actions=tuple(_action(action) for action in raw["actions"]),
        messages=tuple(
            (m["from"], Said(t=m["t"], kind=m["type"], values=m["fields"])) for m in raw["messages"]
        ),
        scripts=tuple((s["t"], s["node"], s["action"]) for s in raw["resource_script_calls"]),
    )


def _action(raw: dict[str, Any]) -> tuple[float, str, str]:
    command = re.fullmatch(r"(\S+)\$ (.+)", raw["action"])
    if command is not None:
        return raw["t"], command[1], command[2]
    what, node = raw["action"].rsplit(" ", 1)
    return raw["t"], node, what


# --- the recorded node ---------------------------------------------------------------------------


def complete(scenario: Scenario, node: str) -> list[Said]:
    """What a node really sent: the recorded messages and the status messages left out between."""
    lives: dict[str, list[Said]] = {}
    for said in scenario.of(node):
        lives.setdefault(said.generation, []).append(said)
    everything: list[Said] = []
    for life in lives.values():
        everything += life
        everything += _between(life)
        everything += _after(life, _end_of(scenario, node, life[0].t))
    return sorted(everything, key=lambda said: said.t)


def _between(life: list[Said]) -> Iterator[Said]:
    known = {said.seq: said for said in life}
    for seq in range(1, max(known)):
        if seq not in known:
            before = known[max(s for s in known if s < seq)]
            behind = known[min(s for s in known if s > seq)]
            share = (seq - before.seq) / (behind.seq - before.seq)
            t = before.t + share * (behind.t - before.t)
            yield _beat(life, seq, t)


def _after(life: list[Said], end: float) -> Iterator[Said]:
    seq = max(said.seq for said in life)
    t = max(said.t for said in life)
    while (t := t + KEEPALIVE_S) < end:
        seq += 1
        yield _beat(life, seq, t)


def _beat(life: list[Said], seq: int, t: float) -> Said:
    statuses = [said for said in life if said.kind == fields.STATUS and said.seq < seq]
    latest = max(statuses, key=lambda said: said.seq)
    return Said(t=t, kind=fields.STATUS, values=latest.values | {"seq": f"{seq:x}"})


def _end_of(scenario: Scenario, node: str, begin: float) -> float:
    """When this life of the node fell silent."""
    ends = [
        t
        for t, who, what in scenario.actions
        if who == node and t > begin and what in ("HARD-KILL", "STOPPED")
    ]
    return min(ends, default=_last(scenario) + 2.0)


def _last(scenario: Scenario) -> float:
    return max(said.t for _, said in scenario.messages)


# --- the node under test -------------------------------------------------------------------------


class Playback:
    """Our core in the place of one node of a scenario."""

    def __init__(self, scenario: Scenario, node: str, *, after_script_s: float) -> None:
        self.scenario = scenario
        self.params = _params(scenario, node)
        self.world = World()
        self.lives: list[Node] = []
        self.serves: list[tuple[float, str, bool]] = []
        """For each script call of the real node: whether ours holds the address a little later."""
        for said in complete(scenario, scenario.other(node)):
            self._at(said.t, self._hear, said)
        for t, who, what in scenario.actions:
            if who == node:
                self._at(t, self._do, what)
        for t, who, what in scenario.scripts:
            if who == node:
                self._at(t + after_script_s, self._look, (t, what))

    def run(self) -> list[Said]:
        """Play it to its end; return what our node sent, as it would have been recorded."""
        self.world.run_to(START_NS + int((_last(self.scenario) + 2.0) * SECOND))
        return [
            Said(
                t=(sent.ns - START_NS) / SECOND,
                kind=sent.kind,
                values={f.name: f.value for f in sent.message.fields if isinstance(f.value, str)},
            )
            for life in self.lives
            for sent in life.sent
        ]

    def _at(self, t: float, then: Any, value: Any) -> None:
        self.world.later(int(t * SECOND), lambda: then(value))

    def _hear(self, said: Said) -> None:
        if not self.lives:
            return
        key = self.params.keyring.current
        message = Message.of(
            (fields.T, said.kind),
            *said.values.items(),
            (fields.PROTOCOL, "1"),
            (fields.SRC, self.params.peer),
            (fields.SRCUUID, PEER_UUID),
            (fields.TS, f"{WALL_S + self.world.ns // SECOND:x}"),
            (fields.TTL, "3"),
        )
        self.lives[-1].hear(LINK, seal(message, key, Form.NETSTRING))

    def _look(self, call: tuple[float, str]) -> None:
        self.serves.append((*call, bool(self.lives[-1].hands.addresses)))

    def _do(self, what: str) -> None:
        match what.split(maxsplit=1):
            case ["START"]:
                generation = 100 + len(self.lives)
                node = Node(self.world, self.params, generation=generation, uuid=NODE_UUID)
                node.hands.container_ns = SCRIPT_NS
                self.lives.append(node)
                node.start()
            case ["hb_standby", which]:
                self.lives[-1].step(StandbyRequested(request=1, which=which))
            case ["hb_takeover", which]:
                self.lives[-1].step(TakeoverRequested(request=1, which=which))
            case ["HARD-KILL"]:
                self.lives[-1].die()
            case ["CLEAN-STOP(heartbeat", "-k)"]:
                self.lives[-1].step(ShutdownRequested())
            case ["STOPPED"]:
                assert self.lives[-1].exited, "the real daemon had ended by now"
            case _:
                raise AssertionError(f"the recording does what we cannot: {what}")


def _params(scenario: Scenario, node: str) -> Params:
    key = Key(1, Method.SHA1, b"hbpSecretOne")
    address = Address(name="10.91.1.100", prefix=24, interface="eth0", label="eth0:0")
    group = ResourceGroup(
        name="10.91.1.100/24/eth0:0",
        preferred=NodeName(scenario.nodes[0]),
        resources=(address, Container(name="dummyres")),
    )
    return Params(
        node=NodeName(node),
        peer=NodeName(scenario.other(node)),
        timing=Timing(
            keepalive_ns=200 * MILLISECOND,
            warntime_ns=600 * MILLISECOND,
            deadtime_ns=1000 * MILLISECOND,
            initdead_ns=3000 * MILLISECOND,
            lease_s=1,
        ),
        auto_failback=scenario.auto_failback,
        links=(Link(name=LINK, medium=Medium.UCAST, device="eth0"),),
        groups=(group,),
        keyring=Keyring(key, (key,)),
    )
