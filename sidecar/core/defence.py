"""An address that is held here, and the others on its network: who uses it, who looks for it, and
whether the peer was met.

A second owner is answered by an announcement, and not more often than once a second (RFC 5227,
section 2.4). One that goes before us is yielded to: see rival.py. Whoever asks for the address may
be the silent peer, which has just let it go: the first question of a search is answered by an
announcement, too. Says what is called for; the keeper of the address does it.
"""

from typing import Final

from sidecar.core.events import AddressProbed
from sidecar.core.neighbours import Neighbours
from sidecar.core.occurrences import AddressConflict
from sidecar.core.params import Address
from sidecar.core.rival import Rival
from sidecar.core.terms import SECOND
from sidecar.core.timers import Timers
from sidecar.core.turn import Operations, Turn

DEFEND_EVERY_NS: Final = 1 * SECOND
QUESTIONS_END_NS: Final = 5 * SECOND
"""Questions that follow each other faster are one search: its first one is answered by a burst."""
MET_FOR_NS: Final = 3 * SECOND
"""So long the peer counts as met. That it asks is reported once a second at the most."""


class Defence:
    """What is known of the others on one address's network."""

    def __init__(
        self, address: Address, *, timers: Timers, operations: Operations, neighbours: Neighbours
    ) -> None:
        self.peer_met = False
        """The peer's machine was met on the service network: it has just asked or answered."""
        self.conflicts = 0
        self.blind = False
        """Nobody but the probe said that it was free, and the peer could not be asked."""
        self._address = address
        self._timers = timers
        self._neighbours = neighbours
        self._rival = Rival(address, timers=timers, operations=operations, neighbours=neighbours)
        self._defended_ns = -DEFEND_EVERY_NS
        self._questioned_ns = -QUESTIONS_END_NS - 1

    def begin(self, turn: Turn) -> None:
        """The address is held from now on: what was claimed blindly is looked after."""
        if self.blind:
            self._rival.begin(turn)

    def end(self) -> None:
        self._rival.end()

    def agree(self) -> None:
        """The peer is heard: who holds what is settled with it, and no more by sight."""
        self.blind = False
        self._rival.end()

    def meet(self, turn: Turn, mac: str) -> None:
        """This machine has said something about the address on the service network."""
        if mac == self._neighbours.owner_mac():
            self.peer_met = True
            self._timers.arm(f"met {self._address.name}", turn.ns + MET_FOR_NS, self._part)

    def _part(self, turn: Turn) -> None:
        del turn
        self.peer_met = False

    def rival_in(self, event: AddressProbed) -> str | None:
        """Who answered, if this event answers a question of ours."""
        return self._rival.answer(event)

    def must_yield(self, turn: Turn, mac: str) -> bool:
        """A second owner is seen: whether it goes before us."""
        yields = self._rival.is_it(mac)
        if yields:
            self._report(turn, mac)
        return yields

    def answers(self, turn: Turn, mac: str) -> bool:
        """A second owner is seen, and does not go before us: whether it is to be answered now."""
        # Two machines that answer each other's announcements would do nothing else.
        if turn.ns - self._defended_ns < DEFEND_EVERY_NS:
            return False
        self._report(turn, mac)
        return True

    def _report(self, turn: Turn, mac: str) -> None:
        self._defended_ns = turn.ns
        self.conflicts += 1
        turn.tell(AddressConflict(address=self._address.name, mac=mac))

    def begins_a_search(self, turn: Turn) -> bool:
        """Somebody looks for an owner: whether this is the first question of several."""
        first = turn.ns - self._questioned_ns > QUESTIONS_END_NS
        self._questioned_ns = turn.ns
        return first
