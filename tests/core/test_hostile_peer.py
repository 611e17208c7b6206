"""A peer that has the key and lies: any types, fields, values, numbers and lives, in any order.

Whatever it says, no step raises, time goes on, and an address that answers from another machine is
not claimed without the peer's word that it has let go (safety rule 3).
"""

from dataclasses import dataclass

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sidecar.core import dialect
from sidecar.core.actions import ClaimAddress
from sidecar.core.events import (
    Event,
    LinkFailed,
    LinkOpened,
    ServiceChanged,
    ShutdownRequested,
    StandbyRequested,
    TakeoverRequested,
)
from sidecar.core.params import Params
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback, ContainerFacts, ContainerState
from sidecar.wire import fields
from tests.core.harness import (
    ETH1,
    MACS,
    NODE,
    PEER,
    VIP,
    VIP_OF_PEER,
    Node,
    World,
    a_group,
    some_params,
)
from tests.core.scripted import ScriptedPeer

WORDS_THAT_RELEASE = (fields.SHUTDONE, fields.ASK_RESOURCES, fields.IP_REQUEST_RESP)
KINDS = (
    *(fields.STATUS, fields.STARTING, fields.RESOURCE, fields.REQNODES, fields.REPNODES),
    *(fields.HB_TAKEOVER, fields.IP_REQUEST, fields.STONITH, fields.HBAPI_CLSTAT),
    *(fields.NUM_PING_NODES, fields.YOU_ARE_DEAD, fields.ABORT_GIVEUP),
    *(fields.NS_ACKMSG, fields.NS_REXMIT, fields.NS_NAK_REXMIT, fields.NS_ST, "anything"),
)
GROUPS = (a_group(NODE, VIP, "web"), a_group(PEER, VIP_OF_PEER, "db"))

words = st.sampled_from(
    [
        *("none", "local", "foreign", "all", "failback", "init", "up", "active", "dead", "ping"),
        *("me", "other", "done", "standby", "shutdown", "0", "1", "2", "3e8", "1f4", "ffffffff"),
        *("full", "mach_down", "req_our_resources()", "service_failed", "ipfail", NODE, PEER, "OK"),
        *(f"{VIP}/24/eth0:0", f"eth0={MACS[PEER]}", "1,1", "0,ff", "-1,x", "node-a node-b "),
    ]
)
values = words | st.text(max_size=6, alphabet=st.characters(codec="utf-8")) | st.just("\udcff\x00")
names = st.sampled_from(
    [
        *(fields.ST, fields.DT, fields.PROTOCOL, fields.DEST, fields.INFO, fields.RSC_HOLD),
        *(fields.RTYPE, fields.ISSTABLE, fields.IPADDR, fields.OK, fields.NUM_PING),
        *(fields.ACKSEQ, fields.FIRSTSEQ, fields.LASTSEQ, fields.NODELIST, fields.TO_ID),
        *(dialect.VERSION_FIELD, dialect.READY, dialect.MACS, dialect.TERMS, dialect.WHY),
        *(dialect.ASK, dialect.PING, "unheard_of"),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    """One message: what it says, and how its number and its life relate to what is due."""

    kind: str
    values: dict[str, str]
    skip: int
    lives: int

    def tell(self, peer: ScriptedPeer) -> None:
        peer.generation = max(0, peer.generation + self.lives)
        peer.seq = max(0, peer.seq + 1 + self.skip)
        likely = {fields.ST: "active", fields.RTYPE: "full", fields.DEST: NODE}
        said = likely | self.values
        if self.kind.startswith(fields.UNSEQUENCED_PREFIX):
            peer.whisper(self.kind, **said)
        else:
            peer.say_again(peer.seq, self.kind, **said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Time passes; a frozen node sleeps through it."""

    ms: int
    frozen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Something happens on this node meanwhile."""

    event: Event


def lies(kinds: tuple[str, ...]) -> st.SearchStrategy[Lie]:
    mostly_next = st.just(0) | st.sampled_from([-600, -5, -1, 1, 3, 100, 300])
    mostly_same = st.just(0) | st.just(0) | st.sampled_from([-1, 1])
    said = st.dictionaries(names, values, max_size=5)
    return st.builds(
        Lie, kind=st.sampled_from(kinds), values=said, skip=mostly_next, lives=mostly_same
    )


waits = st.builds(
    Wait, ms=st.sampled_from([1, 40, 200, 650, 1100, 3500, 11000]), frozen=st.booleans()
)
states = st.sampled_from(list(ContainerState))
happenings = st.one_of(
    st.builds(StandbyRequested, request=st.just(1), which=words),
    st.builds(TakeoverRequested, request=st.just(2), which=words),
    st.just(ShutdownRequested()),
    st.just(LinkFailed(link=ETH1, reason="gone")),
    st.just(LinkOpened(link=ETH1)),
    st.builds(
        lambda state: ServiceChanged(container="web", facts=ContainerFacts(state=state)), states
    ),
)
params_of_either = st.builds(
    lambda auto_failback: some_params(groups=GROUPS, auto_failback=auto_failback),
    st.sampled_from(list(AutoFailback)),
)


def play(params: Params, moves: list[Lie | Wait | Here], *, addresses_answer: bool) -> Node:
    world = World()
    node = Node(world, params)
    if addresses_answer:
        node.hands.owners = {VIP: MACS[PEER], VIP_OF_PEER: MACS[PEER]}
    peer = ScriptedPeer(node)
    node.start()
    peer.beat()
    for move in moves:
        match move:
            case Lie():
                move.tell(peer)
            case Wait():
                node.frozen = move.frozen
                world.run(move.ms * MILLISECOND)
                node.frozen = False
            case Here():
                node.step(move.event)
        node.cluster.view()
    world.run(3 * SECOND)
    return node


def moves_with(kinds: tuple[str, ...]) -> st.SearchStrategy[list[Lie | Wait | Here]]:
    one = lies(kinds) | lies(kinds) | waits | st.builds(Here, event=happenings)
    return st.lists(one, max_size=25)


SOME = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@SOME
@given(params=params_of_either, moves=moves_with(KINDS))
def test_nothing_but_the_peers_word_makes_an_answering_address_ours(
    params: Params, moves: list[Lie | Wait | Here]
):
    """Safety rule 3: the address answers from another machine, and nobody says that it is free."""
    node = play(params, moves, addresses_answer=True)
    assert list(node.wished(ClaimAddress)) == []


@SOME
@example(
    params=some_params(groups=GROUPS),
    moves=[
        Lie(kind=fields.RESOURCE, values={"rsc_hold": "none", "isstable": "1"}, skip=0, lives=0),
        Lie(kind=fields.SHUTDONE, values={"st": "dead"}, skip=0, lives=0),
        Here(event=ShutdownRequested()),
        Lie(kind=fields.ASK_RESOURCES, values={"info": "me", "rsc_hold": "all"}, skip=0, lives=0),
    ],
)
@given(params=params_of_either, moves=moves_with((*KINDS, *WORDS_THAT_RELEASE)))
def test_no_lie_raises_or_stops_the_time(params: Params, moves: list[Lie | Wait | Here]):
    node = play(params, moves, addresses_answer=False)
    deadline_ns = node.cluster.deadline()
    assert node.exited or (deadline_ns is not None and deadline_ns > node.world.ns)
