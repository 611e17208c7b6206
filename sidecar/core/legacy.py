"""``auto_failback legacy`` with a real Heartbeat node: the old protocol (protocol section 6.9).

No holdings are told and nothing is handed over on request. A node asks for each of its own groups
when it is up; whoever serves one gives it up and answers. Its own are taken together, once all of
them are free. Death and clean stop are as ever. Two sidecars do not speak it: between them
``legacy`` means what it always meant to people, that a group goes back to its preferred node, and
they do that as with ``on``.
"""

from typing import Final

from sidecar.core.group import Group
from sidecar.core.groups import Groups
from sidecar.core.holdings import Holdings
from sidecar.core.outbox import Outbox
from sidecar.core.params import Params
from sidecar.core.peer import Peer
from sidecar.core.terms import SECOND, AutoFailback, Holding, NodeStatus
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.message import Message

ASK_AGAIN_NS: Final = 2 * SECOND


class Legacy:
    """Asks for what is ours, gives what is the other's."""

    def __init__(
        self,
        params: Params,
        groups: Groups,
        peer: Peer,
        *,
        outbox: Outbox,
        timers: Timers,
        holdings: Holdings,
    ) -> None:
        self._groups = groups
        self._peer = peer
        self._outbox = outbox
        self._timers = timers
        self._holdings = holdings
        self._asked_ns = 0
        """When ours were first asked for: no earlier did the other let go of them."""
        self._free: set[str] = set()
        """Those of ours that the other has let go of since they were asked for."""
        self._giving: dict[str, tuple[Group, bool]] = {}
        """Those that were asked for here, as they were then, and whether they were ours."""
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        self._configured = params.auto_failback is AutoFailback.LEGACY

    @property
    def spoken(self) -> bool:
        """The peer is a real Heartbeat node, and ha.cf says ``auto_failback legacy``."""
        return self._configured and self._peer.met and not self._peer.is_sidecar

    def begin(self, turn: Turn) -> None:
        """This node is up: ask for its groups, or take them if nobody could have them."""
        self._free.clear()
        self._asked_ns = turn.ns
        self._ask(turn)

    def _ask(self, turn: Turn) -> None:
        if not self._peer.alive or not self.spoken:
            return  # its death is dealt with as ever, and its addresses are probed for
        if self._peer.status is not NodeStatus.ACTIVE:
            self._take(turn, "start", f"{self._peer.name} is not up yet")
            return
        for group in self._unanswered():
            self._outbox.send(turn, fields.IP_REQUEST, (fields.IPADDR, group.name))
        if self._unanswered():
            self._timers.arm("ask for groups", turn.ns + ASK_AGAIN_NS, self._ask)

    def _unanswered(self) -> list[Group]:
        return [g for g in self._groups.of(Holding.LOCAL) if g.name not in self._free]

    def share(self, turn: Turn) -> None:
        """Each of the two may serve everything: the other gets its own, and is asked for ours."""
        theirs = [group for group in self._groups.of(Holding.FOREIGN) if group.wanted]
        self._give(turn, theirs, f"{self._peer.name} is back and may serve it")
        self.begin(turn)

    def stop(self) -> None:
        """This node takes nothing any more; what it was asked for is still answered."""
        self._timers.disarm("ask for groups")

    def on_request(self, turn: Turn, message: Message) -> None:
        """The other wants one of its groups: the answer waits until it is free."""
        asked = [group for group in self._groups if group.name == message.get(fields.IPADDR)]
        self._give(turn, asked, f"{self._peer.name} asks for it")

    def _give(self, turn: Turn, groups: list[Group], why: str) -> None:
        for group in groups:
            _, was_ours = self._giving.get(group.name, (group, False))
            self._giving[group.name] = (group, was_ours or group.wanted)
        for group in groups:
            self._holdings.drop(turn, self._groups.side_of(group), "failback", why)

    def on_response(self, turn: Turn, message: Message) -> None:
        """One of our groups is free. Nobody asks for any while this node stops."""
        local = self._groups.of(Holding.LOCAL)
        if not self._timers.is_armed("ask for groups") or message.get(fields.OK) != "OK":
            return
        self._free |= {group.name for group in local} & {message.get(fields.IPADDR)}
        if not self._unanswered():
            self._timers.disarm("ask for groups")
            self._take(
                turn,
                "failback",
                f"{self._peer.name} has let go of it",
                vouched_until_ns=self._peer.vouches_until_ns(self._asked_ns),
            )
            for group in local:
                # What both held: clients may have learnt the other one's.
                group.addresses.announce(turn)

    def _take(self, turn: Turn, reason: str, why: str, *, vouched_until_ns: int = 0) -> None:
        self._holdings.claim(
            turn, Holding.LOCAL, vouched_until_ns=vouched_until_ns, reason=reason, why=why
        )

    def _is_gone(self, group: Group) -> bool:
        """Also one that a reload took out or made anew, around the addresses that it keeps."""
        wanted = any(now.wanted for now in self._groups if now.name == group.name)
        return not wanted and not group.addresses.any_here

    def advance(self, turn: Turn) -> None:
        for group, was_ours in [pair for pair in self._giving.values() if self._is_gone(pair[0])]:
            del self._giving[group.name]
            self._outbox.send(
                turn,
                fields.IP_REQUEST_RESP,
                (fields.DEST, self._peer.name),
                (fields.IPADDR, group.name),
                (fields.WEOWN, "yes" if was_ours else "no"),
                (fields.OK, "OK"),
            )
