"""All resource groups of this node, with the addresses and containers that they consist of.

Routes what happened to the address or container it happened to, and answers for all of them: what
is held, what is at rest, what stands in the way of serving. Never decides who owns a group.
"""

from collections.abc import Callable, Iterable, Iterator
from random import Random

from sidecar.core.addresses import Addresses
from sidecar.core.changes import Changes
from sidecar.core.claims import SIDES
from sidecar.core.events import (
    AddressEvent,
    CarrierChanged,
    ContainerEvent,
    EngineChanged,
    QuestionHeard,
)
from sidecar.core.group import Group
from sidecar.core.interfaces import Interfaces
from sidecar.core.keepers import Keepers
from sidecar.core.occurrences import EngineReported
from sidecar.core.params import Address, Params, ResourceGroup
from sidecar.core.peer import Peer
from sidecar.core.surroundings import GroupNews
from sidecar.core.terms import Holding
from sidecar.core.timers import Timers
from sidecar.core.turn import Operations, Turn


class Groups:
    """The groups in the order of haresources."""

    def __init__(
        self,
        params: Params,
        peer: Peer,
        *,
        timers: Timers,
        rng: Random,
        news: GroupNews,
        theirs: Callable[[], Holding],
        decided: Callable[[], bool],
        isolated: Callable[[], bool],
        frozen: Callable[[], bool],
    ) -> None:
        """``theirs``: the sides that the peer says it holds."""
        self.node = params.node
        self._peer = peer
        self._theirs = theirs
        self._decided = decided
        self._isolated = isolated
        self._frozen = frozen
        self.interfaces = Interfaces()
        self.engine_up: bool | None = None
        self._engine_reason = ""
        self._news = news
        self.operations = Operations()
        self.changes = Changes()
        """What is held where, and which interfaces can carry it."""
        self._keepers = Keepers(
            peer,
            timers=timers,
            operations=self.operations,
            rng=rng,
            changes=self.changes,
            frozen=frozen,
            yields=self._yields,
        )
        self._through: dict[str, tuple[Turn, int]] = {}
        """The groups that advanced last, in which turn, and how many changes there were then."""
        self._groups: tuple[Group, ...] = ()
        self._sides: dict[Holding, tuple[Group, ...]] = {}
        self._homes: dict[str, tuple[Group, ...]] = {}
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> tuple[Group, ...]:
        """Keep what stays as it is; return the groups that are new or changed.

        A changed group is made anew around the addresses and containers that it keeps, which
        nothing happens to.
        """
        before = {group.spec: group for group in self._groups}
        self.interfaces.reconfigure(a.interface for spec in params.groups for a in spec.addresses)
        self._keepers.reconfigure(params)
        self._groups = tuple(before.get(spec) or self._make(spec, params) for spec in params.groups)
        self._sides.clear()
        self._homes = self._find_homes()
        self.changes.note()
        return tuple(group for group in self._groups if group.spec not in before)

    def _find_homes(self) -> dict[str, tuple[Group, ...]]:
        """The groups that each address belongs to."""
        homes: dict[str, tuple[Group, ...]] = {}
        for group in self._groups:
            for keeper in group.addresses:
                homes[keeper.address.name] = (*homes.get(keeper.address.name, ()), group)
        return homes

    def _make(self, spec: ResourceGroup, params: Params) -> Group:
        return Group(
            spec,
            Addresses(
                self._keepers.addresses_of(spec, params.timing), around=self, changes=self.changes
            ),
            self._keepers.containers_of(spec),
            around=self,
            news=self._news,
            changes=self.changes,
        )

    def found(self, turn: Turn, names: tuple[str, ...]) -> None:
        """These addresses were left in the kernel by an earlier life."""
        for name in names:
            if name in self._keepers.addresses:
                self._keepers.addresses[name].found(turn)

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups)

    def of(self, holding: Holding) -> tuple[Group, ...]:
        """The groups that these bits stand for, as seen from this node."""
        found = self._sides.get(holding)
        if found is None:
            found = tuple(g for g in self._groups if self.side_of(g) & holding)
            self._sides[holding] = found
        return found

    def are_only_wished(self, side: Holding) -> bool:
        """None of the side's groups is held here, not even in part, or may be in a moment.

        A claim that is on its way to the kernel cannot be called back, and a peer that heard that
        nothing is wanted here might take what is about to be held.
        """
        of_groups = [group.addresses for group in self.of(side)]
        return bool(of_groups) and not any(own.any_kept or own.claiming for own in of_groups)

    @property
    def held(self) -> Holding:
        """The sides that are held here as a whole: each is claimed as one.

        A group that could not be served since it is wanted here makes the claim on what is served
        beside it no younger; one that was held and lost does.
        """
        sides = Holding.ALL
        for side in SIDES:
            groups = self.of(side)
            some = any(group.held for group in groups)
            if any(not group.held and (group.was_held or not some) for group in groups):
                sides &= ~side
        return sides

    @property
    def left(self) -> Holding:
        """The sides of which an earlier life of this node held something when it ended."""
        sides = Holding.NONE
        for group in self._groups:
            if any(address.left for address in group.addresses):
                sides |= self.side_of(group)
        return sides

    def held_address(self, name: str) -> Address | None:
        """The address of this name, if a group that is held here has it."""
        keeper = self._keepers.addresses.get(name)
        is_held = any(group.held for group in self._homes.get(name, ()))
        return keeper.address if keeper is not None and is_held else None

    def side_of(self, group: Group) -> Holding:
        return Holding.LOCAL if group.spec.preferred == self.node else Holding.FOREIGN

    # --- surroundings of a group ---------------------------------------------------------------

    def has_carrier(self, interface: str) -> bool:
        return self.interfaces.has_carrier(interface)

    @property
    def peer_alive(self) -> bool:
        return self._peer.alive

    def claimed_by_peer(self, group: Group) -> bool:
        return bool(self.side_of(group) & self._theirs())

    def owner_may_linger(self, turn: Turn) -> bool:
        return self._peer.may_hold_a_lease(turn)

    @property
    def decided(self) -> bool:
        return self._decided()

    @property
    def isolated(self) -> bool:
        return self._isolated()

    @property
    def frozen(self) -> bool:
        return self._frozen()

    # --- what all of them are like -------------------------------------------------------------

    @property
    def retiring(self) -> bool:
        """Addresses that no group names any more are on their way out."""
        return self._keepers.retiring

    @property
    def any_here(self) -> bool:
        return any(g.addresses.any_here or (g.wanted and g.held) for g in self._groups)

    def trouble(self) -> tuple[str, ...]:
        """Why this node could not serve if it were asked to."""
        reasons = self.interfaces.trouble()
        if self.engine_up is False and self._keepers.containers:
            reasons.append(f"the Docker engine does not answer: {self._engine_reason}")
        reasons += self._keepers.trouble_with_containers()
        return (*reasons, *self._keepers.trouble_with_addresses())

    def not_told_of(self) -> tuple[str, ...]:
        """What the trouble with the containers is as long as the engine has said nothing at all."""
        if self.engine_up is not None:
            return ()
        return tuple(c.trouble for c in self._keepers.containers.values())

    def advance(self, turn: Turn) -> None:
        self._keepers.retire(turn)
        for group in self._groups:
            if not (self._is_through(turn, group) or group.settled):
                group.advance(turn)

    def _is_through(self, turn: Turn, group: Group) -> bool:
        """Whether it has had its turn with the facts of this one, and nothing has changed since.

        What containers do to each other is seen by looking again.
        """
        through = (turn, self.changes.count) == self._through.get(group.name)
        return through and not group.containers

    def agree(self) -> None:
        """The peer is heard again: claims that were made without it are compared with its own."""
        for address in self._keepers.addresses.values():
            address.defence.agree()

    # --- what happened -------------------------------------------------------------------------

    def on_address_events(self, turn: Turn, events: Iterable[AddressEvent]) -> None:
        """Take in all the facts, and then let each group that they concern take its next step."""
        changes_before = self.changes.count
        concerned: dict[str, Group] = {}
        for event in events:
            keeper = self._keepers.addresses.get(event.address)
            if keeper is None:
                continue
            keeper.on_event(turn, event)
            for group in self._homes.get(event.address, ()):
                concerned.setdefault(group.name, group)
        for group in concerned.values():
            # Most facts are renewals of leases, and change nothing.
            if self.changes.count != changes_before or not group.settled:
                group.advance(turn)
        self._through = dict.fromkeys(concerned, (turn, self.changes.count))

    def note_question(self, turn: Turn, event: QuestionHeard) -> None:
        """It decides nothing but that the asker was met on the service network."""
        keeper = self._keepers.addresses.get(event.address)
        if keeper is not None:
            keeper.defence.meet(turn, event.mac)

    def on_container_event(self, turn: Turn, event: ContainerEvent) -> None:
        keeper = self._keepers.containers.get(event.container)
        if keeper is None:
            return
        keeper.on_event(turn, event)
        for group in self._groups:
            if keeper in group.containers:
                group.advance(turn)

    def on_carrier(self, turn: Turn, event: CarrierChanged) -> None:
        if event.interface not in self.interfaces:
            return  # none of our addresses is on it any more
        self.changes.note()
        if not self.interfaces.learn(turn, event):
            return
        for group in self._groups:
            group.advance(turn)
            if event.up:
                group.addresses.announce(turn)

    def on_engine(self, turn: Turn, event: EngineChanged) -> None:
        was_up, self.engine_up = self.engine_up, event.up
        self._engine_reason = event.reason
        if was_up is not event.up and not (was_up is None and event.up):
            turn.tell(EngineReported(up=event.up, reason=event.reason))

    def _yields(self, address: Address) -> bool:
        """Whether the other node goes first where the two cannot speak to each other."""
        homes = self._homes.get(address.name, ())
        return any(group.spec.preferred != self.node for group in homes)
