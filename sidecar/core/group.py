"""One resource group on this node: brought up, kept up, or given up, step by step.

Up: the containers first, in the order of haresources, then the addresses. Down: the addresses
first, then the containers, in reverse. An address must never point at a service that does not
answer. ``advance`` looks at wish and facts and takes the next step; it is called after every event
that may have changed either, so that no step depends on how the state came about.

Theory of a wanted group, from the first line that applies:

    suspended: no carrier, or nothing can serve and nobody takes it   release the addresses, mend
    a container does not serve yet                                    mend it; addresses stay
    nobody vouches that an address is free                            probe it
    all is well                                                       claim, renew, announce

Never decides who owns the group.
"""

from typing import Final

from sidecar.core.addresses import Addresses
from sidecar.core.changes import Changes
from sidecar.core.container import ContainerKeeper
from sidecar.core.milestones import Milestones
from sidecar.core.occurrences import Suspended
from sidecar.core.params import ResourceGroup
from sidecar.core.surroundings import ISOLATED, GroupNews, Surroundings
from sidecar.core.turn import Turn
from sidecar.core.view import GroupView

PASSING: Final = ("carrier_lost", "isolated")
"""What hinders as long as it lasts, and leaves nothing to be mended."""


class Group:
    """The addresses and containers of one line of haresources."""

    def __init__(
        self,
        spec: ResourceGroup,
        addresses: Addresses,
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
        self.was_held = False
        """Once at least, since it is wanted."""
        self._stands = False
        """It was held, and nobody else can have taken it since: what lingers is not lost yet."""
        # One that a reload made anew may come in the middle of a release.
        self._released = not addresses.any_here
        self._around = around
        self._news = news
        self._changes = changes
        self._milestones = Milestones(spec.name)
        self.failing: tuple[str, str] | None = None
        """Wanted here, but cannot be served here: label and reason."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def why(self) -> str:
        """The sentence that was given when it last came or went."""
        return self._milestones.why

    @property
    def awaited_for(self) -> str:
        """The reason of a takeover that has not come true yet; empty when there is none."""
        return self._milestones.reason if self.wanted else ""

    @property
    def serves(self) -> bool:
        """All its containers serve."""
        return all(container.serving for container in self.containers)

    @property
    def released(self) -> bool:
        """Its addresses have gone, and none that an earlier life left has been found since."""
        return self._released and not self.addresses.any_here

    @property
    def at_rest(self) -> bool:
        return self.released and all(container.at_rest for container in self.containers)

    @property
    def settled(self) -> bool:
        """Nothing is left to do until something happens."""
        if self.wanted:
            well = self.held and self.serves and self.failing is None
            return well and self.suspension() is None
        return self.at_rest and not self.warm

    @property
    def blocked(self) -> bool:
        """Wanted here, but another machine still answers for an address, and does not say why."""
        return self.wanted and self.addresses.blocked

    @property
    def obstacle(self) -> str:
        """Why it is wanted here and cannot be served; empty when nothing is known to hinder it."""
        if self.blocked:
            return ""
        if self.failing is not None:
            return self.failing[1]
        return ISOLATED if self.wanted and not self.held and self._around.isolated else ""

    def want(self, turn: Turn, *, reason: str, why: str, vouched_until_ns: int = 0) -> None:
        """Take it over. ``vouched_until_ns``: the peer itself said that it has let go, and its word
        is good until then.
        """
        self.addresses.vouched_until_ns = vouched_until_ns
        if self.wanted:
            return
        self._changes.note()
        self.wanted = True
        if self.warm:  # what served for it already may have failed in maintenance
            for container in self.containers:
                container.order()
        self.warm = self._released = False
        self.failing = None
        self.addresses.forget_owner()
        if self.addresses.any_wanted and self.addresses.all_kept:
            # A reload made it anew around what is held here: nothing is taken over.
            self._hold()
            self._milestones.why = why
        else:
            self._milestones.begin_takeover(turn, reason, why)
        self.advance(turn)
        if self._around.peer_alive:  # and does not hold it, or this were not wanted here
            self.addresses.take_up(turn)

    def give_up(self, turn: Turn, *, reason: str, why: str) -> None:
        """Let it go; ``released`` when the last address has gone."""
        if not self.wanted:
            return
        self._changes.note()
        self.wanted = self.held = self.was_held = self._stands = False
        self.failing = None
        self.addresses.stop_asking()
        self._milestones.begin_give_up(turn, reason, why)
        self.advance(turn)

    def retire(self, turn: Turn) -> None:
        """This node stops: whether a container would serve is of no use any more."""
        for container in self.containers:
            container.retire(turn)

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
            self.addresses.look_for_owner(turn, wanted_ns)

    def stop_looking(self) -> None:
        if not self.wanted:
            self.addresses.stop_asking()

    def doubt_word(self) -> None:
        """The peer is silent, or has begun a new life: what it once let go of it may take again
        without our hearing it.
        """
        self.addresses.vouched_until_ns = 0

    def distrust(self, turn: Turn) -> None:
        """We slept: what was held may be another's now."""
        self.held = False
        self.addresses.slept()
        self.advance(turn)

    def advance(self, turn: Turn) -> None:
        """Take the next steps towards the wish."""
        if self.wanted:
            self._advance_up(turn)
        else:
            self._advance_down(turn)

    def suspension(self) -> tuple[str, str] | None:
        """Why the addresses must not be here although the group is wanted: label and reason."""
        if self._around.frozen and self.addresses.any_here:
            return None
        for interface in self.addresses.interfaces:
            if not self._around.has_carrier(interface):
                return "carrier_lost", f"{interface} has no carrier"
        if self._around.isolated and not self.addresses.peer_met:
            return "isolated", ISOLATED
        failed = next((c for c in self.containers if c.failed), None)
        # Nothing is handed over to a peer that claims it as well: it may not hear this node.
        alone = not self._around.peer_alive or self._around.claimed_by_peer(self)
        if failed is not None and alone:
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
        self._forget_what_is_over()
        serves = self._bring_up_containers(turn)
        suspension = self.suspension()
        if suspension is not None:
            self._suspend(turn, *suspension)
            return
        if not serves:
            self._notice_loss(turn)
            self.addresses.ask(turn)
            return
        self._milestones.reach(turn, "container")
        if not self._claim_addresses(turn):
            self._notice_loss(turn)
            return
        self.failing = None
        self.addresses.forget_owner()
        if not self.held:
            self._hold()
            self._milestones.reach(turn, "address")
            self._finish_takeover(turn)
            self._news.group_held(turn, self)

    def _hold(self) -> None:
        self.held = self.was_held = self._stands = True

    def _forget_what_is_over(self) -> None:
        """What still hinders may be another reason by now."""
        label = self.failing[0] if self.failing is not None else ""
        if label in PASSING and label != (self.suspension() or ("",))[0]:
            self.failing = None

    def _suspend(self, turn: Turn, label: str, why: str) -> None:
        """Let the addresses go, and keep the wish: they are claimed again when nothing hinders."""
        if self.addresses.any_wanted:
            turn.tell(Suspended(group=self.name, why=why))
        self._lose(turn)
        self.addresses.release(turn)
        self.addresses.stop_asking()  # nothing is to be claimed now
        self._fail(label, why)

    def _notice_loss(self, turn: Turn) -> None:
        if self.addresses.any_away:
            self._lose(turn)
        self.held = self.held and self.addresses.all_kept

    def _lose(self, turn: Turn) -> None:
        stood, self._stands, self.held = self._stands, False, False
        if stood:
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
        if self.addresses.claim(turn):
            self._milestones.reach(turn, "probed")
        if self.addresses.trouble:
            self._fail("address_failed", self.addresses.trouble)
        return self.addresses.all_kept

    def _finish_takeover(self, turn: Turn) -> None:
        # What was lost once it was held has to be probed for like anything else.
        self.addresses.vouched_until_ns = 0
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
        self.addresses.release(turn)
        if self.addresses.any_here:
            return
        self._released = True
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
