"""Whether the other node lives. Silence on every link for the dead time, counted from its last
status message, and nothing else, makes it dead (protocol section 5.5; ha.cf deadtime).

The peer says itself after how long a silence it is to be held for dead (``dt``). After warntime it
is quiet: nothing is decided, but the takeover is prepared. A peer that was never heard is dead when
initdead has passed since this node could hear anything at all. Never looks at resources.
"""

from random import Random
from typing import Protocol

from sidecar.core.beat import Beat
from sidecar.core.dialect import MaintenanceWord
from sidecar.core.occurrences import (
    BeatHeard,
    HeartbeatLate,
    NodeDied,
    NodeLeft,
    NodeQuiet,
    NodeReturned,
    NodeStatusChanged,
)
from sidecar.core.params import Params
from sidecar.core.sequence import Inbound, Verdict
from sidecar.core.terms import LEASE_GRAIN_NS, SECOND, NodeStatus
from sidecar.core.timers import Timers
from sidecar.core.turn import HEARD_WITHIN_NS, Respite, Turn


class PeerNews(Protocol):
    """Who acts on what is learnt about the peer."""

    def peer_met(self, turn: Turn) -> None:
        """First contact in this life of ours."""

    def peer_restarted(self, turn: Turn) -> None:
        """A new life of the peer: it holds nothing."""

    def peer_returned(self, turn: Turn) -> None:
        """Held for dead, and the same life speaks again."""

    def peer_quiet(self, turn: Turn) -> None: ...

    def peer_calm(self, turn: Turn) -> None: ...

    def peer_died(self, turn: Turn) -> None: ...


