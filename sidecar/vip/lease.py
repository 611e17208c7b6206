"""Holds a floating address as a lease that the kernel itself ends (rtnetlink(7), IFA_CACHEINFO).

A sidecar that was killed, frozen or starved loses the address by itself. Renewing is creating: the
kernel puts an address whose lease has ended back without complaint, so a renewal that comes too
late is not sent. Each call blocks: this object lives on one worker thread and nowhere else. It
never decides whether to hold an address, and it has no timer.
"""

import ipaddress
from collections.abc import Callable
from contextlib import suppress
from typing import Final, assert_never

from sidecar.core.actions import ClaimAddress, ReleaseAddress, RenewLease
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressRefused,
    AddressReleased,
    LeaseRenewed,
)
from sidecar.core.params import Address
from sidecar.core.terms import MILLISECOND
from sidecar.vip import frames, interfaces, secondary
from sidecar.vip.messages import Request
from sidecar.vip.reasons import reason_of
from sidecar.vip.rtnl import OUR_PROTO
from sidecar.vip.surroundings import Surroundings
from sidecar.vip.table import AddressTable, RefusedError, index_of

MAX_LABEL: Final = 15
"""Characters of an IPv4 label: IFNAMSIZ less the final zero."""

_IFA_F_NODAD: Final = 0x02
_IFA_F_NOPREFIXROUTE: Final = 0x200

Answer = AddressClaimed | AddressReleased | AddressRefused | LeaseRenewed | AddressLost


