"""``auto_failback legacy`` with a real Heartbeat node: the old protocol (protocol section 6.9).

No holdings are told and nothing is handed over on request. A node asks for each of its own groups
when it is up; whoever serves one gives it up and answers. Death and clean stop are as ever. Two
sidecars do not speak it: between them ``legacy`` means what it always meant to people, that a group
goes back to its preferred node, and they do that as with ``on``.
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
        self._giving: list[tuple[Group, bool]] = []
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        self._configured = params.auto_failback is AutoFailback.LEGACY

    @property
    def spoken(self) -> bool:
        """The peer is a real Heartbeat node, and ha.cf says ``auto_failback legacy``."""
        return self._configured and self._peer.met and not self._peer.is_sidecar

    def begin(self, turn: Turn) -> None:
        """This node is up: ask for its groups, or take them if nobody could have them."""
        local = self._groups.of(Holding.LOCAL)
        if not self._peer.alive:
            return  # its death is dealt with as ever, and its addresses are probed for
        if self._peer.status is not NodeStatus.ACTIVE:
            self._take(turn, "start", f"{self._peer.name} is not up yet")
            return
        for group in local:
            if not group.wanted:
                self._outbox.send(turn, fields.IP_REQUEST, (fields.IPADDR, group.name))
        if not all(group.wanted for group in local):
            self._timers.arm("ask for groups", turn.ns + ASK_AGAIN_NS, self.begin)

    def on_request(self, turn: Turn, message: Message) -> None:
        """The other wants one of its groups: the answer waits until it is free."""
        for group in self._groups:
            if group.name == message.get(fields.IPADDR) and not self._is_giving(group):
                self._giving.append((group, group.wanted))
                why = f"{self._peer.name} asks for it"
                self._holdings.drop(turn, self._groups.side_of(group), "failback", why)

    def on_response(self, turn: Turn, message: Message) -> None:
        """One of our groups is free."""
        names = [group.name for group in self._groups.of(Holding.LOCAL)]
        if message.get(fields.IPADDR) in names and message.get(fields.OK) == "OK":
            self._timers.disarm("ask for groups")
            self._take(turn, "failback", f"{self._peer.name} has let go of it")

    def _take(self, turn: Turn, reason: str, why: str) -> None:
        self._holdings.claim(turn, Holding.LOCAL, vouched=True, reason=reason, why=why)

    def _is_giving(self, group: Group) -> bool:
        return any(given is group for given, _ in self._giving)

    def advance(self, turn: Turn) -> None:
        for given in [pair for pair in self._giving if pair[0].released]:
            self._giving.remove(given)
            group, was_ours = given
            self._outbox.send(
                turn,
                fields.IP_REQUEST_RESP,
                (fields.DEST, self._peer.name),
                (fields.IPADDR, group.name),
                (fields.WEOWN, "yes" if was_ours else "no"),
                (fields.OK, "OK"),
            )
