"""The stated windows: how long each bad thing is excused, and why. All of them are here.

Two nodes without a third cannot decide everything, and neither the kernel nor the engine acts at
once. Each window has its bound and its reason here; whatever lasts longer, or has no reason, is a
violation. The promises themselves are those of docs/safety.md.
"""

from dataclasses import dataclass
from typing import Final

from sidecar.core.damping import NEXT_RESCUE_NS
from sidecar.core.defence import MET_FOR_NS
from sidecar.core.params import ResourceGroup, Timing
from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.cluster import TwoNodes
from tests.sim.hindrance import FOREVER_NS, Hindrances, is_unheard
from tests.sim.kernel import GRAIN_NS
from tests.sim.node import Node

JUST_NOW_NS: Final = 10 * MILLISECOND
"""What the kernel or the engine says needs a moment to reach the sidecar."""

TAKEN_BACK_NS: Final = MILLISECOND
"""A sidecar may be frozen between its look at the clock and its request to the kernel. The renewal
then creates the address anew, and the next thing that the thread does is to take it back: rule 2.
A claim that its owner lets go of once it sees the other one took what was not free, and lasts
longer than this: one request to the kernel."""

SAME_INSTANT_NS: Final = 50 * MILLISECOND
"""Two nodes that ask at the same instant both find nobody, and both claim: the patience of one
question."""

PARTED_JUST_NOW_NS: Final = 200 * MILLISECOND
"""Who asked while the service LAN was parted found nobody, and claims when its patience has ended:
50 ms for the question, the rest for the kernel."""

CLAIM_WORTH_NS: Final = 2 * SECOND
"""A claim that the kernel did not carry out by then is not sent, or is taken back."""

PARTED_LATELY_NS: Final = CLAIM_WORTH_NS
"""As PARTED_JUST_NOW_NS, where the kernel is slow or the sidecar was frozen just then."""

RELEASE_NS: Final = 2 * SECOND + 500 * MILLISECOND
"""A release that the kernel refuses or leaves unanswered is tried again at this pace."""

SEEN_NS: Final = SECOND
"""A node that claimed blindly asks for the silent peer every half second, with 0.1 s of patience,
and lets go when that one is there after all (docs/safety.md, "What two nodes cannot know")."""

PUT_BACK_NS: Final = 50 * MILLISECOND
"""A holder puts back at once what a stranger removed, also while its service is being mended."""

ENGINE_SEEN_NS: Final = 1500 * MILLISECOND
"""So long after an engine answers again, the sidecar has asked it and has seen the containers."""

ENGINE_NS: Final = 15 * SECOND
"""An operation of the engine that is not answered within this time has failed."""

FIRST_CHECK_NS: Final = 10 * SECOND
"""A started container has this long to pass its first check."""

BROUGHT_UP_NS: Final = 6 * SECOND
"""A container that is started cold, ten times as slowly as usual, and its first check; probes."""

MENDED_NS: Final = 60 * SECOND
"""What was wrong longer ago than this, and then right, leaves no operation or pause behind."""

WARM_AFTER_NS: Final = 4 * SECOND
"""From warntime on the container is made ready; a start that takes ten times as long as usual
(a slow disk) and a first check have their place in this time."""

ANNOUNCED_NS: Final = 6 * SECOND
"""A burst of announcements takes 4 s; the last of them finds a client that was deaf for a while."""

REPEATED_NS: Final = 36 * SECOND
"""Who missed the burst, because nothing reached it then, hears the slow repetition: 30 to 35 s."""

CARRIER_TOLD_NS: Final = 2 * SECOND
"""The kernel tells of a lost carrier at once, and the next status tells the peer. Deadtimes come on
top, for lost packets: rule 6."""

READY_TOLD_NS: Final = 10 * SECOND
"""An engine that hangs is known after up to 8 s, and the next status tells the peer; a hand-over
that was agreed upon before that goes ahead. Deadtimes come on top, for lost packets."""

WORKED_NS: Final = 30 * SECOND
"""A failure of a service that has been mended may still be acted upon: three checks of 2 s, and
an operation of the engine."""

PREPARED_IN_VAIN_NS: Final = 10 * SECOND
"""With a warntime of two beats one that comes a little late lets the standby prepare, also when
nothing is wrong: a start, and a stop."""

STOP_MAX_NS: Final = 90 * SECOND
"""A stop in good order: a hand-over of up to 60 s, and the engine's patience twice."""