class Lease:
    """Carries out what the core wishes of the kernel's address table, one wish at a time."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        """``now_ns`` reads CLOCK_BOOTTIME, the clock of ``not_after_ns``."""
        self._now_ns = now_ns
        self._table = AddressTable()
        self._surroundings = Surroundings(now_ns)
        self._flags: dict[str, int] = {}
        self._unsettled: list[ClaimAddress] = []

    def perform(self, action: ClaimAddress | RenewLease | ReleaseAddress) -> Answer:
        """Answer with what became of the wish. Never raises for what the world does."""
        match action:
            case ClaimAddress():
                return self._claim(action)
            case RenewLease():
                return self._renew(action)
            case ReleaseAddress():
                return self._release(action)
            case _:
                assert_never(action)

    def open(self) -> None:
        """Get ready, so that the first wish need not wait for it. May fail: then that wish does."""
        with suppress(OSError):
            self._table.open()

    def rest(self) -> None:
        """Do what can wait until nothing else waits: a client waits for a claim, not for this."""
        unsettled, self._unsettled = self._unsettled, []
        for action in unsettled:
            with suppress(OSError):
                self._settle(action)

    def close(self) -> None:
        """Close the netlink socket; addresses stay and end with their lease."""
        self._table.close()

    # --- the three wishes ------------------------------------------------------------------------

    def _claim(self, action: ClaimAddress) -> AddressClaimed | AddressRefused:
        address = action.address
        try:
            _check_label(address)
            if address.is_ipv6:
                self._choose_flags(address)
            at_ns = self._put(action)
        except OSError as error:
            reason = reason_of(error, address.interface, wish=f"claim {address.name}")
            return AddressRefused(op=action.op, address=address.name, reason=reason)
        if not address.is_ipv6:
            self._unsettled.append(action)
        return AddressClaimed(op=action.op, address=address.name, at_ns=at_ns)

    def _renew(self, action: RenewLease) -> LeaseRenewed | AddressLost:
        address = action.address
        try:
            at_ns = self._put(action)
        except OSError as error:
            reason = reason_of(error, address.interface, wish=f"renew the lease of {address.name}")
            return AddressLost(address=address.name, reason=reason, gone=False)
        return LeaseRenewed(address=address.name, at_ns=at_ns)

    def _release(self, action: ReleaseAddress) -> AddressReleased | AddressRefused:
        address = action.address
        done = AddressReleased(op=action.op, address=address.name)
        try:
            index = index_of(address.interface)
        except OSError:
            return done  # an interface that is gone took the address along
        try:
            self._remove(index, address)
        except OSError as error:
            reason = reason_of(error, address.interface, wish=f"release {address.name}")
            return AddressRefused(op=action.op, address=address.name, reason=reason)
        return done

    # --- how -------------------------------------------------------------------------------------

    def _put(self, action: ClaimAddress | RenewLease) -> int:
        """Add the address, or renew its lease, in time; the instant just before. Raise OSError."""
        address, at_ns = action.address, 0

        def check() -> None:
            nonlocal at_ns
            at_ns = self._now_ns()
            _refuse_late(at_ns - action.not_after_ns)

        self._table.put(address.interface, self._wanted(address, action.lease_s), check=check)
        self._undo_if_late(action)
        return at_ns

    def _wanted(self, address: Address, lease_s: int) -> Request:
        # Both lifetimes, equal: a preferred lifetime of zero deprecates the address, one longer
        # than the valid lifetime is refused.
        request: Request = {
            "address": address.name,
            "prefixlen": address.prefix,
            "valid_lft": lease_s,
            "preferred_lft": lease_s,
        }
        if address.is_ipv6:
            request["flags"] = self._flags.get(address.name, _IFA_F_NODAD)
            return request
        if address.label:
            request["label"] = address.label
        if address.broadcast:
            request["broadcast"] = address.broadcast
        return request

    def _choose_flags(self, address: Address) -> None:
        host = self._surroundings.before_changing(address.name)
        self._flags[address.name] = _flags_of(host, index_of(address.interface), address)

    def _settle(self, action: ClaimAddress) -> None:
        """See to it that the host's own addresses do not depend on this one.

        Where the kernel refuses, it stays as the host's administrator left it.
        """
        address = action.address
        index = index_of(address.interface)
        host = self._surroundings.before_changing(address.name)
        self._surroundings.promote_secondaries(index)
        if not secondary.displaced(host, index=index, address=address.name):
            return
        # Ours came first. Taken away and added again, it stands behind the host's own.
        self._table.delete(index, address.name, address.prefix)
        self._put(action)

    def _undo_if_late(self, action: ClaimAddress | RenewLease) -> None:
        """Frozen between the check and the request, or held up in the kernel, the lease may have
        ended meanwhile, or the other node may have claimed: then the request is taken back.
        """
        late_ns = self._now_ns() - action.not_after_ns
        if late_ns > 0:
            self._remove(index_of(action.address.interface), action.address)
            raise RefusedError(f"it came through {late_ns // MILLISECOND} ms too late")

    def _remove(self, index: int, address: Address) -> None:
        host = self._surroundings.before_changing(address.name)
        self._surroundings.promote_secondaries(index)
        self._table.delete(index, address.name, address.prefix)
        # Somebody may have put it there with another prefix length too. The peer is about to take
        # it, so no copy may stay on this interface.
        name = frames.canonical(address.name)
        for copy in host.assignments:
            if copy.index == index and copy.address == name and copy.prefix != address.prefix:
                self._table.delete(index, copy.address, copy.prefix)


def _refuse_late(late_ns: int) -> None:
    if late_ns > 0:
        raise RefusedError(f"it comes {late_ns // MILLISECOND} ms too late")


def _flags_of(host: interfaces.Network, index: int, address: Address) -> int:
    """Flags for an IPv6 address.

    NODAD: duplicate address detection would keep the address tentative, and mute, for a second or
    more, and would give it up for good if the old owner's last frames were still about. We have
    probed for an owner ourselves. NOPREFIXROUTE where the host has an address of the same subnet:
    its route serves both, and our lifetime must not become the lifetime of a route that came by
    router advertisement.
    """
    network = ipaddress.ip_network(f"{address.name}/{address.prefix}", strict=False)
    for own in host.assignments:
        if own.index == index and own.prefix == address.prefix and own.proto != OUR_PROTO:
            here = ipaddress.ip_address(own.address)
            if here in network and own.address != frames.canonical(address.name):
                return _IFA_F_NODAD | _IFA_F_NOPREFIXROUTE
    return _IFA_F_NODAD


def _check_label(address: Address) -> None:
    label = address.label
    if label is None or address.is_ipv6:
        return
    if len(label) > MAX_LABEL or not label.startswith(address.interface):
        raise OSError(
            f"its label {label} has to begin with the interface's name {address.interface} and "
            f"to have at most {MAX_LABEL} characters: correct it in haresources"
        )
