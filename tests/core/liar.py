"""A peer that has the key and lies without end: one seed, one stream of lies.

Everything that it says is authentic and well sealed, in either form and by any link. The words are
drawn from those that mean something somewhere, and from nonsense of every length.
"""

from random import Random
from typing import Final

from sidecar.core import dialect
from sidecar.core.events import (
    Event,
    LinkFailed,
    LinkOpened,
    PacketReceived,
    ServiceChanged,
    StandbyRequested,
    TakeoverRequested,
)
from sidecar.core.terms import MILLISECOND, ContainerFacts, ContainerState
from sidecar.wire import fields
from sidecar.wire.codec import Form, seal
from sidecar.wire.message import Message
from tests.core.harness import KEY, MACS, NODE, NODE_UUID, PEER, PEER_UUID, VIP, WALL_S, Node

KINDS: Final = (
    *(fields.STATUS, fields.STATUS, fields.STATUS, fields.STARTING, fields.RESOURCE),
    *(fields.RESOURCE, fields.ASK_RESOURCES, fields.REQNODES, fields.REPNODES, fields.SHUTDONE),
    *(fields.HB_TAKEOVER, fields.IP_REQUEST, fields.IP_REQUEST_RESP, fields.STONITH),
    *(fields.HBAPI_CLSTAT, fields.NUM_PING_NODES, fields.YOU_ARE_DEAD, fields.ABORT_GIVEUP),
    *(fields.NS_ACKMSG, fields.NS_REXMIT, fields.NS_REXMIT, fields.NS_NAK_REXMIT, fields.NS_ST),
    "anything",
)
NAMES: Final = (
    *(fields.ST, fields.DT, fields.PROTOCOL, fields.DEST, fields.INFO, fields.RSC_HOLD),
    *(fields.RTYPE, fields.ISSTABLE, fields.IPADDR, fields.OK, fields.NUM_PING, fields.NODELIST),
    *(fields.ACKSEQ, fields.FIRSTSEQ, fields.LASTSEQ, fields.TO_ID, "unheard_of"),
    *(dialect.VERSION_FIELD, dialect.READY, dialect.MACS, dialect.TERMS, dialect.WHY),
    *(dialect.ASK, dialect.ANSWER, dialect.PING, dialect.LINK, dialect.HEARD),
)
WORDS: Final = (
    *("none", "local", "foreign", "all", "failback", "init", "up", "active", "dead", "ping"),
    *("me", "other", "done", "standby", "shutdown", "full", "mach_down", "req_our_resources()"),
    *("0", "1", "2", "3e8", "36ee80", "ffffffff", "ffffffffffffffff", "9" * 19, "-1", "OK"),
    *("service_failed", "ping_lost", "ipfail", NODE, PEER, "1,1", "0,ff", "ffffffff,0"),
    *(f"{VIP}/24/eth0:0", f"eth0={MACS[PEER]}", "eth1", "eth2,eth1", ",", "node-a node-b "),
    *("\n", "\x13", "\0", "\udcff", "€", "x" * 300, "a=b," * 2000, "%%%\n"),
)
GENERATION: Final = 0x6B059D00
_HIGHEST: Final = 1 << 62


class Liar:
    """Says one thing after the other to a node, and sees to it that time passes."""

    def __init__(self, node: Node, seed: int) -> None:
        self.node = node
        self.chance = Random(seed)
        self.generation = GENERATION
        self.told = 0
        self._seq = 0
        self._said: list[bytes] = []
        node.carry = lambda _link, _data: None

    def go_on(self) -> None:
        """One lie, one burst of lies, a while of silence, or something that happens here."""
        what = self.chance.random()
        if what < 0.70:
            self._tell(self._lie())
        elif what < 0.74:
            for _ in range(self.chance.choice((10, 100))):
                self._tell(self._lie(self.chance.choice((fields.NS_REXMIT, fields.STATUS))))
        elif what < 0.78 and self._said:
            for _ in range(20):
                self._tell(self.chance.choice(self._said))
        elif what < 0.95:
            ms = self.chance.choice((1, 20, 100, 250, 700, 1100))
            self.node.frozen = self.chance.random() < 0.05
            self.node.world.run(ms * MILLISECOND)
            self.node.frozen = False
        else:
            self.node.step(self._happening())

    def _tell(self, data: bytes) -> None:
        self.told += 1
        link = self.chance.choice(self.node.params.links)
        self.node.step(PacketReceived(link=link.name, data=data))

    def _lie(self, kind: str = "") -> bytes:
        chance = self.chance
        kind = kind or chance.choice(KINDS)
        if chance.random() < 0.02:
            self.generation = chance.choice(
                (self.generation + 1, self.generation - 1, 0, 1, GENERATION, 1 << 33, _HIGHEST)
            )
        if chance.random() < 0.1:
            self._seq += chance.choice((-600, -100, -3, 1, 2, 100, 249, 251, 10_000, 1 << 40))
        self._seq = min(max(0, self._seq + 1), 1 << 60)
        likely = {fields.ST: "active", fields.RTYPE: "full", fields.DEST: NODE}
        if kind == fields.NS_REXMIT:
            first = chance.choice((0, 1, 100, chance.randrange(2000), 1 << 60))
            last = str(first + chance.choice((0, 49, 1 << 60)))
            likely |= {fields.FIRSTSEQ: str(first), fields.LASTSEQ: last}
        if chance.random() < 0.7:
            likely[dialect.VERSION_FIELD] = "1"
        said = likely | {
            chance.choice(NAMES): chance.choice(WORDS) for _ in range(chance.randrange(5))
        }
        source, uuid = self._sender()
        message = Message.of(
            (fields.T, kind),
            *said.items(),
            (fields.SRC, source),
            (fields.SRCUUID, uuid),
            *(() if kind.startswith("NS_") else ((fields.SEQ, f"{self._seq:x}"),)),
            (fields.HG, f"{self.generation:x}"),
            (fields.TS, f"{WALL_S:x}"),
            (fields.TTL, "3"),
        )
        data = self._sealed(message)
        self._said = [*self._said[-200:], data]
        return data

    def _sender(self) -> tuple[str, bytes]:
        dice = self.chance.random()
        if dice < 0.02:
            return NODE, self.chance.choice((NODE_UUID, PEER_UUID))
        if dice < 0.06:
            return f"node-{self.chance.randrange(100_000)}", PEER_UUID
        return PEER, PEER_UUID

    def _sealed(self, message: Message) -> bytes:
        form = self.chance.choice((Form.NETSTRING, Form.NETSTRING, Form.CLASSIC))
        try:
            return seal(message, KEY, form)
        except ValueError:  # the classic form does not carry every value
            return seal(message, KEY, Form.NETSTRING)

    def _happening(self) -> Event:
        link = self.chance.choice(self.node.params.links).name
        state = self.chance.choice(list(ContainerState))
        happenings: tuple[Event, ...] = (
            StandbyRequested(request=1, which=self.chance.choice(("all", "local", "foreign"))),
            TakeoverRequested(request=2, which=self.chance.choice(("all", "local", "foreign"))),
            LinkFailed(link=link, reason="gone"),
            LinkOpened(link=link),
            LinkOpened(link=link),
            ServiceChanged(container="nginx", facts=ContainerFacts(state=state, identity="1")),
        )
        return self.chance.choice(happenings)
