"""One resource group on this node: brought up, kept up, or given up, step by step.

Up: the containers first, in the order of haresources, then the addresses. Down: the addresses
first, then the containers, in reverse. An address must never point at a service that does not
answer. ``advance`` looks at wish and facts and takes the next step; it is called after every event
that may have changed either, so that no step depends on how the state came about.

Theory of a wanted group, from the first line that applies:

    suspended: no carrier, or nothing can serve and nobody hears us   release the addresses, mend
    a container does not serve yet                                    mend it; addresses stay
    nobody vouches that an address is free                            probe it
    all is well                                                       claim, renew, announce

Never decides who owns the group.
"""

from sidecar.core.address import AddressKeeper
from sidecar.core.changes import Changes
from sidecar.core.container import ContainerKeeper
from sidecar.core.milestones import Milestones
from sidecar.core.occurrences import LeaseAwaited, Suspended, TakeoverBlocked
from sidecar.core.params import ResourceGroup
from sidecar.core.surroundings import ISOLATED, GroupNews, Surroundings
from sidecar.core.turn import Turn
from sidecar.core.view import GroupView


class Group:
    """The addresses and containers of one line of haresources."""

    def __init__(
        self,
        spec: ResourceGroup,
        addresses: tuple[AddressKeeper, ...],
        containers: tuple[ContainerKeeper, ...],
        *,
        around: Surroundings,
        news: GroupNews,
        changes: Changes,
    ) -> None:
        """``changes`` is noted by the addresses, and by this group when it comes or goes."""
        self.spec = spec
        self.addresses = addresses
        self.containers = containers
        self.wanted = False
        self.warm = False
        """Containers serve ahead of a takeover that may come; addresses do not move."""
        self.held = False
        # One that a reload made anew may come in the middle of a release.
        self.released = all(address.gone for address in addresses)
        self._around = around
        self._news = news
        self._changes = changes
        self._here = False
        self._here_as_of = -1
        """How many changes there had been when it was last looked whether any address is here."""
        self._interfaces = tuple(dict.fromkeys(a.address.interface for a in addresses))
        self._vouched = False
        self._milestones = Milestones(spec.name)
        self.failing: tuple[str, str] | None = None
        """Wanted here, but cannot be served here: label and reason."""
        self._blocked_told = False
        self._lease_told = False

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def why(self) -> str:
        """The sentence that was given when it last came or went."""
        return self._milestones.why

    @property
    def serves(self) -> bool:
        """All its containers serve."""
        return all(container.serving for container in self.containers)

    @property
    def any_address_left(self) -> bool:
        """Whether an earlier life left one of its addresses here."""
        return any(not address.gone and not address.wants for address in self.addresses)

    @property
    def any_address_here(self) -> bool:
        if self._here_as_of != self._changes.count:
            self._here = any(not address.gone for address in self.addresses)
            self._here_as_of = self._changes.count
        return self._here

    @property
    def claiming(self) -> bool:
        """The kernel has been asked for an address, and may still give it."""
        return any(address.wants and address.busy for address in self.addresses)

    @property
    def at_rest(self) -> bool:
        away = self.released and not self.any_address_here
        return away and all(container.at_rest for container in self.containers)

    @property
    def settled(self) -> bool:
        """Nothing is left to do until something happens."""
        if self.wanted:
            well = self.held and self.serves and self.failing is None
            return well and self.suspension() is None
        if self.warm or not self.at_rest:
            return False
        # A trial goes on by itself, but not in maintenance: when that ends, it is looked at again.
        return not any(container.tried for container in self.containers)

    @property
    def blocked(self) -> bool:
        """Wanted here, but another machine still answers for an address, and does not say why."""
        answered = any(a.probe.answered_by is not None for a in self.addresses)
        return self.wanted and answered and self._blocked_told

    @property
    def obstacle(self) -> str:
        """Why it is wanted here and cannot be served; empty when nothing is known to hinder it."""
        if self.blocked:
            return ""
        if self.failing is not None:
            return self.failing[1]
        return ISOLATED if self.wanted and not self.held and self._around.isolated else ""

    def want(self, turn: Turn, *, vouched: bool, reason: str, why: str) -> None:
        """Take it over. ``vouched``: the peer itself said that it has let go."""
        self._vouched = vouched
        if self.wanted:
            return
        self._changes.note()
        self.wanted = True
        self.warm = False
        self.released = self._blocked_told = self._lease_told = False
        self.failing = None
        self._milestones.begin_takeover(turn, reason, why)
        self.advance(turn)
        if self._around.peer_alive:  # and does not hold it, or this were not wanted here
            for address in self.addresses:
                address.take_up(turn)

    def give_up(self, turn: Turn, *, reason: str, why: str) -> None:
        """Let it go; ``released`` when the last address has gone."""
        if not self.wanted:
            return
        self._changes.note()
        self.wanted = self.held = False
        self.failing = None
        for address in self.addresses:
            address.probe.end()
        self._milestones.begin_give_up(turn, reason, why)
        self.advance(turn)

    def set_warm(self, turn: Turn, *, warm: bool) -> None:
        if self.warm is warm:
            return
        self.warm = warm
        self.advance(turn)

    def prepare(self, turn: Turn, wanted_ns: int) -> None:
        """The peer is silent, and dead at that instant if it stays so: serve already where that is
        not served here anyway, and look for the owner.
        """
        if not self.wanted:
            self.set_warm(turn, warm=True)
            self.look_for_owner(turn, wanted_ns)

    def look_for_owner(self, turn: Turn, wanted_ns: int | None = None) -> None:
        """The peer is silent: does somebody still answer for the addresses?

        ``wanted_ns``: when it will be dead, if it stays so.
        """
        for address in self.addresses:
            if address.gone:
                address.probe.begin(turn, wanted_ns)

    def stop_looking(self) -> None:
        if not self.wanted:
            for address in self.addresses:
                address.probe.end()

    def doubt_word(self) -> None:
        """The peer is silent: what it once let go of it may take again without our hearing it."""
        self._vouched = False

    def distrust(self, turn: Turn) -> None:
        """We slept: what was held may be another's now."""
        self._vouched = self.held = False
        for address in self.addresses:
            address.slept()
        self.advance(turn)

    def announce(self, turn: Turn) -> None:
        for address in self.addresses:
            address.announce(turn)

    def advance(self, turn: Turn) -> None:
        """Take the next steps towards the wish."""
        if self.wanted:
            self._advance_up(turn)
        else:
            self._advance_down(turn)

    def suspension(self) -> tuple[str, str] | None:
        """Why the addresses must not be here although the group is wanted: label and reason."""
        if self._around.frozen and self.any_address_here:
            return None
        for interface in self._interfaces:
            if not self._around.has_carrier(interface):
                return "carrier_lost", f"{interface} has no carrier"
        if self._around.isolated and not any(
            address.defence.peer_met for address in self.addresses
        ):
            return "isolated", ISOLATED
        failed = next((c for c in self.containers if c.failed), None)
        if failed is not None and not self._around.peer_alive:
            return "service_failed", failed.trouble
        return None

    def view(self) -> GroupView:
        by_name = {a.address.name: a.view() for a in self.addresses}
        containers = {c.name: c.view() for c in self.containers}
        return GroupView(
            name=self.name,
            preferred=self.spec.preferred,
            wanted=self.wanted,
            held=self.held,
            resources=tuple(by_name.get(r.name) or containers[r.name] for r in self.spec.resources),
            obstacle=self.obstacle,
        )

    # --- up ------------------------------------------------------------------------------------

    def _advance_up(self, turn: Turn) -> None:
        serves = self._bring_up_containers(turn)
        suspension = self.suspension()
        if suspension is not None:
            self._suspend(turn, *suspension)
            return
        if not serves:
            self._notice_loss(turn)
            if not self._vouched:
                self._probe_addresses(turn)  # meanwhile, so that no time is lost
            return
        self._milestones.reach(turn, "container")
        if not self._claim_addresses(turn):
            self._notice_loss(turn)
            return
        self.failing = None
        self._blocked_told = self._lease_told = False
        if not self.held:
            self.held = True
            self._milestones.reach(turn, "address")
            self._finish_takeover(turn)
            self._news.group_held(turn, self)

    def _suspend(self, turn: Turn, label: str, why: str) -> None:
        """Let the addresses go, and keep the wish: they are claimed again when nothing hinders."""
        if any(address.wants for address in self.addresses):
            turn.tell(Suspended(group=self.name, why=why))
        self._lose(turn)
        self._release_addresses(turn)
        self._fail(label, why)

    def _notice_loss(self, turn: Turn) -> None:
        if any(address.gone for address in self.addresses):
            self._lose(turn)
        self.held = self.held and self._all_kept

    def _lose(self, turn: Turn) -> None:
        was_held, self.held = self.held, False
        if was_held:
            self._news.group_lost(turn, self)

    def _bring_up_containers(self, turn: Turn) -> bool:
        for container in self.containers:
            container.activate(turn)
            if container.failed:
                self._fail("service_failed", container.trouble)
            if not container.serving:
                return False
        return True

    def _claim_addresses(self, turn: Turn) -> bool:
        probed = waits = False
        for address in self.addresses:
            if address.holds or address.busy:
                continue
            # Where it can be neither claimed nor asked for, the other node may be able to.
            if trouble := address.trouble or address.probe.trouble:
                self._fail("address_failed", f"{address.address.name}: {trouble}")
            if not address.address.interface:
                continue  # what has one is served all the same if nobody can take it all
            known = self._vouched or address.is_undisputed(turn)
            # Cut off from all but the service network: what is here may stay, nothing is taken.
            if known or (address.probe.is_clear(turn) and not self._around.isolated):
                blind = not known and not self._around.peer_alive
                probed = probed or not known
                address.claim(turn, blind=blind)
            else:
                waits = True
                self._probe(turn, address)
                address.probe.ask_now(turn)
        if probed and not waits:
            self._milestones.reach(turn, "probed")
        return self._all_kept

    @property
    def _all_kept(self) -> bool:
        return all(address.kept for address in self.addresses)

    def _probe_addresses(self, turn: Turn) -> None:
        for address in self.addresses:
            if address.gone:
                self._probe(turn, address)

    def _probe(self, turn: Turn, address: AddressKeeper) -> None:
        address.probe.begin(turn)
        mac = address.probe.answered_by
        if mac is None or self._blocked_told:
            return
        if not self._around.owner_may_linger(turn):
            self._blocked_told = True
            turn.tell(TakeoverBlocked(address=address.address.name, mac=mac))
        elif not self._lease_told:
            self._lease_told = True
            turn.tell(LeaseAwaited(address=address.address.name, mac=mac))

    def _finish_takeover(self, turn: Turn) -> None:
        # What was lost once it was held has to be probed for like anything else.
        self._vouched = False
        if not self._milestones.under_way:
            return
        for container in self.containers:
            container.tell_next_check()
        self._milestones.end_takeover(turn)

    def _fail(self, label: str, why: str) -> None:
        self.failing = self.failing or (label, why)

    # --- down ----------------------------------------------------------------------------------

    def _advance_down(self, turn: Turn) -> None:
        if not self._around.decided:
            if self.warm:  # who has not heard yet what the peer holds may lose it before
                self._warm_up(turn)
            return
        self._release_addresses(turn)
        if self.any_address_here:
            return
        self.released = True
        if self.warm:
            self._warm_up(turn)
        else:
            for container in reversed(self.containers):
                container.stand_by(turn)
        if self.at_rest and self._milestones.under_way:
            self._milestones.end_give_up(turn)

    def _warm_up(self, turn: Turn) -> None:
        for container in self.containers:
            container.activate(turn)

    def _release_addresses(self, turn: Turn) -> None:
        for address in reversed(self.addresses):
            if address.wants or not address.gone:
                address.release(turn)
            elif self.wanted:
                address.probe.end()  # suspended: nothing is to be claimed now
