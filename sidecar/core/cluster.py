"""The one door of the core: an event and the time go in, wishes come out.

    step(event, now)  due timers first, in the order of their deadlines, then the event, then every
                      part takes the steps that have become possible; returns what to do, in order
    deadline()        when to be woken next; the caller arms one timer
    view()            a frozen snapshot

Here the parts are put together; which part an event or a message concerns is in routing.py. Nothing
is decided here but one thing: a turn that comes late means that this node slept. After a deadtime
it must not believe what it held, nor that the peer was silent (safety rule 2); after less it must
first hear what happened meanwhile.
"""

from random import Random
from typing import Final

from sidecar.core.actions import Action
from sidecar.core.agreement import Agreement
from sidecar.core.claims import SIDES
from sidecar.core.events import Event, PacketReceived, PacketsRefused
from sidecar.core.inbox import Inbox
from sidecar.core.ipfail import Ipfail
from sidecar.core.links import Links
from sidecar.core.maintenance import Maintenance
from sidecar.core.moves import Moves
from sidecar.core.occurrences import ConfigurationReloaded, TurnLate
from sidecar.core.oneway import OneWay
from sidecar.core.operator import Operator
from sidecar.core.outbox import Outbox
from sidecar.core.params import Boot, Params, differences
from sidecar.core.peer import Peer
from sidecar.core.ping import PingNodes
from sidecar.core.presence import Presence
from sidecar.core.readiness import Readiness
from sidecar.core.refusals import Refusals
from sidecar.core.reunion import Reunion
from sidecar.core.routing import hand_on, route
from sidecar.core.shutdown import Shutdown, Stage
from sidecar.core.sight import Sight
from sidecar.core.takeover import Takeover
from sidecar.core.terms import MILLISECOND, Moment
from sidecar.core.timers import Timers
from sidecar.core.turn import HEARD_WITHIN_NS, Turn
from sidecar.core.view import ClusterView
from sidecar.core.viewing import describe, view_of
from sidecar.wire.message import Message

OVERSLEPT_NS: Final = 10 * MILLISECOND
"""A turn that comes so much later than its deadline comes after a sleep, if a short one."""
UNSIGNED = "signed with no key of this node; in a flood nothing else is looked at"


