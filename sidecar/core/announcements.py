"""Tells the neighbours where an address is: a spaced burst at each claim, and slowly ever after.

The burst outlives the second in which Linux ignores another answer (locktime), and lost frames;
the slow repetition mends what a switch or a router has forgotten (safety rule 8).
"""

from random import Random
from typing import Final

from sidecar.core.actions import Announce
from sidecar.core.neighbours import Neighbours
from sidecar.core.occurrences import AddressAnnounced
from sidecar.core.params import Address
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.core.timers import Timers
from sidecar.core.turn import Turn

BURST_NS: Final = tuple(ms * MILLISECOND for ms in (20, 100, 300, 1000, 2500))
EACH_NS: Final = 200_000
"""So much longer for each other address: the others come first, and then the second time."""
EVERY_NS: Final = 30 * SECOND
JITTER_NS: Final = 5 * SECOND


class Announcements:
    """The announcements of one address, while it is held."""

    def __init__(
        self, address: Address, timers: Timers, rng: Random, neighbours: Neighbours
    ) -> None:
        self._neighbours = neighbours
        self._address = address
        self._timers = timers
        self._rng = rng
        self._name = f"announce {address.name}"
        self._sent = 0

    def begin(self, turn: Turn) -> None:
        """Begin a burst now."""
        self._sent = 0
        self._announce(turn)

    def end(self) -> None:
        self._timers.disarm(self._name)

    def _announce(self, turn: Turn) -> None:
        turn.do(Announce(address=self._address))
        kind = "na" if self._address.is_ipv6 else "arp"
        turn.tell(AddressAnnounced(address=self._address.name, kind=kind))
        if self._sent < len(BURST_NS):
            wait_ns = BURST_NS[self._sent] + (self._neighbours.crowd() - 1) * EACH_NS
            self._sent += 1
        else:
            wait_ns = EVERY_NS + self._rng.randrange(JITTER_NS)
        self._timers.arm(self._name, turn.ns + wait_ns, self._announce)
