"""The interfaces that the addresses live on: which of them carry, and by which hardware address."""

from collections.abc import Iterable

from sidecar.core.events import CarrierChanged
from sidecar.core.occurrences import CarrierReported
from sidecar.core.turn import Turn


class Interfaces:
    """What is known of each; one that nobody has told of yet is taken to carry."""

    def __init__(self) -> None:
        self._named: frozenset[str] = frozenset()
        self._carrier: dict[str, bool] = {}
        self._missing: set[str] = set()
        self._macs: dict[str, str] = {}

    def reconfigure(self, named: Iterable[str]) -> None:
        """Our addresses are on these, and on no others."""
        self._named = frozenset(named)
        for interface in self._carrier.keys() - self._named:
            del self._carrier[interface]

    def __contains__(self, interface: str) -> bool:
        return interface in self._named

    def has_carrier(self, interface: str) -> bool:
        return self._carrier.get(interface, True)

    @property
    def macs(self) -> dict[str, str]:
        """The hardware address of each, as far as it is known."""
        return dict(self._macs)

    def trouble(self) -> list[str]:
        """A sentence for each that does not carry."""
        return [
            f"interface {interface} "
            + ("does not exist on this host" if interface in self._missing else "has no carrier")
            for interface, up in self._carrier.items()
            if not up
        ]

    def learn(self, turn: Turn, event: CarrierChanged) -> bool:
        """Take in what the kernel says of one of them; whether it carries otherwise than before, or
        by another hardware address.
        """
        mac_before = self._macs.get(event.interface, event.mac)
        if event.mac:
            self._macs[event.interface] = event.mac
        was_up = self._carrier.get(event.interface)
        self._carrier[event.interface] = event.up
        self._missing.discard(event.interface)
        if not event.exists:
            self._missing.add(event.interface)
        if was_up is event.up:
            return event.mac not in ("", mac_before)
        if was_up is not None or not event.up:
            turn.tell(CarrierReported(interface=event.interface, up=event.up, exists=event.exists))
        return True
