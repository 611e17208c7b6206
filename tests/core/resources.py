"""One node's resources on a bench: real groups and keepers, time by hand, answers by hand.

A step is what the cluster's step is for resources: due timers first, then the event, then the next
steps of every group that is not settled. What the groups wish is kept, oldest first, until a test
asks for it, so that a test reads as a talk between the core and its hands.
"""

from collections.abc import Callable
from random import Random
from typing import TypeVar

from sidecar.core.actions import (
    Action,
    ClaimAddress,
    PauseService,
    ProbeAddress,
    ReleaseAddress,
    Report,
    RestartService,
    StartService,
    StopService,
)
from sidecar.core.address import AddressKeeper
from sidecar.core.container import ContainerKeeper
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressProbed,
    AddressRefused,
    AddressReleased,
    CarrierChanged,
    ConflictSeen,
    EngineChanged,
    LeaseRenewed,
    ProbeFailed,
    QuestionHeard,
    ServiceChanged,
    ServiceChecked,
    ServiceDone,
    ServiceRefused,
    ServiceRestarted,
)
from sidecar.core.group import Group
from sidecar.core.groups import Groups
from sidecar.core.occurrences import Occurrence
from sidecar.core.params import Address, Container, Params, Resource, ResourceGroup, Timing
from sidecar.core.peer import Peer
from sidecar.core.terms import (
    MILLISECOND,
    SECOND,
    AutoFailback,
    ContainerFacts,
    ContainerState,
    Holding,
    Moment,
    NodeName,
    NodeStatus,
)
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.wire.auth import Key, Keyring, Method

A = TypeVar("A")
Told = TypeVar("Told", bound=Occurrence)

HERE, THERE = NodeName("node-a"), NodeName("node-b")
ADDRESS = Address(name="192.168.171.100", prefix=24, interface="eth0", label="eth0:0")
SECOND_ADDRESS = Address(name="192.168.171.101", prefix=24, interface="eth1")
NGINX = Container(name="nginx")
PHP = Container(name="php")
STRANGER_MAC = "02:00:00:00:00:99"
PEER_MAC = "02:00:00:00:00:0b"

TIMING = Timing(
    keepalive_ns=500 * MILLISECOND,
    warntime_ns=2 * SECOND,
    deadtime_ns=4 * SECOND,
    initdead_ns=12 * SECOND,
    lease_s=3,
)
KEY = Key(number=1, method=Method.SHA1, text=b"a key of the tests")
KEYRING = Keyring(current=KEY, keys=(KEY,))

Event = (
    AddressClaimed
    | AddressReleased
    | AddressRefused
    | LeaseRenewed
    | AddressLost
    | AddressProbed
    | ProbeFailed
    | ConflictSeen
    | QuestionHeard
    | ServiceDone
    | ServiceRefused
    | ServiceChanged
    | ServiceRestarted
    | ServiceChecked
    | CarrierChanged
    | EngineChanged
)


def params(*groups: ResourceGroup, timing: Timing = TIMING) -> Params:
    return Params(
        node=HERE,
        peer=THERE,
        timing=timing,
        auto_failback=AutoFailback.ON,
        links=(),
        groups=groups,
        keyring=KEYRING,
    )


def a_group(*resources: Resource, preferred: NodeName = HERE) -> ResourceGroup:
    return ResourceGroup(name=resources[0].name, preferred=preferred, resources=resources)


def facts(state: ContainerState, **more: object) -> ContainerFacts:
    """What an inspection showed of a container that is checked."""
    known: dict[str, object] = {"identity": "c1", "checked": True, **more}
    return ContainerFacts(state=state, **known)  # type: ignore[arg-type]


class _NoNews:
    """Nobody acts on what becomes of the peer: a test says what it is."""

    def _ignore(self, turn: Turn) -> None: ...

    peer_met = peer_restarted = peer_returned = peer_quiet = peer_calm = peer_died = _ignore


