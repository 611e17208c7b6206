"""The addresses and containers that haresources names, each kept once, whatever groups it is in.

What a reload names still is kept as it is. An address that no group names any more is released
first, and forgotten when it has gone; a container that is not ours any more is left as it is.
Never decides where anything belongs.
"""

from collections.abc import Callable, Iterator
from random import Random

from sidecar.core.address import AddressKeeper
from sidecar.core.changes import Changes
from sidecar.core.container import ContainerKeeper
from sidecar.core.neighbours import Neighbours
from sidecar.core.params import Address, Container, Params, ResourceGroup, Timing
from sidecar.core.peer import Peer
from sidecar.core.timers import Timers
from sidecar.core.turn import Operations, Turn


class Keepers:
    """The addresses and containers of this node, by their names."""

    def __init__(
        self,
        peer: Peer,
        *,
        timers: Timers,
        operations: Operations,
        rng: Random,
        changes: Changes,
        frozen: Callable[[], bool],
        yields: Callable[[Address], bool],
    ) -> None:
        """``yields``: the other node goes first with this address; see neighbours.py."""
        self.addresses: dict[str, AddressKeeper] = {}
        self.containers: dict[str, ContainerKeeper] = {}
        self._peer = peer
        self._timers = timers
        self._operations = operations
        self._rng = rng
        self._changes = changes
        self._frozen = frozen
        self._yields = yields
        self._retiring: list[AddressKeeper] = []
        self._leaving: list[ContainerKeeper] = []
        self._troubles = Changes()
        self._address_trouble: tuple[str, ...] = ()
        self._troubled_as_of = -1

    def reconfigure(self, params: Params) -> None:
        """Part with what no group names any more, in the next turn; the rest stays."""
        named = {a.name for spec in params.groups for a in spec.addresses}
        kept = {c.name for spec in params.groups for c in spec.containers}
        self._retiring = [k for name, k in self.addresses.items() if name not in named]
        self._leaving += [k for name, k in self.containers.items() if name not in kept]
        self.containers = {n: k for n, k in self.containers.items() if n in kept}
        for address in self.addresses.values():
            address.reconfigure(params.timing)
        self._troubles.note()

    @property
    def retiring(self) -> bool:
        """Addresses that no group names any more are on their way out."""
        return bool(self._retiring)

    def retire(self, turn: Turn) -> None:
        """Let go of what the last reload left out."""
        for keeper in self._retiring:
            keeper.release(turn)
        for container in self._leaving:
            container.leave(turn)
        self._leaving.clear()
        gone = [keeper for keeper in self._retiring if keeper.gone]
        for keeper in gone:
            self._retiring.remove(keeper)
            keeper.end()
            del self.addresses[keeper.address.name]
            self._troubles.note()

    def addresses_of(self, spec: ResourceGroup, timing: Timing) -> tuple[AddressKeeper, ...]:
        """Those of one line of haresources, made where they are new."""
        return tuple(self._address(address, timing) for address in spec.addresses)

    def containers_of(self, spec: ResourceGroup) -> tuple[ContainerKeeper, ...]:
        """Those of one line of haresources, made where they are new."""
        return tuple(self._container(container) for container in spec.containers)

    def _address(self, address: Address, timing: Timing) -> AddressKeeper:
        known = self.addresses.get(address.name)
        # Where no interface fitted, it was never asked for, and a keeper can take another's place.
        if known is not None and (known.address.interface or not address.interface):
            return known
        keeper = AddressKeeper(
            address,
            timing,
            timers=self._timers,
            operations=self._operations,
            rng=self._rng,
            neighbours=Neighbours(
                owner_mac=self._owner_mac(address),
                yields=lambda: self._yields(address),
                crowd=lambda: len(self.addresses),
            ),
            changes=self._changes,
            troubles=self._troubles,
        )
        self.addresses[address.name] = keeper
        return keeper

    def _container(self, container: Container) -> ContainerKeeper:
        keeper = self.containers.get(container.name)
        if keeper is None:
            keeper = ContainerKeeper(container, self._timers, self._operations, frozen=self._frozen)
            self.containers[container.name] = keeper
        keeper.reconfigure(container)
        return keeper

    def _owner_mac(self, address: Address) -> Callable[[], str | None]:
        # A peer on the same file names the interface alike; where it does not, everybody is asked.
        return lambda: self._peer.macs.get(address.interface)

    # --- what is wrong with them ---------------------------------------------------------------

    def trouble_with_containers(self) -> Iterator[str]:
        """Why each could not serve if it were asked to."""
        return (c.trouble for c in self.containers.values() if c.trouble)

    def trouble_with_addresses(self) -> tuple[str, ...]:
        """Why each could not be held, or not be asked for."""
        if self._troubled_as_of != self._troubles.count:
            self._troubled_as_of = self._troubles.count
            self._address_trouble = tuple(
                f"address {keeper.address.name}: {trouble}"
                for keeper in self.addresses.values()
                for trouble in (keeper.trouble, keeper.probe.trouble)
                if trouble
            )
        return self._address_trouble
