"""Questions for addresses of one interface that are asked together, until their patience ends.

Each is asked in two forms, and again while it is unanswered, because one lost frame must not read
as a dead owner. With very many there is no time for that: then the several questions that the core
asks before it claims anything have to do, in one form and the other by turns.
"""

import asyncio
import errno
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sidecar.core.actions import ProbeAddress
from sidecar.core.events import AddressProbed, ProbeFailed
from sidecar.core.params import Address
from sidecar.vip import frames
from sidecar.vip.ear import Ears
from sidecar.vip.ethernet import EthernetSocket, own_address
from sidecar.vip.frames import Claim
from sidecar.vip.reasons import reason_of

ASKED: Final = 3
"""Times, if there are not too many to ask for."""
FORMS: Final = 2
FRAMES_MAX: Final = 400
"""Of one inquiry, about: to send one takes up to 10 us, and the heartbeats wait meanwhile."""
BOTH_FORMS_MAX: Final = 200
"""Questions in one inquiry."""
_OWN_FOR_S: Final = 1.0

Ended = Callable[
    ["Inquiry", Sequence[tuple[ProbeAddress, AddressProbed | ProbeFailed]]],
    None,
]


class OwnAddresses:
    """With which address the host would speak to another one: asked for anew every second; and in
    which form that one was last asked for.
    """

    def __init__(self) -> None:
        self._forms: dict[tuple[str, str], int] = {}
        self._known: dict[tuple[str, str], tuple[float, str | None]] = {}

    def towards(self, address: Address) -> str | None:
        now_s = asyncio.get_running_loop().time()
        key = address.interface, address.name
        until_s, own = self._known.get(key, (0.0, None))
        if now_s >= until_s:
            own = own_address(address.interface, address.name)
            self._known[key] = now_s + _OWN_FOR_S, own
        return own

    def next_form(self, address: Address) -> int:
        """The number of the form whose turn it is."""
        key = address.interface, address.name
        form = self._forms[key] = (self._forms.get(key, -1) + 1) % FORMS
        return form


class Inquiry:
    """Ends by telling what nobody answered; what somebody answers is taken out before."""

    def __init__(
        self,
        interface: str,
        protocol: int,
        questions: Sequence[ProbeAddress],
        *,
        ears: Ears,
        own: OwnAddresses,
        ended: Ended,
    ) -> None:
        self._interface = interface
        self._protocol = protocol
        self._open = {question.op: question for question in questions}
        self._ops: dict[str, list[int]] = {}
        for question in questions:
            self._ops.setdefault(_spelt(question.address), []).append(question.op)
        self._ears = ears
        self._own = own
        self._ended = ended
        self._frames: dict[int, tuple[bytes, ...]] = {}
        self._mac = ""
        self._missed = 0
        self._timers: list[asyncio.TimerHandle] = []

    def begin(self, patience_s: float) -> None:
        """The patience begins when all have left."""
        try:
            self._missed = self._socket().missed
        except OSError as error:
            self._fail(error)
            return
        self._ask()
        if not self._open:  # they could not be asked
            return
        loop = asyncio.get_running_loop()
        times = max(1, min(ASKED, FRAMES_MAX // (FORMS * len(self._open))))
        for turn in range(1, times):
            self._timers.append(loop.call_later(turn * patience_s / times, self._ask))
        self._timers.append(loop.call_later(patience_s, self._give_up))

    def cancel(self) -> None:
        self._open.clear()
        for timer in self._timers:
            timer.cancel()

    def asked(self, name: str) -> Address | None:
        """The address of this name, if it is still asked for."""
        return next((self._open[op].address for op in self._ops.get(name, ())), None)

    def answered_by(self, claim: Claim) -> Iterator[ProbeAddress]:
        """The questions that this claim answers; they are asked no more."""
        for op in tuple(self._ops.get(claim.address, ())):
            question = self._open[op]
            # What a router or a fabric says in the owner's name is no sign of the owner's life.
            mac = question.mac
            if mac is None or mac.lower() == claim.mac == claim.sender:
                self._close(question)
                yield question
        if not self._open:
            self.cancel()

    def _close(self, question: ProbeAddress) -> None:
        del self._open[question.op]
        self._ops[_spelt(question.address)].remove(question.op)

    def _ask(self) -> None:
        try:
            sock = self._socket()
            mac = sock.mac
            if mac != self._mac:
                self._mac = mac
                self._frames = {op: self._written(q) for op, q in self._open.items()}
            for op in self._open:
                for frame in self._frames[op]:
                    sock.send(frame)
        except OSError as error:
            self._fail(error)

    def _written(self, question: ProbeAddress) -> tuple[bytes, ...]:
        """The question in two forms: as duplicate detection asks, and from our own address if any.

        A Linux owner answers the first one whatever its filters are; what a switch may do to it is
        the reason for the second one.
        """
        forms = self._forms_of(question)
        if len(self._open) <= BOTH_FORMS_MAX or len(forms) < FORMS:
            return forms
        return (forms[self._own.next_form(question.address)],)

    def _forms_of(self, question: ProbeAddress) -> tuple[bytes, ...]:
        name, own = question.address.name, self._own.towards(question.address)
        if question.address.is_ipv6:
            senders = (None, own) if own else (None,)
            ask6 = frames.neighbour_question
            return tuple(ask6(name, mac=self._mac, sender=s, to=question.mac) for s in senders)
        ask4 = frames.arp_question
        return tuple(
            ask4(name, mac=self._mac, sender=sender, to=question.mac)
            for sender in ("0.0.0.0", own)
            if sender
        )

    def _give_up(self) -> None:
        """Nobody answers, if all that has come was heard."""
        try:
            sock = self._socket()
            heard_all = self._ears.listen_out(sock) and sock.missed == self._missed
        except OSError as error:
            self._fail(error)
            return
        if not heard_all:
            self._fail(OSError("more frames came than could be read"))
            return
        self._end(
            lambda q: AddressProbed(op=q.op, address=q.address.name, answered_by=None),
            self._ended,
        )

    def _fail(self, error: OSError) -> None:
        def failed(question: ProbeAddress) -> ProbeFailed:
            name = question.address.name
            reason = reason_of(error, self._interface, wish=f"ask who has {name}")
            return ProbeFailed(op=question.op, address=name, reason=reason)

        loop = asyncio.get_running_loop()
        self._end(failed, lambda *told: loop.call_soon(self._ended, *told))

    def _end(
        self,
        finding: Callable[[ProbeAddress], AddressProbed | ProbeFailed],
        tell: Callable[..., object],
    ) -> None:
        found = [(question, finding(question)) for question in self._open.values()]
        self._ops.clear()
        self.cancel()
        if found:
            tell(self, found)

    def _socket(self) -> EthernetSocket:
        """Raise OSError when a question could not leave, or an answer not arrive."""
        if not self._interface:
            raise OSError(errno.ENODEV, "no interface")
        sock = self._ears.open(self._interface, self._protocol)
        if not sock.carrier:
            raise OSError(f"interface {self._interface} is down or has no carrier: check its cable")
        return sock


def _spelt(address: Address) -> str:
    return frames.canonical(address.name) if address.is_ipv6 else address.name