SETTLE_NS: Final = 60 * SECOND
"""After a heal: for operations of the engine that were under way and hang for 15 s, a restart in
peace after up to 30 s of waiting, and a hand-over after that."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """One node's last claim of an address."""

    at_ns: int
    unheard: bool
    """The other node was held for dead when the kernel was asked."""
    known: bool
    """It had been heard before, in this life."""

    @property
    def blind(self) -> bool:
        """The other one is looked for, and yielded to once it is seen."""
        return self.unheard and self.known


class OwnerWindows:
    """For how long both hosts may hold one address."""

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self.reason = "no window"
        self._two = two
        self._since = hindrances
        self._claims: dict[str, dict[str, _Claim]] = {}
        self._excused: dict[str, bool] = {}
        self._blind: dict[str, str] = {}
        """The node that claimed the address last, if it knew the other one and held it for dead."""
        self._removed: dict[tuple[str, str], int] = {}

    def removed(self, node: Node, address: str) -> None:
        """A stranger took it from one of two who had a reason to have it both."""
        if self._two.holders(address) and self._excused.get(address, False):
            self._removed[node.name, address] = self._two.world.now_ns

    def claimed(self, node: Node, address: str, *, asked: bool) -> None:
        """Two claims of one address: was there a reason for the second one?

        ``asked``: its node had asked for an owner, or been given the other one's word.
        """
        now_ns = self._two.world.now_ns
        removed_ns = self._removed.pop((node.name, address), None)
        if removed_ns is not None and now_ns - removed_ns < PUT_BACK_NS:
            return  # put back at once, it is as if it had not gone
        claims = self._claims.setdefault(address, {})
        unheard = is_unheard(node) or self._since.unheard[node.name].within(JUST_NOW_NS)
        known = node.process is not None and node.process.cluster.peer.met
        claims[node.name] = claim = _Claim(now_ns, unheard, known)
        self._blind.pop(address, None)
        if len(self._two.holders(address)) < 2:  # nothing is doubled
            return
        other = claims.get(self._two.peer_of(node).name)
        kernel = node.host.kernel
        held_up = now_ns - kernel.held_up_ns < JUST_NOW_NS
        asleep = self._since.asleep[node.name].within(PARTED_LATELY_NS)
        slow = held_up or kernel.slow_ns or asleep
        parted = self._since.parted.within(PARTED_LATELY_NS if slow else PARTED_JUST_NOW_NS)
        both = other is not None and now_ns - other.at_ns < SAME_INSTANT_NS
        late = asked and held_up and other is not None and _may_have_crossed(claim, other)
        self._excused[address] = parted or both or late
        if claim.blind and not both:
            self._blind[address] = node.name
        elif late and other is not None and other.blind:
            self._blind[address] = self._two.peer_of(node).name

    def allowed_ns(self, address: str, since_ns: int) -> int:
        """How long they may both have it, from the instant at which both could be reached."""
        if not self._excused.get(address, False):
            self.reason = "the second claim had no reason"
            return TAKEN_BACK_NS
        since = self._since
        if not all(node.runs for node in self._two) or since.parted.now:
            self.reason = "undecidable: the nodes do not see each other"
            return FOREVER_NS
        seen_ns = max(since.parted.at_ns, since.any_asleep.at_ns, since_ns)
        if not since.deaf.now:
            # From the last instant at which something kept them from hearing of one another.
            self.reason = "they hear each other again, and neither gives way"
            return max(seen_ns, since.deaf.at_ns) - since_ns + self._resolved_within_ns()
        blind = self._blind.get(address)
        if blind is not None and self._never_heard(blind, address):
            self.reason = "the one that claimed without a word of the other one sees it"
            return seen_ns - since_ns + SEEN_NS + RELEASE_NS
        self.reason = "undecidable: the nodes do not hear each other"
        return FOREVER_NS

    def _never_heard(self, node: str, address: str) -> bool:
        """Since it claimed."""
        return self._since.hears[node].at_ns < self._claims[address][node].at_ns

    def _resolved_within_ns(self) -> int:
        """A beat has to come through, its holdings be told, and the younger claim released."""
        timing = self._two.pair.timing
        return timing.deadtime_ns + 2 * timing.keepalive_ns + RELEASE_NS


def _may_have_crossed(late: _Claim, other: _Claim) -> bool:
    """Both asked, found nobody, and did not hear each other; then one claim was held up on its way
    while the other went through.
    """
    return late.at_ns - other.at_ns < CLAIM_WORTH_NS and (late.unheard or other.unheard)


