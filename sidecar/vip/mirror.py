"""What the kernel has told of our addresses and their interfaces, and what of it is news. Pure.

Fed with every notice of a netlink socket: with those of a dump, between ``begin_dump`` and
``end_dump``, and with live ones. Knows which addresses are wanted by name, never whether the core
means to hold one: one that we released ourselves is reported lost too, and the core ignores it.
"""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sidecar.core.events import AddressLost, CarrierChanged
from sidecar.core.params import Address
from sidecar.vip import rtnl
from sidecar.vip.rtnl import OUR_PROTO, Assignment, Interface, Notice

News = AddressLost | CarrierChanged

_EARLY_S: Final = 0.1  # the kernel's timers end a lease up to a few hundredths before its time


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    assignment: Assignment
    at_s: float


class Mirror:
    def __init__(self, addresses: Iterable[Address]) -> None:
        self._addresses = {str(ipaddress.ip_address(a.name)): a for a in addresses}
        named = [a.interface for a in self._addresses.values() if a.interface]
        self._watched = tuple(dict.fromkeys(named))
        self._interfaces: dict[int, Interface] = {}
        self._seen: dict[tuple[str, int, int], _Seen] = {}
        self._copies: Counter[tuple[str, int]] = Counter()
        """How many of each address are on each interface, with different prefix lengths."""
        self._told: dict[str, CarrierChanged] = {}
        self._unconfirmed: set[int | tuple[str, int, int]] | None = None

    def begin_dump(self) -> None:
        """All that is known is in doubt until the dump confirms it."""
        self._unconfirmed = {*self._interfaces, *self._seen}

    def end_dump(self) -> list[News]:
        """What the dump did not confirm is gone. Tells of every interface the first time."""
        doubtful, self._unconfirmed = self._unconfirmed or set(), None
        news: list[News] = []
        for key in [key for key in self._seen if key in doubtful]:
            news.extend(self._gone(key, "it was gone when the kernel's tables were read again"))
        for index in [index for index in self._interfaces if index in doubtful]:
            del self._interfaces[index]
        return [*news, *self._carriers()]

    def learn(self, notice: Notice, now_s: float) -> list[News]:
        """Take in one notice; return what is news about ours."""
        if isinstance(notice.about, Interface):
            return self._learn_interface(notice.type, notice.about)
        if isinstance(notice.about, Assignment):
            return self._learn_assignment(notice.type, notice.about, now_s)
        return []

    # --- interfaces ------------------------------------------------------------------------------

    def _learn_interface(self, kind: int, interface: Interface) -> list[News]:
        self._confirm(interface.index)
        if kind == rtnl.RTM_DELLINK:
            self._interfaces.pop(interface.index, None)
        else:
            self._interfaces[interface.index] = interface
        # In the middle of a dump, an interface that is missing may only not have had its turn.
        return list(self._carriers()) if self._unconfirmed is None else []

    def _carriers(self) -> Iterator[CarrierChanged]:
        by_name = {name: one for one in self._interfaces.values() for name in _names(one)}
        for name in self._watched:
            here = by_name.get(name)
            state = CarrierChanged(
                interface=name,
                up=here is not None and here.up,
                mac=here.mac if here else "",
                exists=here is not None,
            )
            if self._told.get(name) != state:
                self._told[name] = state
                yield state

    # --- addresses -------------------------------------------------------------------------------

    def _learn_assignment(self, kind: int, assignment: Assignment, now_s: float) -> list[News]:
        if assignment.address not in self._addresses:
            arrived = kind == rtnl.RTM_NEWADDR and assignment.proto != OUR_PROTO
            return list(self._displaced_by(assignment)) if arrived else []
        key = (assignment.address, assignment.index, assignment.prefix)
        self._confirm(key)
        if kind == rtnl.RTM_NEWADDR:
            self._copies[key[:2]] += key not in self._seen
            self._seen[key] = _Seen(assignment=assignment, at_s=now_s)
            return []
        return self._gone(key, self._why(key, now_s))

    def _gone(self, key: tuple[str, int, int], reason: str) -> list[News]:
        if self._seen.pop(key, None) is None:
            return []
        name, index, _prefix = key
        self._copies[name, index] -= 1
        address = self._addresses[name]
        # A copy with another prefix length may remain, and a copy elsewhere is not ours to miss.
        if self._copies[name, index]:
            return []
        interface = self._interfaces.get(index)
        if interface is not None and address.interface not in _names(interface):
            return []
        return [AddressLost(address=address.name, reason=reason)]

    def _why(self, key: tuple[str, int, int], now_s: float) -> str:
        seen, interface = self._seen.get(key), self._interfaces.get(key[1])
        if interface is None:
            return "its interface was removed"
        if not interface.switched_on:
            return f"interface {interface.name} was switched off"
        if seen is not None and now_s - seen.at_s >= seen.assignment.lifetime_s - _EARLY_S:
            return f"its lease of {seen.assignment.lifetime_s} s ended without a renewal"
        return f"somebody deleted it from {interface.name}"

    def _displaced_by(self, own: Assignment) -> Iterator[AddressLost]:
        """The host's own address came later than ours and is secondary to it, so that the host
        would speak with our address as its source. Claiming ours again puts it behind, and has to
        put all of ours there behind: the next one would take the first one's place.
        """
        if not own.secondary:
            return
        there = [s.assignment for s in self._seen.values() if rtnl.same_subnet(s.assignment, own)]
        if all(ours.secondary for ours in there):
            return
        reason = f"it stands before the host's own address {own.address}, which came later"
        for ours in there:
            name = self._addresses[ours.address].name
            yield AddressLost(address=name, reason=reason, gone=False, displaced=True)

    def _confirm(self, key: int | tuple[str, int, int]) -> None:
        if self._unconfirmed is not None:
            self._unconfirmed.discard(key)


def _names(interface: Interface) -> tuple[str, ...]:
    """Any of them may be in haresources: the kernel finds an interface by each."""
    return (interface.name, *interface.other_names)
