"""A host's kernel: interfaces with carrier, and addresses whose lifetimes end by themselves.

Measured on the real one: a lease of n whole seconds leaves n to n + 0.4 s after its last renewal,
because the kernel looks only now and then; and renewing an address that has gone creates it anew
without complaint. The kernel lives on when the sidecar dies; power loss takes all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from sidecar.core.terms import MILLISECOND, SECOND
from tests.sim.witness import AddressMoved, CarrierMoved, Witness
from tests.sim.world import World

GRAIN_NS: Final = 400 * MILLISECOND
"""How long after its end a lease may still be there."""

CLAIMED: Final = "claimed"
RENEWED: Final = "renewed, although it had gone"
REMOVED: Final = "somebody removed it"


@dataclass(slots=True)
class Interface:
    """A network device."""

    name: str
    mac: str
    carrier: bool = True


@dataclass(slots=True)
class _Assigned:
    """An address that is on this host now."""

    ends_ns: int | None
    """None: it has no lifetime, somebody else put it there."""
    watched: bool = False
    """Whether an alarm for its end is in the heap."""


class Kernel:
    """The address table and the carriers of one host, and those who listen on netlink."""

    def __init__(self, world: World, rng: Random, node: str, witness: Witness) -> None:
        self.interfaces: dict[str, Interface] = {}
        self.refusing = False
        """A fault: every claim and release fails, as under a full table or a lost capability."""
        self.slow_ns = 0
        """A fault: so much longer takes each request, as behind somebody who holds a lock."""
        self.held_up_ns = -SECOND
        """When the last request that was held up so comes through, also after a repair."""
        self.removed: Callable[[str, str], None] | None = None
        """Told of an address that went, also at the sidecar's own request, and why."""
        self.carrier: Callable[[Interface], None] | None = None
        self._world = world
        self._rng = rng
        self._node = node
        self._witness = witness
        self._table: dict[str, _Assigned] = {}

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(self._table)

    def hold_up(self) -> int:
        """How much longer a request takes that is made now."""
        if self.slow_ns:
            self.held_up_ns = max(self.held_up_ns, self._world.now_ns + self.slow_ns)
        return self.slow_ns

    def repair(self) -> None:
        """Everything works as it should."""
        self.refusing = False
        self.slow_ns = 0

    def holds(self, address: str) -> bool:
        return address in self._table

    def put(self, address: str, lease_s: int, *, why: str = CLAIMED) -> None:
        """Add or renew: for the kernel that is one and the same request. ``why`` if it is added."""
        grain_ns = self._rng.randrange(GRAIN_NS)
        ends_ns = self._world.now_ns + lease_s * SECOND + grain_ns
        assigned = self._table.get(address)
        if assigned is None:
            assigned = self._table[address] = _Assigned(ends_ns)
            self._tell(address, why, present=True)
        assigned.ends_ns = ends_ns
        if not assigned.watched:
            self._watch(address, assigned, ends_ns)

    def delete(self, address: str) -> bool:
        """Take the address away at the sidecar's request, which its watch sees like any other
        removal; whether it was there.
        """
        if self._table.pop(address, None) is None:
            return False
        self._gone(address, "released")
        return True

    def delete_by_stranger(self, address: str) -> None:
        """Somebody typed ``ip addr del``."""
        if self._table.pop(address, None) is not None:
            self._gone(address, REMOVED)

    def set_carrier(self, name: str, *, up: bool) -> None:
        interface = self.interfaces[name]
        if interface.carrier == up:
            return
        interface.carrier = up
        self._witness(CarrierMoved(self._node, name, up))
        if self.carrier is not None:
            self.carrier(interface)

    def power_off(self) -> None:
        """Everything is lost and nobody hears of it."""
        addresses = tuple(self._table)
        self._table.clear()
        for address in addresses:
            self._tell(address, "power lost", present=False)

    def _watch(self, address: str, assigned: _Assigned, at_ns: int) -> None:
        assigned.watched = True
        self._world.call_at(at_ns, lambda: self._look(address, assigned))

    def _look(self, address: str, assigned: _Assigned) -> None:
        assigned.watched = False
        if self._table.get(address) is not assigned or assigned.ends_ns is None:
            return
        if assigned.ends_ns > self._world.now_ns:
            # Renewed meanwhile: one alarm follows the lease instead of one for each renewal.
            self._watch(address, assigned, assigned.ends_ns)
            return
        del self._table[address]
        self._gone(address, "its lease ran out")

    def _gone(self, address: str, why: str) -> None:
        self._tell(address, why, present=False)
        if self.removed is not None:
            self.removed(address, why)

    def _tell(self, address: str, why: str, *, present: bool) -> None:
        self._witness(AddressMoved(self._node, address, present, why))