class ServiceWindows:
    """For how long an address may lead to nothing."""

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._since = hindrances

    def allowed_ns(self, node: Node, group: ResourceGroup, since_ns: int) -> int:
        """A node must give it away, or let it go when it hears nobody, unless something hinders it.

        A sidecar that does not run cannot: the lease ends it. Without checks, an engine that does
        not answer hides everything. During maintenance it is not to, and a group that flaps moves
        once a minute. And where the peer is heard and could not serve either, an
        address that leads to nothing hurts as little as none, and the service may be mended here
        first.
        """
        since = self._since
        hindered = since.asleep[node.name], since.blinded[node.name], since.frozen[node.name]
        if any(one.now for one in hindered):
            return FOREVER_NS
        begin_ns = max(since_ns, *(one.at_ns for one in hindered))
        within_ns = self._moved_within_ns(node, group)
        if since.deafened[node.name].lasts_ns() > self._two.pair.timing.deadtime_ns:
            return max(begin_ns, since.hears[node.name].at_ns) - since_ns + within_ns
        unfit = since.unfit[self._two.peer_of(node).name]
        if unfit.now:
            return FOREVER_NS
        return max(begin_ns, unfit.at_ns) - since_ns + within_ns

    def _moved_within_ns(self, node: Node, group: ResourceGroup) -> int:
        """The checks have to fail, the restarts to be used up, and the group to be handed over."""
        timing = self._two.pair.timing
        detect_ns = restart_ns = 0
        for container in group.containers:
            settings = node.host.engine.boxes[container.name].settings
            check_ms = settings.failures * (settings.interval_ms + settings.timeout_ms)
            detect_ns += check_ms * MILLISECOND
            restart_ns += settings.restarts * (ENGINE_NS + FIRST_CHECK_NS)
        hand_over_ns = 10 * SECOND + timing.deadtime_ns + timing.lease_s * SECOND + GRAIN_NS
        damped_ns = NEXT_RESCUE_NS if node.is_flapping(group.name) else 0
        return detect_ns + restart_ns + hand_over_ns + damped_ns


class AbsenceWindows:
    """For how long an address may be nowhere, or on a node that is cut off."""

    def __init__(self, two: TwoNodes, hindrances: Hindrances) -> None:
        self._two = two
        self._since = hindrances

    def cut_off_ns(self, node: Node) -> int:
        """Rule 4: the peer and the ping nodes have to be missed, then the address goes at once.

        Or when the peer has not been met on the service network for a while.
        What was sent before may come late; a kernel that refuses the release ends the lease.
        """
        pair = self._two.pair
        timing = pair.timing
        missed_ns = max(timing.deadtime_ns, pair.deadping_ns, MET_FOR_NS) + timing.keepalive_ns
        kernel = node.host.kernel
        gone_ns = RELEASE_NS + kernel.slow_ns
        if kernel.refusing or kernel.slow_ns:
            gone_ns += timing.lease_s * SECOND + GRAIN_NS
        return missed_ns + self._late_ns() + gone_ns

    def takeover_ns(self, node: Node, since_ns: int) -> int:
        """A dead peer has to be missed, its address to be asked for, the container to be started.

        Where something was wrong lately, an operation of the engine may be under way, or hang. A
        peer that lives unheard may be about to serve itself, and goes first if the group prefers
        it: then it is asked for as long as that may take. And what it says to nobody somebody may
        record and hand in later: a sign of life that nobody had heard (docs/threat-model.md).
        """
        timing = self._two.pair.timing
        process = node.process
        met = process is not None and process.cluster.peer.met
        missed_ns = timing.deadtime_ns if met else timing.initdead_ns
        begun_ns = BROUGHT_UP_NS
        unfit = self._since.unfit[node.name], self._since.asleep[node.name]
        if any(one.within(missed_ns + MENDED_NS) for one in unfit):
            begun_ns += ENGINE_NS + FIRST_CHECK_NS
        peer = self._two.peer_of(node)
        begin_ns = since_ns
        if peer.process is not None:
            begin_ns = max(since_ns, self._two.network.injected_ns)
            if self._since.unfit[peer.name].within(MENDED_NS):
                begun_ns += SETTLE_NS
        return begin_ns - since_ns + missed_ns + self._late_ns() + begun_ns

    def _late_ns(self) -> int:
        """What was sent before may come late."""
        timing = self._two.pair.timing
        return timing.keepalive_ns * (
            20 if self._since.noisy.within(20 * timing.keepalive_ns) else 1
        )


def stranded_ns(node: Node, timing: Timing) -> int:
    """For how long a node without carrier may keep an address.

    It is released at once, wherever the service goes on. A kernel that refuses ends the lease.
    """
    lease_ns = timing.lease_s * SECOND + GRAIN_NS
    kernel = node.host.kernel
    return RELEASE_NS + (lease_ns if kernel.refusing or kernel.slow_ns else 0) + kernel.slow_ns
