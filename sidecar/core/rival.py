"""Looks for the silent peer on the service interface while an address is held that was claimed
without its word.

When only the heartbeat was cut, and the service network for a while too, both nodes may hold the
address. The one that claimed it blindly asks for the other's hardware address again and again, and
lets go when that one answers: it held the address before (safety rule 3).

A peer that was never heard has no known hardware address: another key, or other ports, may keep
the two nodes strangers to each other. Then everybody is asked, now and then, and the node that the
group does not prefer lets go, whoever answers. Both find the same without a word between them.
"""

from typing import Final

from sidecar.core.actions import ProbeAddress
from sidecar.core.events import AddressProbed
from sidecar.core.neighbours import Neighbours
from sidecar.core.params import Address
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.core.timers import Timers
from sidecar.core.turn import Operations, Turn

EVERY_NS: Final = 500 * MILLISECOND
STRANGERS_EVERY_NS: Final = 5 * SECOND
EACH_NS: Final = 1 * MILLISECOND
"""The first question for one of many addresses waits so long for each of the others, up to the time
between two questions: until all of them have been announced there is more urgent work.
"""
PATIENCE_NS: Final = 100 * MILLISECOND


class Rival:
    """The watch for one address."""

    def __init__(
        self, address: Address, *, timers: Timers, operations: Operations, neighbours: Neighbours
    ) -> None:
        self._address = address
        self._timers = timers
        self._operations = operations
        self._neighbours = neighbours
        self._name = f"rival {address.name}"
        self._op: int | None = None
        self._looking = False

    def begin(self, turn: Turn) -> None:
        self._looking = True
        if self._neighbours.crowd() == 1:
            self._ask(turn)
        else:
            wait_ns = min(EVERY_NS, (self._neighbours.crowd() - 1) * EACH_NS)
            self._timers.arm(self._name, turn.ns + wait_ns, self._ask)

    def end(self) -> None:
        self._looking = False
        self._op = None
        self._timers.disarm(self._name)

    def is_it(self, mac: str) -> bool:
        """Whether this machine is the one looked for, or a stranger that goes before us."""
        known = self._neighbours.owner_mac()
        return self._looking and (self._neighbours.yields() if known is None else mac == known)

    def answer(self, event: AddressProbed) -> str | None:
        """Who answered, if this event answers a question of ours."""
        return event.answered_by if event.op == self._op else None

    def _ask(self, turn: Turn) -> None:
        mac = self._neighbours.owner_mac()
        if mac is not None or self._neighbours.yields():
            self._op = self._operations.next()
            turn.do(
                ProbeAddress(op=self._op, address=self._address, mac=mac, patience_ns=PATIENCE_NS)
            )
        every_ns = STRANGERS_EVERY_NS if mac is None else EVERY_NS
        self._timers.arm(self._name, turn.ns + every_ns, self._ask)
