"""The adapters of a node in the tests: everything succeeds after a fixed time.

``addresses`` and ``containers`` are the facts of the host. ``owners`` says who answers a probe.
A kind of action in ``mute`` is never answered. Leases do not run out here: that is for the
simulator and for real kernels. With ``together``, what is known of several addresses in one instant
comes in one event, as it does from the adapters.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from sidecar.core.actions import (
    Action,
    ClaimAddress,
    PauseService,
    ProbeAddress,
    ReleaseAddress,
    RenewLease,
    RestartService,
    SendPing,
    StartService,
    StopService,
)
from sidecar.core.events import (
    AddressClaimed,
    AddressEvent,
    AddressProbed,
    AddressRefused,
    AddressReleased,
    Event,
    LeaseRenewed,
    PingReplied,
    ProbeFailed,
    ServiceDone,
    Together,
)
from sidecar.core.terms import MILLISECOND, ContainerFacts, ContainerState

if TYPE_CHECKING:
    from tests.core.harness import Node

ADDRESS_NS: Final = 5 * MILLISECOND
PING_NS: Final = 1 * MILLISECOND
CONTAINER_NS: Final = 20 * MILLISECOND


class Time(Protocol):
    """What the hands need of the world."""

    @property
    def ns(self) -> int: ...

    def later(self, after_ns: int, then: Callable[[], None]) -> None: ...


class Hands:
    """Carries out what concerns addresses and containers."""

    def __init__(self, time: Time, node: "Node") -> None:
        self.addresses: set[str] = set()
        self.containers: dict[str, ContainerState] = {}
        self.owners: dict[str, str] = {}
        self.unaskable: set[str] = set()
        """The addresses that this host cannot ask for: it may not, say."""
        self.refused: set[str] = set()
        """The addresses that the kernel does not let this host claim."""
        self.reachable: set[str] = set()
        """The hosts that answer a ping."""
        self.mute: set[type[Action]] = set()
        self.container_ns = CONTAINER_NS
        self.together = False
        self._gathered: dict[int, list[AddressEvent]] = {}
        """By the instant at which they are told."""
        self._time = time
        self._node = node

    def carry_out(self, action: Action) -> None:
        if type(action) in self.mute:
            return
        match action:
            case ClaimAddress() | ReleaseAddress() | ProbeAddress() | RenewLease():
                self._on_address(action)
            case StartService() | RestartService():
                self._bring(action.container, action.op, ContainerState.RUNNING)
            case PauseService():
                self._bring(action.container, action.op, ContainerState.PAUSED)
            case StopService():
                self._bring(action.container, action.op, ContainerState.STOPPED)
            case SendPing(target=target, data=data):
                if self.reachable.intersection(target.hosts):
                    self._answer(PING_NS, PingReplied(target=target.name, data=data))
            case _:
                pass

    def _on_address(
        self, action: ClaimAddress | ReleaseAddress | ProbeAddress | RenewLease
    ) -> None:
        name = action.address.name
        match action:
            case ClaimAddress(op=op) if name in self.refused:
                self._tell(ADDRESS_NS, AddressRefused(op=op, address=name, reason="refused"))
            case ClaimAddress(op=op):
                self.addresses.add(name)
                at_ns = self._time.ns
                self._tell(ADDRESS_NS, AddressClaimed(op=op, address=name, at_ns=at_ns))
            case ReleaseAddress(op=op):
                self.addresses.discard(name)
                self._tell(ADDRESS_NS, AddressReleased(op=op, address=name))
            case RenewLease():
                self._tell(ADDRESS_NS, LeaseRenewed(address=name, at_ns=self._time.ns))
            case ProbeAddress(op=op) if name in self.unaskable:
                self._tell(ADDRESS_NS, ProbeFailed(op=op, address=name, reason="not permitted"))
            case ProbeAddress(op=op):
                owner = self.owners.get(name)
                after_ns = ADDRESS_NS if owner else action.patience_ns
                self._tell(after_ns, AddressProbed(op=op, address=name, answered_by=owner))

    def _bring(self, container: str, op: int, state: ContainerState) -> None:
        self.containers[container] = state
        facts = ContainerFacts(state=state, identity="1")
        self._answer(self.container_ns, ServiceDone(op=op, container=container, facts=facts))

    def _tell(self, after_ns: int, fact: AddressEvent) -> None:
        if not self.together:
            self._answer(after_ns, fact)
            return
        at_ns = self._time.ns + after_ns
        if at_ns in self._gathered:
            self._gathered[at_ns].append(fact)
            return
        facts = self._gathered[at_ns] = [fact]

        def tell() -> None:
            del self._gathered[at_ns]
            self._node.step(Together(facts=tuple(facts)))

        self._time.later(after_ns, tell)

    def _answer(self, after_ns: int, event: Event) -> None:
        self._time.later(after_ns, lambda: self._node.step(event))
