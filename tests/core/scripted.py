"""A peer that says exactly what a test wants, as a real Heartbeat node or as a sidecar.

It numbers and signs like any node, beats while it is told to, and answers nothing by itself, except
that a real one names the nodes when it is asked (protocol section 5.4).
"""

from typing import Final

from sidecar.core import dialect
from sidecar.core.terms import MILLISECOND, SECOND, LinkName
from sidecar.wire import fields
from sidecar.wire.codec import Form, seal, unseal
from sidecar.wire.message import Message
from tests.core.harness import ETH1, MACS, NODE, PEER, PEER_UUID, WALL_S, Node

KEEPALIVE_NS: Final = 200 * MILLISECOND
GENERATION: Final = 0x6B059D00


class ScriptedPeer:
    """The other end of a node's links."""

    def __init__(self, node: Node, *, sidecar: bool = False, generation: int = GENERATION) -> None:
        self.node = node
        self.name = node.params.peer
        self.sidecar = sidecar
        self.generation = generation
        self.seq = 0
        self.link = ETH1
        """By which link it speaks."""
        self.status = "active"
        self.ready = True
        self.dt: str | None = "3e8"
        self.acknowledges = True
        self.more: dict[str, str] = {}
        """Further fields of every status."""
        self.tells_nodes = not sidecar
        self._question = ""
        """The last that a sidecar was asked: what it tells is the answer to it."""
        self._beating = 0
        node.carry = self._hear

    # --- what it says --------------------------------------------------------------------------

    def say(self, kind: str, **values: str) -> int:
        """Send the next sequenced message; return its number."""
        self.seq += 1
        self.say_again(self.seq, kind, **values)
        return self.seq

    def say_again(self, seq: int, kind: str, **values: str) -> None:
        """Send a message of this number, whichever is due."""
        envelope = {fields.SEQ: f"{seq:x}", fields.HG: f"{self.generation:x}"}
        self.send(self.message(kind, **(values | envelope)))

    def whisper(self, kind: str, **values: str) -> None:
        """Send an unsequenced message (NS_...) to the node."""
        hg = {fields.HG: f"{self.generation:x}"}
        self.send(self.message(kind, **({fields.DEST: self.node.name} | values | hg)))

    def beat(self) -> int:
        return self.say(fields.STATUS, **self.status_fields())

    def status_fields(self) -> dict[str, str]:
        values = {fields.ST: self.status}
        if self.acknowledges:
            values[fields.PROTOCOL] = "1"
        if self.dt is not None:
            values[fields.DT] = self.dt
        if self.sidecar:
            values[dialect.VERSION_FIELD] = dialect.VERSION
            values[dialect.READY] = "1" if self.ready else "0"
            values[dialect.MACS] = f"eth0={MACS[self.name]}"
        return values | self.more

    def tell(self, hold: str, *, stable: bool, info: str = "", term: str = "") -> int:
        """Send ``resource``: what it holds."""
        values = {fields.RSC_HOLD: hold, fields.RTYPE: "full", fields.ISSTABLE: str(int(stable))}
        values |= {fields.INFO: info} if info else {}
        values |= {dialect.TERMS: term} if term else {}
        values |= {dialect.ANSWER: self._question} if self.sidecar and self._question else {}
        return self.say(fields.RESOURCE, **values)

    def ask(self, hold: str, info: str, **values: str) -> int:
        """Send ``ask_resources``: a step of a hand-over."""
        pairs = {fields.RSC_HOLD: hold, fields.INFO: info}
        return self.say(fields.ASK_RESOURCES, **(pairs | values))

    def message(self, kind: str, **values: str) -> Message:
        ts = f"{WALL_S + self.node.world.ns // SECOND:x}"
        return Message.of(
            (fields.T, kind),
            *values.items(),
            (fields.SRC, self.name),
            (fields.SRCUUID, PEER_UUID),
            (fields.TS, ts),
            (fields.TTL, "3"),
        )

    def send(self, message: Message) -> None:
        data = seal(message, self.node.params.keyring.current, Form.NETSTRING)
        self.node.hear(self.link, data)

    # --- its life ------------------------------------------------------------------------------

    def begin_beating(self) -> None:
        """Beat now and every keepalive from now on."""
        self._beating += 1
        self._beat_on(self._beating)

    def fall_silent(self) -> None:
        self._beating += 1

    def restart(self) -> None:
        """A new life: higher generation, numbers from 1."""
        self.generation += 1
        self.seq = 0

    def _beat_on(self, life: int) -> None:
        if life != self._beating:
            return
        self.beat()
        self.node.world.later(KEEPALIVE_NS, lambda: self._beat_on(life))

    def _hear(self, link: LinkName, data: bytes) -> None:
        del link
        message = unseal(data, self.node.params.keyring).message
        if message.kind == fields.REQNODES and self.tells_nodes:
            self.node.world.later(30 * MILLISECOND, self._tell_nodes)
        self._question = message.get(dialect.ASK) or self._question

    def _tell_nodes(self) -> None:
        self.say(
            fields.REPNODES,
            dest=self.node.name,
            nodelist=f"{NODE} {PEER} ",
            delnodelist=" ",
        )
