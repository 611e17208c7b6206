"""Takes addresses out of the kernel's table, with every copy of them on their interface.

Somebody may have put an address there with another prefix length too. The peer is about to take it,
so no copy may stay, also where the interface was renamed since: its number stays the same. One that
is not there, or whose interface is gone, is success.
"""

import errno
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from sidecar.core.params import Address
from sidecar.vip import frames, messages
from sidecar.vip.surroundings import Surroundings
from sidecar.vip.table import AddressTable, check, index_of

_GONE: Final = (errno.EADDRNOTAVAIL, errno.ENODEV)
_COPIES_MAX: Final = 33
"""Prefix lengths that an IPv4 address can have; the kernel refuses a second copy with the same."""


class Removal:
    """For the thread of the table."""

    def __init__(self, table: AddressTable, surroundings: Surroundings) -> None:
        self._table = table
        self._surroundings = surroundings
        self._put_on: dict[str, set[int]] = {}

    def expect(self, address: Address, index: int) -> None:
        """It is about to be put on the interface with this number, which may get another name."""
        self._put_on.setdefault(address.name, set()).add(index)

    def remove(self, addresses: Sequence[Address]) -> dict[str, OSError]:
        """What could not be removed, by the name of the address, and why."""
        failed: dict[str, OSError] = {}
        places = [(index, address) for address in addresses for index in self._indexes(address)]
        for index in dict.fromkeys(index for index, _ in places):
            self._surroundings.promote_secondaries(index)
        self._remove_v6([place for place in places if place[1].is_ipv6], failed)
        left = [place for place in places if not place[1].is_ipv6]
        for _ in range(_COPIES_MAX + 1):
            left = self._remove_one_copy(left, failed)
            if not left:
                break
        for address in addresses:
            if address.name not in failed:
                self._put_on.pop(address.name, None)
        return failed

    def written(self, index: int, address: Address) -> bytes:
        """The request to remove the address as we put it, and no copy."""
        return messages.delete(index, address.name, address.prefix)

    def _indexes(self, address: Address) -> list[int]:
        """Where it may be: none where its interface is gone, which took it along."""
        indexes = set(self._put_on.get(address.name, ()))
        with suppress(OSError):
            indexes.add(index_of(address.interface))
        return sorted(indexes)

    def _remove_one_copy(
        self, places: Sequence[tuple[int, Address]], failed: dict[str, OSError]
    ) -> list[tuple[int, Address]]:
        """One copy of each IPv4 address; those of which there may be another one."""
        requests = [messages.delete(index, address.name, None) for index, address in places]
        codes = self._ask(requests)
        for (_, address), code in zip(places, codes, strict=True):
            _note(address, code, failed)
        return [place for place, code in zip(places, codes, strict=True) if code == 0]

    def _remove_v6(self, places: Sequence[tuple[int, Address]], failed: dict[str, OSError]) -> None:
        if not places:
            return
        try:
            host = self._surroundings.before_changing(*(address.name for _, address in places))
        except OSError as error:
            failed |= {address.name: error for _, address in places}
            return
        copies: dict[tuple[int, str], set[int]] = {}
        for here in host.assignments:
            copies.setdefault((here.index, here.address), set()).add(here.prefix)
        requests: list[tuple[Address, bytes]] = []
        for index, address in places:
            name = frames.canonical(address.name)
            requests += [
                (address, messages.delete(index, address.name, prefix))
                for prefix in sorted({address.prefix, *copies.get((index, name), ())})
            ]
        codes = self._ask([request for _, request in requests])
        for (address, _), code in zip(requests, codes, strict=True):
            _note(address, code, failed)

    def _ask(self, requests: Sequence[bytes]) -> list[int | None]:
        """What had no answer is asked once more, on a new socket."""
        codes = self._table.ask_all(requests)
        again = [at for at, code in enumerate(codes) if code is None]
        for at, code in zip(
            again, self._table.ask_all([requests[at] for at in again]), strict=True
        ):
            codes[at] = code
        return codes


def failure_of(code: int | None) -> OSError | None:
    """What the answer to a removal means; None for the answer: there was none."""
    try:
        check(0 if code in _GONE else code)
    except OSError as error:
        return error
    return None


def _note(address: Address, code: int | None, failed: dict[str, OSError]) -> None:
    error = failure_of(code)
    if error is not None:
        failed[address.name] = error