class Peer:
    """The other node as seen here."""

    def __init__(self, params: Params, timers: Timers, rng: Random, news: PeerNews) -> None:
        self.name = params.peer
        self.status = NodeStatus.INIT
        self.inbound = Inbound(rng)
        self.met = False
        self.left = False
        """It said goodbye: its silence is no failure."""
        self.left_ns: int | None = None
        """No earlier did it say so; None when nobody knows: a new life may have taken all back."""
        self._late_ns: int | None = None
        """When that was heard last which may have waited, in the network or while we slept."""
        self.quiet = False
        self.acknowledges = True
        self.is_sidecar = False
        self.ready: bool | None = None
        self.macs: dict[str, str] = {}
        self.sees: dict[str, bool] = {}
        """Which of our addresses it looks for on the service network, and whether it sees them."""
        self.upto: tuple[int, int] | None = None
        """Generation and number of our newest status that it has; None when it does not say."""
        self.ping_count: int | None = None
        """How many ping nodes it sees; None when it does not say."""
        self.maintenance: MaintenanceWord | None = None
        """The newest order that it was heard to know."""
        self.late = 0
        self.close_calls = 0
        """Beats that came when more than half of its dead time had passed."""
        self.configuration: str | None = None
        """The digest of its configuration; None when it does not say."""
        self.clock_offset_s: int | None = None
        """How far its wall clock is ahead of ours, to a second: shown, and never decided by."""
        self.beat_ns: int | None = None
        self._refused_ns: int | None = None
        self._respite = Respite()
        self.dead_after_ns = params.timing.deadtime_ns
        self._timing = params.timing
        self._timers = timers
        self._news = news

    @property
    def alive(self) -> bool:
        return self.met and self.status is not NodeStatus.DEAD

    @property
    def doubtful(self) -> bool:
        """Silent for warntime, and not yet for deadtime."""
        return self.quiet and self.alive and not self.left

    @property
    def can_serve(self) -> bool:
        """Alive, and ready as far as it says; a real Heartbeat node never says."""
        return self.alive and not self.left and self.ready is not False

    def may_hold_a_lease(self, turn: Turn) -> bool:
        """Only its sidecar is gone: its kernel keeps an address until the lease on it ends."""
        if self._refused_ns is None:
            return False
        return turn.ns < self._refused_ns + self._timing.lease_s * SECOND + LEASE_GRAIN_NS

    def vouches_until_ns(self, alive_ns: int) -> int:
        """How long its word is good that it has let go of something.

        At that instant it knew this node alive, or was about to start anew. When it has heard
        nothing since for a deadtime, it may take all of it back.
        """
        return alive_ns + self._timing.alive_for_ns

    def reconfigure(self, params: Params) -> None:
        self._timing = params.timing

    @property
    def dies_ns(self) -> int:
        """When it will be dead if it stays silent, once it was heard."""
        return (self.beat_ns or 0) + self.dead_after_ns

    def sees_less(self, ping_count: int) -> bool:
        """Whether it says that it sees fewer ping nodes than this."""
        return self.ping_count is not None and self.ping_count < ping_count

    def await_first_sign(self, turn: Turn) -> None:
        """This node can hear now: initdead begins."""
        self._timers.arm("peer dead", turn.ns + self._timing.initdead_ns, self._fall_silent)
        self._respite.renew()

    def excuse_silence(self, turn: Turn) -> None:
        """We were deaf ourselves: silence counts from now, and what is read now may have waited,
        even from a peer that was dead before.
        """
        self._late_ns = turn.ns
        if self.alive:
            self.beat_ns = turn.ns
            self._watch()
        elif self._timers.is_armed("peer dead"):
            self.await_first_sign(turn)

    def agree(self, turn: Turn) -> None:
        """It takes what it was offered, and counts from this word how long the giver waits for it:
        to the giver it is as good a sign of life as a status.
        """
        self.beat_ns = turn.ns
        self._watch()
        if self.quiet:
            self.quiet = False
            self._news.peer_calm(turn)

    def on_status(self, turn: Turn, beat: Beat, verdict: Verdict) -> None:
        """A status message that was not seen before."""
        was, first = self.status, not self.met
        new_life = verdict is Verdict.NEW_LIFE
        self._learn(beat)
        if beat.wall_s is not None:
            self.clock_offset_s = beat.wall_s - turn.wall_s
        if was is not NodeStatus.DEAD and not first and not new_life:
            self._measure_gap(turn)
        self.beat_ns = turn.ns
        self.met = True
        if self.status is not was:
            turn.tell(NodeStatusChanged(node=self.name, status=self.status.value, was=was.value))
        self._watch()
        self._spread(turn, first=first, new_life=new_life, was=was)

    def refuse(self, turn: Turn) -> None:
        """Its port is closed: see refusals.py."""
        self._refused_ns = turn.ns
        self._timers.disarm("peer dead")
        self._die(turn, refused=True)

    def leave(self, turn: Turn) -> None:
        """It has released everything and is about to fall silent (``shutdone``).

        What was said in a silence comes together at its end, but for what has to be asked for.
        """
        late_ns = self._late_ns
        waited = late_ns is not None and turn.ns - late_ns < self._timing.deadtime_ns
        self.left = True
        self.left_ns = None if waited else self.beat_ns
        turn.tell(NodeLeft(node=self.name))

    def _spread(self, turn: Turn, *, first: bool, new_life: bool, was: NodeStatus) -> None:
        was_quiet, self.quiet = self.quiet, False
        if first:
            self._news.peer_met(turn)
        elif new_life:
            self.left = False
            turn.tell(NodeReturned(node=self.name, restarted=True))
            self._news.peer_restarted(turn)
        elif was is NodeStatus.DEAD:
            self._late_ns = turn.ns
            turn.tell(NodeReturned(node=self.name, restarted=False))
            self._news.peer_returned(turn)
        if was_quiet:
            self._news.peer_calm(turn)

    def _learn(self, beat: Beat) -> None:
        self._refused_ns = None
        if beat.status is not None:
            self.status = beat.status
        elif self.status is NodeStatus.DEAD:
            self.status = NodeStatus.UP
        own_ns = self._timing.deadtime_ns
        self.dead_after_ns = own_ns if beat.dead_after_ns is None else beat.dead_after_ns
        self.acknowledges = beat.acknowledges
        self.is_sidecar = beat.is_sidecar
        self.ready = beat.ready
        self.ping_count = beat.ping_count
        self.macs = beat.macs
        self.maintenance = beat.maintenance
        self.sees = beat.sees
        self.upto = beat.upto
        self.configuration = beat.configuration

    def _measure_gap(self, turn: Turn) -> None:
        assert self.beat_ns is not None
        gap_ns = turn.ns - self.beat_ns
        turn.tell(BeatHeard(node=self.name, gap_ns=gap_ns))
        self.close_calls += 2 * gap_ns > self.dead_after_ns
        if gap_ns > self._timing.warntime_ns:
            self.late += 1
            self._late_ns = turn.ns
            turn.tell(
                HeartbeatLate(node=self.name, gap_ns=gap_ns, warntime_ns=self._timing.warntime_ns)
            )

    def _watch(self) -> None:
        assert self.beat_ns is not None
        self._timers.arm("peer quiet", self.beat_ns + self._timing.warntime_ns, self._fall_quiet)
        self._timers.arm("peer dead", self.beat_ns + self.dead_after_ns, self._fall_silent)
        self._respite.renew()

    def _fall_silent(self, turn: Turn) -> None:
        if self._respite.take(turn):
            self._timers.arm("peer dead", turn.ns + HEARD_WITHIN_NS, self._fall_silent)
            return
        self._die(turn)

    def _fall_quiet(self, turn: Turn) -> None:
        if self.left or not self.alive:
            return
        self.quiet = True
        turn.tell(NodeQuiet(node=self.name, silence_ns=self._silence_ns(turn)))
        self._news.peer_quiet(turn)

    def _die(self, turn: Turn, *, refused: bool = False) -> None:
        was, self.status = self.status, NodeStatus.DEAD
        self.inbound.forget_gaps()
        self._timers.disarm("peer quiet")
        if self.left:
            turn.tell(NodeStatusChanged(node=self.name, status="dead", was=was.value))
        else:
            turn.tell(
                NodeDied(
                    node=self.name,
                    silence_ns=self._silence_ns(turn),
                    deadtime_ns=self.dead_after_ns if self.met else self._timing.initdead_ns,
                    heard=self.met,
                    refused=refused,
                )
            )
        self._news.peer_died(turn)

    def _silence_ns(self, turn: Turn) -> int:
        return turn.ns - self.beat_ns if self.beat_ns is not None else self._timing.initdead_ns