class Bench:
    """The groups of one node, by default one of a container and an address."""

    def __init__(
        self, *groups: ResourceGroup, decided: bool = True, timing: Timing = TIMING
    ) -> None:
        self.now_ns = 1_000 * SECOND
        self.timing = timing
        self.timers = Timers()
        self.decided = decided
        self.isolated = False
        self.maintenance = False
        self.wishes: list[Action] = []
        """What was wished and not yet asked for by the test, reports left out."""
        self.told: list[Occurrence] = []
        self.news: list[str] = []
        told = params(*(groups or (a_group(NGINX, ADDRESS),)), timing=timing)
        self.peer = Peer(told, self.timers, Random(1), _NoNews())
        self.peer.met, self.peer.status = True, NodeStatus.ACTIVE
        self.groups = Groups(
            told,
            self.peer,
            timers=self.timers,
            rng=Random(1),
            news=self,
            theirs=lambda: Holding.NONE,
            decided=lambda: self.decided,
            isolated=lambda: self.isolated,
            frozen=lambda: self.maintenance,
        )

    # --- parts ---------------------------------------------------------------------------------

    @property
    def group(self) -> Group:
        return next(iter(self.groups))

    @property
    def address(self) -> AddressKeeper:
        return next(iter(self.group.addresses))

    @property
    def nginx(self) -> ContainerKeeper:
        return self.group.containers[0]

    def group_held(self, turn: Turn, group: Group) -> None:
        del turn
        self.news.append(f"held {group.name}")

    def group_lost(self, turn: Turn, group: Group) -> None:
        del turn
        self.news.append(f"lost {group.name}")

    # --- time ----------------------------------------------------------------------------------

    def turn(self, what: Callable[[Turn], None] | None = None) -> list[Action]:
        """Run one step; return what it wished."""
        turn = Turn(Moment(ns=self.now_ns, wall_s=0))
        due_ns = self.timers.earliest()
        if due_ns is not None and self.now_ns - due_ns >= self.timing.deadtime_ns:
            for group in self.groups:  # as the cluster does after a sleep
                group.distrust(turn)
        self.timers.fire_due(turn)
        if what is not None:
            what(turn)
        self.groups.advance(turn)
        for action in turn.actions:
            if isinstance(action, Report):
                self.told.append(action.occurrence)
            else:
                self.wishes.append(action)
        return turn.actions

    def wait(self, ms: float) -> None:
        """Let time pass, waking at each deadline on the way."""
        end_ns = self.now_ns + int(ms * MILLISECOND)
        while (at_ns := self.timers.earliest()) is not None and at_ns <= end_ns:
            self.now_ns = max(self.now_ns, at_ns)
            self.turn()
        self.now_ns = end_ns

    def sleep(self, ms: float) -> None:
        """Let time pass without a wake-up, as a frozen process does."""
        self.now_ns += int(ms * MILLISECOND)

    # --- wishes --------------------------------------------------------------------------------

    def all_of(self, kind: type[A]) -> list[A]:
        """All wishes of this kind since the last question about it."""
        found: list[A] = [wish for wish in self.wishes if isinstance(wish, kind)]
        self.wishes = [wish for wish in self.wishes if not isinstance(wish, kind)]
        return found

    def wish(self, kind: type[A]) -> A:
        """The one wish of this kind; fails when there is none or more than one."""
        found = self.all_of(kind)
        assert len(found) == 1, f"{len(found)} of {kind.__name__}; left: {self.wishes}"
        return found[0]

    def nothing_of(self, *kinds: type[Action]) -> bool:
        return not any(isinstance(wish, kinds) for wish in self.wishes)

    def order(self, *kinds: type[Action]) -> list[str]:
        """The names of the wishes of these kinds, in their order."""
        return [type(wish).__name__ for wish in self.wishes if isinstance(wish, kinds)]

    def occurrences(self, kind: type[Told]) -> list[Told]:
        return [told for told in self.told if isinstance(told, kind)]

    # --- what is decided -----------------------------------------------------------------------

    def want(self, *, vouched: bool = True, good_for_ms: int = 3_600_000) -> None:
        until_ns = self.now_ns + good_for_ms * MILLISECOND if vouched else 0
        self.turn(
            lambda turn: self.group.want(
                turn, vouched_until_ns=until_ns, reason="peer_dead", why="because"
            )
        )

    def give_up(self) -> None:
        self.turn(lambda turn: self.group.give_up(turn, reason="standby", why="asked for"))

    def warm(self, *, warm: bool = True) -> None:
        self.turn(lambda turn: self.group.set_warm(turn, warm=warm))

    def peer_dies(self) -> None:
        self.peer.status = NodeStatus.DEAD
        self.turn()

    # --- what happens --------------------------------------------------------------------------

    def feed(self, event: Event) -> list[Action]:
        def take(turn: Turn) -> None:
            match event:
                case CarrierChanged():
                    self.groups.on_carrier(turn, event)
                case EngineChanged():
                    self.groups.on_engine(turn, event)
                case (
                    ServiceDone()
                    | ServiceRefused()
                    | ServiceChanged()
                    | ServiceRestarted()
                    | ServiceChecked()
                ):
                    self.groups.on_container_event(turn, event)
                case _:
                    self.groups.on_address_events(turn, (event,))

        return self.turn(take)

    def claimed(self) -> None:
        op, name = self._claim()
        self.feed(AddressClaimed(op=op, address=name, at_ns=self.now_ns))

    def claim_refused(self, reason: str = "no such device") -> None:
        op, name = self._claim()
        self.feed(AddressRefused(op=op, address=name, reason=reason))

    def _claim(self) -> tuple[int, str]:
        wish = self.wish(ClaimAddress)
        return wish.op, wish.address.name

    def released(self) -> None:
        wish = self.wish(ReleaseAddress)
        self.feed(AddressReleased(op=wish.op, address=wish.address.name))

    def release_refused(self, reason: str = "no permission") -> None:
        wish = self.wish(ReleaseAddress)
        self.feed(AddressRefused(op=wish.op, address=wish.address.name, reason=reason))

    def renewed(self) -> None:
        self.feed(LeaseRenewed(address=ADDRESS.name, at_ns=self.now_ns))

    def lost(self, reason: str = "somebody deleted it") -> None:
        self.feed(AddressLost(address=ADDRESS.name, reason=reason))

    def probed(self, answered_by: str | None = None) -> None:
        """Answer the last question; those before it were lost."""
        wish = self.all_of(ProbeAddress)[-1]
        self.feed(AddressProbed(op=wish.op, address=wish.address.name, answered_by=answered_by))

    def probe_failed(self, reason: str = "no carrier") -> None:
        wish = self.all_of(ProbeAddress)[-1]
        self.feed(ProbeFailed(op=wish.op, address=wish.address.name, reason=reason))

    def silent_probes(self, count: int = 3) -> None:
        for _ in range(count):
            self.probed(None)

    def inspected(self, state: ContainerState, container: str = "nginx", **more: object) -> None:
        self.feed(ServiceChanged(container=container, facts=facts(state, **more)))

    def done(
        self,
        verb: type[StartService | RestartService | PauseService | StopService],
        state: ContainerState,
        **more: object,
    ) -> None:
        wish = self.wish(verb)
        self.feed(ServiceDone(op=wish.op, container=wish.container, facts=facts(state, **more)))

    def refused(
        self,
        verb: type[StartService | RestartService | PauseService | StopService],
        reason: str = "engine says no",
    ) -> None:
        wish = self.wish(verb)
        self.feed(ServiceRefused(op=wish.op, container=wish.container, reason=reason))

    def check(self, *, passed: bool, container: str = "nginx", detail: str = "503") -> None:
        self.feed(ServiceChecked(container=container, passed=passed, detail=detail))

    def restarted(self, container: str = "nginx") -> None:
        """The engine tells of a restart."""
        self.feed(ServiceRestarted(container=container))

    def carrier(self, *, up: bool, interface: str = "eth0") -> None:
        self.feed(CarrierChanged(interface=interface, up=up))

    # --- ways that many tests go ---------------------------------------------------------------

    def start(self) -> str:
        """Answer the one start under way, and let its check pass; the container's name."""
        wish = self.wish(StartService)
        self.feed(
            ServiceDone(op=wish.op, container=wish.container, facts=facts(ContainerState.RUNNING))
        )
        self.check(passed=True, container=wish.container)
        return wish.container

    def serving(self) -> "Bench":
        """The container was paused, is started, and its check passes; nothing is claimed yet."""
        self.inspected(ContainerState.PAUSED)
        self.want()
        self.start()
        return self

    def holding(self) -> "Bench":
        """The group is up."""
        self.serving()
        self.claimed()
        assert self.group.held
        self.wishes.clear()
        self.told.clear()
        return self
