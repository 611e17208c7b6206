"""Each link to the peer: whether it can carry packets here, and whether the peer is heard on it.

A link is dead when no packet arrived on it for the peer's dead time. The loss of one link of
several changes nothing but its status (protocol section 5.5).
"""

from collections.abc import Callable, Iterator
from typing import Final

from sidecar.core.echoes import CARRY_BACK, Echoes
from sidecar.core.occurrences import LinkChanged, PacketRejected, seconds_text
from sidecar.core.params import Link, Params
from sidecar.core.repeats import Repeats
from sidecar.core.terms import SECOND, LinkName, LinkStatus, Medium
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.core.view import LinkView
from sidecar.wire.codec import Form

_TELL_EVERY_NS: Final = 10 * SECOND


class LinkState:
    """One link as it is now."""

    __slots__ = (
        "_told_ns",
        "echoes",
        "form",
        "heard_by_peer",
        "heard_ns",
        "link",
        "one_way",
        "open",
        "peer_name",
        "reason",
        "received",
        "rejected",
        "repeats",
        "sent",
        "status",
    )

    def __init__(self, link: Link) -> None:
        self.link = link
        self.form = Form.CLASSIC if link.medium is Medium.SERIAL else Form.NETSTRING
        self.open = False
        self.status = LinkStatus.DEAD
        self.reason = "not opened yet"
        self.heard_ns: int | None = None
        self.peer_name = ""
        """What the peer calls it."""
        self.heard_by_peer: bool | None = None
        self.one_way = False
        self.sent = 0
        self.received = 0
        self.rejected: dict[str, int] = {}
        self.repeats = Repeats()
        self.echoes = Echoes() if link.medium in CARRY_BACK else None
        self._told_ns: dict[str, int] = {}

    def reject(self, turn: Turn, reason: str, detail: str, *, packets: int = 1) -> None:
        """Count refused packets, and tell of it now and then: a flood must not flood the log."""
        count = self.count_rejected(reason, packets)
        told_ns = self._told_ns.get(reason)
        if told_ns is not None and turn.ns - told_ns < _TELL_EVERY_NS:
            return
        self._told_ns[reason] = turn.ns
        turn.tell(
            PacketRejected(link=self.link.name, reason=reason, detail=detail[:200], count=count)
        )

    def count_rejected(self, reason: str, packets: int = 1) -> int:
        """Count what is not worth a word; how many there were for this reason."""
        count = self.rejected.get(reason, 0) + packets
        self.rejected[reason] = count
        return count

    def view(self) -> LinkView:
        return LinkView(
            name=self.link.name,
            medium=self.link.medium.value,
            open=self.open,
            status=self.status,
            reason=self.reason,
            heard_by_peer=self.heard_by_peer,
            sent=self.sent,
            received=self.received,
            rejected=tuple(self.rejected.items()),
        )


class Links:
    """All links to the peer, in the order of ha.cf."""

    def __init__(
        self,
        params: Params,
        timers: Timers,
        dead_after_ns: Callable[[], int],
        died: Callable[[Turn], None],
    ) -> None:
        self._peer = params.peer
        self._timers = timers
        self._dead_after_ns = dead_after_ns
        self._died = died
        self._states = {link.name: LinkState(link) for link in params.links}

    def reconfigure(self, params: Params) -> None:
        """Keep what is known of the links that stay as they are."""
        before, self._states = self._states, {}
        for link in params.links:
            state = before.get(link.name)
            same = state is not None and state.link == link
            self._states[link.name] = state if state is not None and same else LinkState(link)
        for name, state in before.items():
            if self._states.get(name) is not state:
                self._timers.disarm(f"link {name} dead")
                self._timers.disarm(f"link {name} one-way")

    def __iter__(self) -> Iterator[LinkState]:
        return iter(self._states.values())

    def find(self, name: LinkName) -> LinkState | None:
        return self._states.get(name)

    @property
    def any_open(self) -> bool:
        return any(state.open for state in self)

    @property
    def forms(self) -> tuple[Form, ...]:
        """Those that the open links speak."""
        return tuple(dict.fromkeys(state.form for state in self if state.open))

    def opened(self, turn: Turn, name: LinkName) -> None:
        state = self._states[name]
        state.open = True
        state.reason = "nothing heard yet" if state.heard_ns is None else state.reason
        self._watch(turn, state, turn.ns)

    def failed(self, turn: Turn, name: LinkName, reason: str) -> None:
        state = self._states[name]
        was_told = not state.open and state.reason == reason
        state.open = False
        state.reason = reason
        self._timers.disarm(f"link {name} dead")  # the silence that follows is no news
        if not was_told:
            self._die(turn, state, reason)

    def refused(self, name: LinkName) -> None:
        """The peer's host says that nobody listens there: that is why the link is dead."""
        state = self._states.get(name)
        if state is not None and state.open and state.status is LinkStatus.DEAD:
            state.reason = "the peer's host answers that no sidecar listens there"

    def heard(self, turn: Turn, state: LinkState) -> None:
        """An accepted packet, or a second copy of one, came by this link."""
        state.received += 1
        state.heard_ns = turn.ns
        if state.status is LinkStatus.UP:
            return
        state.status = LinkStatus.UP
        state.reason = "the peer is heard"
        turn.tell(self._changed(state, "the peer is heard"))
        self._watch(turn, state, turn.ns)

    @property
    def heard_names(self) -> tuple[str, ...]:
        """The peer's names of the links that it is heard on."""
        up = (state for state in self if state.status is LinkStatus.UP)
        return tuple(state.peer_name for state in up if state.peer_name)

    @property
    def unheard(self) -> bool:
        """The peer says that it hears this node on none of them."""
        return all(state.heard_by_peer is False for state in self)

    def told_by_peer(self, names: tuple[str, ...] | None) -> None:
        """By which of our links the peer says that it hears us; None: it does not say."""
        for state in self:
            state.heard_by_peer = None if names is None else state.link.name in names

    def excuse_silence(self, turn: Turn) -> None:
        """We were deaf ourselves: silence counts from now."""
        for state in self:
            if state.heard_ns is not None:
                state.heard_ns = turn.ns

    def _watch(self, turn: Turn, state: LinkState, since_ns: int) -> None:
        def look(turn: Turn) -> None:
            heard_ns = state.heard_ns if state.heard_ns is not None else since_ns
            if turn.ns - heard_ns >= self._dead_after_ns():
                silence = seconds_text(turn.ns - heard_ns)
                self._die(turn, state, f"nothing heard for {silence}")
            elif state.open or state.status is LinkStatus.UP:  # that cannot send may hear
                self._watch(turn, state, heard_ns)

        heard_ns = max(since_ns, state.heard_ns or 0)
        at_ns = max(heard_ns + self._dead_after_ns(), turn.ns + 1)
        self._timers.arm(f"link {state.link.name} dead", at_ns, look)

    def _die(self, turn: Turn, state: LinkState, reason: str) -> None:
        state.status = LinkStatus.DEAD
        state.reason = reason
        turn.tell(self._changed(state, reason))
        self._died(turn)

    def _changed(self, state: LinkState, reason: str) -> LinkChanged:
        return LinkChanged(
            node=self._peer, link=state.link.name, status=state.status.value, reason=reason
        )
