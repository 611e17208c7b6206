"""Holds floating addresses as leases that the kernel itself ends (rtnetlink(7), IFA_CACHEINFO).

A sidecar that was killed, frozen or starved loses the address by itself. Renewing is creating: the
kernel puts an address whose lease has ended back without complaint, so a renewal that comes too
late is not sent. What is wished of several addresses in one go leaves in one datagram, and each has
its own answer. Each call blocks: this object lives on one worker thread and nowhere else. It never
decides whether to hold an address, and it has no timer.
"""

import errno
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from typing import Final

import sidecar.vip.ifaddrmsg  # noqa: F401 - loaded with the lease, and not with its first wish
from sidecar.core.actions import ClaimAddress, ReleaseAddress, RenewLease
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressRefused,
    AddressReleased,
    LeaseRenewed,
    Together,
)
from sidecar.core.params import Address
from sidecar.core.terms import MILLISECOND
from sidecar.vip import frames, interfaces, secondary
from sidecar.vip.messages import Placement
from sidecar.vip.reasons import reason_of
from sidecar.vip.removal import Removal
from sidecar.vip.rtnl import OUR_PROTO
from sidecar.vip.surroundings import Surroundings
from sidecar.vip.table import AT_ONCE, AddressTable, check, index_of

MAX_LABEL: Final = 15
"""Characters of an IPv4 label: IFNAMSIZ less the final zero."""

_IFA_F_NODAD: Final = 0x02
_IFA_F_NOPREFIXROUTE: Final = 0x200

_LET_GO: Final = OSError("let go of before it was claimed")

Answer = AddressClaimed | AddressReleased | AddressRefused | LeaseRenewed | AddressLost
Put = ClaimAddress | RenewLease
LeaseAction = Put | ReleaseAddress


class _MayBeHereError(OSError):
    """The kernel may have put it there, and did not remove it: it may stay until its lease ends."""