class Cluster:
    """This node's mind."""

    def __init__(self, params: Params, rng: Random, boot: Boot) -> None:
        self.params = params
        self.boot = boot
        self.timers = Timers()
        self.peer = Peer(params, self.timers, rng, self)
        self.links = Links(
            params,
            self.timers,
            dead_after_ns=lambda: self.peer.dead_after_ns,
            died=self._link_died,
        )
        self.one_way = OneWay(params, self.links, self.timers, self._announce)
        self.agreement = Agreement(params, self.peer)
        self.outbox = Outbox(params, boot, self.links)
        self.maintenance = Maintenance(
            params,
            self.peer,
            timers=self.timers,
            kept=boot.maintenance,
            say_status=self._say_status,
        )
        self.takeover = Takeover(
            params,
            self.peer,
            outbox=self.outbox,
            timers=self.timers,
            rng=rng,
            life=boot.generation,
            all_ping_lost=lambda: self.ping.all_lost,
            frozen=lambda: self.maintenance.on,
        )
        self.sight = Sight(self.takeover, self.peer, self.timers)
        self.ping = PingNodes(params, self.timers, self._ping_changed)
        self.moves = Moves(
            params,
            self.peer,
            self.takeover,
            timers=self.timers,
            ping_count=lambda: self.ping.count,
            frozen=lambda: self.maintenance.on,
        )
        self.ipfail = Ipfail(
            params,
            self.peer,
            self.ping,
            outbox=self.outbox,
            timers=self.timers,
            hand_over=self.moves.ping_lost,
        )
        self.reunion = Reunion(self.takeover, self.peer, self.timers)
        self.presence = Presence(
            params,
            self.peer,
            outbox=self.outbox,
            timers=self.timers,
            describe=lambda: describe(self, self._now_ns),
            ping=self.ping.ask,
            activated=self._activated,
        )
        self.refusals = Refusals(
            params, self.peer, self.links, timers=self.timers, ask=self.presence.say_status
        )
        self.inbox = Inbox(
            params,
            boot,
            self.peer,
            links=self.links,
            outbox=self.outbox,
            timers=self.timers,
            listener=self,
        )
        self.operator = Operator(
            self.takeover, self.moves, self.peer, outbox=self.outbox, timers=self.timers
        )
        self.shutdown = Shutdown(
            self.takeover, self.moves, self.peer, outbox=self.outbox, timers=self.timers
        )
        self.readiness = Readiness(
            boot,
            self.links,
            self.takeover,
            sight=self.sight,
            shutdown=self.shutdown,
            say_status=self._say_status,
        )
        self._now_ns = 0
        self._awake_ns = 0
        """When all has been heard that waited while this node did not run."""

    # --- the door ------------------------------------------------------------------------------

    def step(self, event: Event, now: Moment) -> list[Action]:
        """Take what happened; return what to do, in the order in which to do it."""
        turn = self._wake(now)
        if not self._now_ns:
            self.maintenance.begin(turn)
            self.takeover.groups.found(turn, self.boot.left)
        self._now_ns = now.ns
        fired = self.timers.fire_due(turn)
        if self._is_refused(turn, event) and not fired and not turn.actions:
            return []  # nothing has happened, and a flood must not cost more than that
        route(self, turn, event)
        self._advance(turn)
        if not isinstance(event, PacketReceived):
            self.readiness.judge(turn)
        return turn.actions

    def deadline(self) -> int | None:
        """The instant, in nanoseconds, at which ``step(Woke())`` is due; None: never."""
        return self.timers.earliest()

    def view(self) -> ClusterView:
        return view_of(self, self._now_ns, self.readiness.reasons)

    # --- a step --------------------------------------------------------------------------------

    def _wake(self, now: Moment) -> Turn:
        """Notice by the deadlines that this node slept, and for how long."""
        expected_ns = self.timers.earliest()
        late_ns = 0 if expected_ns is None else now.ns - expected_ns
        if late_ns > OVERSLEPT_NS:
            self._awake_ns = now.ns + HEARD_WITHIN_NS
        turn = Turn(now, waking=now.ns < self._awake_ns)
        if late_ns >= self.params.timing.deadtime_ns:
            turn.tell(TurnLate(gap_ns=late_ns))
            self._believe_nothing(turn)
        return turn

    def _believe_nothing(self, turn: Turn) -> None:
        self.peer.excuse_silence(turn)
        self.links.excuse_silence(turn)
        self.ping.excuse_silence(turn)
        self.sight.distrust()
        self.takeover.holdings.claims.forfeit(*SIDES)
        self.takeover.standby.slept(turn)
        for group in self.takeover.groups:
            group.distrust(turn)

    def _is_refused(self, turn: Turn, event: Event) -> bool:
        """Let the inbox judge a packet, and act on it unless it is refused."""
        match event:
            case PacketReceived():
                link = self.links.find(event.link)
                return link is None or not self.inbox.receive(turn, link, event.data)
            case PacketsRefused():
                link = self.links.find(event.link)
                if link is not None:
                    link.reject(turn, "flood", UNSIGNED, packets=event.count)
                return True
            case _:
                return False

    def reload(self, turn: Turn, params: Params) -> None:
        """Every part takes over the configuration as it is written now."""
        changes = differences(self.params, params)
        self.params = params
        for part in (self.peer, self.links, self.outbox, self.inbox, self.ping, self.moves):
            part.reconfigure(params)
        self.one_way.reconfigure(params)
        self.agreement.reconfigure(params)
        self.ipfail.reconfigure(params)
        self.refusals.reconfigure(params)
        self.presence.reconfigure(params)
        self.presence.hurry(turn)
        self.takeover.reconfigure(turn, params)
        turn.tell(ConfigurationReloaded(changes=changes))

    def _advance(self, turn: Turn) -> None:
        self.maintenance.advance(turn)
        self.one_way.advance(turn)
        self.agreement.advance(turn)
        self.takeover.advance(turn)
        if self.shutdown.stage is Stage.RUNNING:
            self._prepare(turn)
            self.reunion.advance(turn)
            self.moves.advance(turn)
            self.ipfail.advance(turn)
            self.sight.advance(turn)
        self.operator.advance(turn)
        self.shutdown.advance(turn)

    def _prepare(self, turn: Turn) -> None:
        """While the peer is quiet, stand by warm and look for the owner, so that at deadtime only
        the address moves (safety rule 7).
        """
        if self.peer.doubtful and not self.maintenance.on:
            for group in self.takeover.groups:
                group.prepare(turn, self.peer.dies_ns)

    # --- messages of the peer ------------------------------------------------------------------

    def heard(self, turn: Turn, message: Message) -> None:
        """Believe the peer while it counts as alive, and has not said goodbye."""
        if self.peer.left:
            return  # said before that, and was kept on its way: a new life begins with a status
        if self.peer.is_sidecar and self.peer.met and not self.peer.alive:
            # A status is the sign of life, and comes first. What comes before it was said while
            # nobody heard it, and was kept on its way.
            return
        hand_on(self, turn, message)

    def may_take(self) -> bool:
        """Whether the peer's offer can be honoured; a giver need not be fit to serve itself."""
        settled = self.takeover.both_stable
        return settled and self.readiness.may_yet_serve() and self.shutdown.stage is Stage.RUNNING

    # --- news of the peer ----------------------------------------------------------------------

    def peer_met(self, turn: Turn) -> None:
        self.takeover.groups.agree()
        self.takeover.peer_met(turn)
        self.reunion.peer_met(turn)
        self.presence.peer_heard(turn)

    def peer_restarted(self, turn: Turn) -> None:
        self.takeover.groups.agree()
        self.takeover.peer_restarted(turn)
        self.presence.peer_heard(turn)
        self._announce(turn)

    def peer_returned(self, turn: Turn) -> None:
        self.takeover.groups.agree()
        self.presence.say_status(turn)
        self.presence.peer_heard(turn)
        self.takeover.peer_returned(turn)
        self.reunion.peer_returned(turn)
        self._announce(turn)

    def peer_quiet(self, turn: Turn) -> None:
        del turn
        for group in self.takeover.groups:
            group.doubt_word()

    def peer_calm(self, turn: Turn) -> None:
        for group in self.takeover.groups:
            group.stop_looking()
            if self.takeover.standby.idle and not self.takeover.overlap.keeps_warm:
                group.set_warm(turn, warm=False)

    def peer_died(self, turn: Turn) -> None:
        self.links.told_by_peer(None)
        self.presence.peer_died(turn)
        self.takeover.split_brain.peer_died(turn)
        self.takeover.peer_died(turn)

    def _say_status(self, turn: Turn) -> None:
        """It has changed: the other node is told at once."""
        if self.links.any_open:
            self.presence.say_status(turn)

    def _ping_changed(self, turn: Turn) -> None:
        self._say_status(turn)
        self.ipfail.tell_count(turn)

    def _link_died(self, turn: Turn) -> None:
        self.ipfail.tell_count(turn)

    def _activated(self, turn: Turn) -> None:
        self.takeover.negotiation.begin(turn)
        self.ipfail.sign_on(turn)

    def _announce(self, turn: Turn) -> None:
        for group in self.takeover.groups:
            group.addresses.announce(turn)