class Lease:
    """Carries out what the core wishes of the kernel's address table."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        """``now_ns`` reads CLOCK_BOOTTIME, the clock of ``not_after_ns``."""
        self._now_ns = now_ns
        self._table = AddressTable()
        self._surroundings = Surroundings(now_ns)
        self._removal = Removal(self._table, self._surroundings)
        self._flags: dict[str, int] = {}
        self._unsettled: list[ClaimAddress] = []

    def perform(self, action: LeaseAction) -> Answer:
        """Answer with what became of one wish."""
        (answer,) = self._answers((action,))
        return answer

    def perform_all(self, actions: Sequence[LeaseAction]) -> Answer | Together:
        """Answer with what became of the wishes. Never raises for what the world does.

        A claim whose release waits behind it, because the kernel was slow, is not made: between
        the two there could be two owners.
        """
        in_vain = _let_go_of(actions)
        answers: tuple[Answer, ...] = tuple(_refusal(claim, _LET_GO) for claim in in_vain)
        answers += tuple(self._answers([one for one in actions if one not in in_vain]))
        return answers[0] if len(answers) == 1 else Together(facts=answers)

    def open(self) -> None:
        """Get ready, so that the first wish need not wait for it. May fail: then that wish does."""
        with suppress(OSError):
            self._table.open()

    def rest(self) -> None:
        """Do what can wait until nothing else waits: a client waits for a claim, not for this."""
        unsettled, self._unsettled = self._unsettled, []
        for interface, claims in groupby(unsettled, key=lambda claim: claim.address.interface):
            with suppress(OSError):
                self._settle(interface, tuple(claims))

    def close(self) -> None:
        """Close the netlink socket; addresses stay and end with their lease."""
        self._table.close()

    def _answers(self, actions: Sequence[LeaseAction]) -> Iterator[Answer]:
        """In the order of the wishes: one address may be given up and claimed in one go."""
        for releases, those in groupby(actions, key=lambda one: isinstance(one, ReleaseAddress)):
            if releases:
                yield from self._release([a for a in those if isinstance(a, ReleaseAddress)])
                continue
            puts = [a for a in those if not isinstance(a, ReleaseAddress)]
            for start in range(0, len(puts), AT_ONCE):
                yield from self._put(puts[start : start + AT_ONCE])

    # --- put: claim or renew ---------------------------------------------------------------------

    def _put(self, actions: Sequence[Put]) -> Iterator[Answer]:
        """Those that can be sent leave together, right after the look at the clock."""
        found: dict[int, Answer] = {}
        sending: list[tuple[int, bytes]] = []
        indexes: dict[str, int] = {}
        self._look_around(actions)
        for at, action in enumerate(actions):
            try:
                sending.append((at, self._table.bytes_of(self._placed(action, indexes))))
            except OSError as error:
                found[at] = _refusal(action, error)
        at_ns = self._now_ns()
        in_time = [(at, data) for at, data in sending if at_ns <= actions[at].not_after_ns]
        codes = self._table.ask_all([data for _, data in in_time])
        answered = {at: code for (at, _), code in zip(in_time, codes, strict=True)}
        for at, _ in sending:
            if at not in answered:
                found[at] = _refusal(actions[at], _too_late("it comes", at_ns, actions[at]))
            else:
                found[at] = self._put_answer(actions[at], answered[at], at_ns)
        yield from (found[at] for at in range(len(actions)))

    def _put_answer(self, action: Put, code: int | None, at_ns: int) -> Answer:
        try:
            if code is None or code == errno.ENODEV:
                at_ns = self._put_again(action)
            else:
                check(code)
            self._undo_if_late(action)
        except OSError as error:
            return _refusal(action, error)
        name = action.address.name
        if isinstance(action, RenewLease):
            self._unsettled = [_worth_as(action, one) for one in self._unsettled]
            return LeaseRenewed(address=name, at_ns=at_ns)
        if not action.address.is_ipv6:
            self._unsettled.append(action)
        return AddressClaimed(op=action.op, address=name, at_ns=at_ns)

    def _put_again(self, action: Put) -> int:
        """The socket broke, or the interface was made anew between its look-up and the request.

        The kernel may have carried the first one out all the same.
        """
        data = self._table.bytes_of(self._placed(action, {}))
        # Before, since nothing is sent too late; after it the caller looks: it may be held up too.
        self._undo_if_late(action)
        at_ns = self._now_ns()
        (code,) = self._table.ask_all([data])
        if code is None:
            raise _MayBeHereError("the kernel does not answer on netlink")
        check(code)
        return at_ns

    def _undo_if_late(self, action: Put) -> None:
        """Frozen between the check and the request, or held up in the kernel, the lease may have
        ended meanwhile, or the other node may have claimed: then the request is taken back.
        """
        now_ns = self._now_ns()
        if now_ns > action.not_after_ns:
            failed = self._removal.remove([action.address])
            late = _too_late("it came through", now_ns, action)
            if failed:
                raise _MayBeHereError(*late.args)
            raise late

    def _look_around(self, actions: Sequence[Put]) -> None:
        """What else is on the host decides about the flags of an IPv6 address.

        Looked at with each claim, and where an earlier life claimed what is renewed.
        """
        unknown = [
            action.address
            for action in actions
            if action.address.is_ipv6
            and (isinstance(action, ClaimAddress) or action.address.name not in self._flags)
        ]
        if not unknown:
            return
        with suppress(OSError):  # then the flags are those of a host that has nothing else
            host = self._surroundings.before_changing(*(address.name for address in unknown))
            for address in unknown:
                with suppress(OSError):
                    index = index_of(address.interface)
                    self._flags[address.name] = _flags_of(host, index, address)

    def _placed(self, action: Put, indexes: dict[str, int]) -> Placement:
        """``indexes``: those of the interfaces that were just asked for."""
        address = action.address
        if isinstance(action, ClaimAddress):
            _check_label(address)
        index = indexes.get(address.interface)
        if index is None:
            index = indexes[address.interface] = index_of(address.interface)
        self._removal.expect(address, index)
        is_v6 = address.is_ipv6
        return Placement(
            index=index,
            name=address.name,
            prefix=address.prefix,
            lifetime_s=action.lease_s,
            label="" if is_v6 else address.label or "",
            broadcast="" if is_v6 else address.broadcast or "",
            flags=self._flags.get(address.name, _IFA_F_NODAD) if is_v6 else 0,
        )

    def _settle(self, interface: str, claims: Sequence[ClaimAddress]) -> None:
        """See to it that the host's own addresses do not depend on these.

        Where the kernel refuses, it stays as the host's administrator left it.
        """
        index = index_of(interface)
        names = {claim.address.name for claim in claims}
        host = self._surroundings.before_changing(*names)
        self._surroundings.promote_secondaries(index)
        displacing = secondary.displacing(host, index, names)
        # Ours came first. Taken away and added again, it stands behind the host's own. Where it is
        # too late to add it again, it is not taken away.
        again = [claim for claim in claims if claim.address.name in displacing]
        if again and self._now_ns() <= min(claim.not_after_ns for claim in again):
            self._table.ask_all([self._removal.written(index, claim.address) for claim in again])
            tuple(self._put(again))
            self._unsettled.clear()

    # --- release ---------------------------------------------------------------------------------

    def _release(self, actions: Sequence[ReleaseAddress]) -> Iterator[Answer]:
        names = {action.address.name for action in actions}
        # The look at the host by which a claim is settled may be from before this.
        self._unsettled = [one for one in self._unsettled if one.address.name not in names]
        failed = self._removal.remove([action.address for action in actions])
        for action in actions:
            name = action.address.name
            error = failed.get(name)
            if error is None:
                yield AddressReleased(op=action.op, address=name)
            else:
                reason = reason_of(error, action.address.interface, wish=f"release {name}")
                yield AddressRefused(op=action.op, address=name, reason=reason)


def _let_go_of(actions: Sequence[LeaseAction]) -> list[ClaimAddress]:
    """The claims that a later one of these releases again."""
    released_at = {
        action.address.name: at
        for at, action in enumerate(actions)
        if isinstance(action, ReleaseAddress)
    }
    return [
        action
        for at, action in enumerate(actions)
        if isinstance(action, ClaimAddress) and at < released_at.get(action.address.name, -1)
    ]


def _refusal(action: Put, error: OSError) -> AddressRefused | AddressLost:
    name, interface = action.address.name, action.address.interface
    if isinstance(action, RenewLease):
        reason = reason_of(error, interface, wish=f"renew the lease of {name}")
        return AddressLost(address=name, reason=reason, gone=False)
    reason = reason_of(error, interface, wish=f"claim {name}")
    gone = not isinstance(error, _MayBeHereError)
    return AddressRefused(op=action.op, address=name, reason=reason, gone=gone)


def _worth_as(renewal: RenewLease, claim: ClaimAddress) -> ClaimAddress:
    """The claim, which may be repeated for as long as its lease was renewed last."""
    if claim.address.name != renewal.address.name:
        return claim
    return replace(claim, not_after_ns=max(claim.not_after_ns, renewal.not_after_ns))


def _too_late(what: str, now_ns: int, action: Put) -> OSError:
    return OSError(f"{what} {(now_ns - action.not_after_ns) // MILLISECOND} ms too late")


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
