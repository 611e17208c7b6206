"""Asks on the wire who has an address, and hears who else uses or asks for one of ours.

RFC 5227 (ARP probes, conflicts) and RFC 4861 (neighbour solicitation). Silence is an answer only
if the question left and the interface kept its carrier; otherwise the probe failed. What follows
from an answer is the core's decision.
"""

import asyncio
import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sidecar.core.actions import ProbeAddress
from sidecar.core.events import AddressProbed, ConflictSeen, ProbeFailed, QuestionHeard
from sidecar.core.params import Address
from sidecar.core.terms import SECOND
from sidecar.vip import frames
from sidecar.vip.ear import Ears
from sidecar.vip.ethernet import EthernetSocket, own_address, protocol_of
from sidecar.vip.frames import Claim, Question
from sidecar.vip.reasons import reason_of

_ASKED: Final = 3  # times within one probe: one lost frame must not read as a dead owner
_QUIET_S: Final = 1.0  # between two reports of the same thing about one address
_LOOK_S: Final = 1.0  # between two looks whether interfaces that we hear on were made anew

Finding = AddressProbed | ProbeFailed | ConflictSeen | QuestionHeard


@dataclass(slots=True)
class _Question:
    action: ProbeAddress
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def is_answered_by(self, interface: str, claim: Claim) -> bool:
        address, mac = self.action.address, self.action.mac
        if interface != address.interface or claim.address != _canonical(address):
            return False
        # What a router or a fabric says in the owner's name is no sign of the owner's life.
        return mac is None or mac.lower() == claim.mac == claim.sender


class Prober:
    def __init__(self, emit: Callable[[Finding], None]) -> None:
        self._emit = emit
        self._ears = Ears(self._heard)
        self._questions: dict[int, _Question] = {}
        self._held: dict[str, Address] = {}
        self._reported_s: dict[tuple[type[Finding], str], float] = {}
        self._look: asyncio.TimerHandle | None = None

    def probe(self, action: ProbeAddress) -> None:
        """Ask now. The answer is emitted later, never from inside this call."""
        loop = asyncio.get_running_loop()
        question = self._questions[action.op] = _Question(action)
        patience_s = action.patience_ns / SECOND
        for turn in range(1, _ASKED):
            again_s = turn * patience_s / _ASKED
            question.timers.append(loop.call_later(again_s, self._ask, question))
        question.timers.append(loop.call_later(patience_s, self._give_up, question))
        self._ask(question)

    def holding(self, address: Address, held: bool) -> None:  # noqa: FBT001 - "holding: yes or no"
        """From now on, report or do not report others who use the address."""
        if held:
            self._held[_canonical(address)] = address
        else:
            self._held.pop(_canonical(address), None)
        self._listen()

    def close(self) -> None:
        """Ask and hear nothing any more."""
        for question in tuple(self._questions.values()):
            self._end(question)
        self._held.clear()
        self._listen()
        self._ears.close()

    # --- questions -------------------------------------------------------------------------------

    def _ask(self, question: _Question) -> None:
        address = question.action.address
        try:
            sock = self._socket(address)
            for frame in _questions(address, sock.mac, question.action.mac):
                sock.send(frame)
        except OSError as error:
            self._fail(question, error)

    def _give_up(self, question: _Question) -> None:
        address = question.action.address
        try:
            self._socket(address)
        except OSError as error:
            self._fail(question, error)
            return
        self._end(question)
        self._emit(AddressProbed(op=question.action.op, address=address.name, answered_by=None))

    def _fail(self, question: _Question, error: OSError) -> None:
        self._end(question)
        address = question.action.address
        reason = reason_of(error, address.interface, wish=f"ask who has {address.name}")
        failed = ProbeFailed(op=question.action.op, address=address.name, reason=reason)
        asyncio.get_running_loop().call_soon(self._emit, failed)

    def _end(self, question: _Question) -> None:
        self._questions.pop(question.action.op, None)
        for timer in question.timers:
            timer.cancel()

    def _socket(self, address: Address) -> EthernetSocket:
        """Raise OSError when a question could not leave, or an answer not arrive."""
        if not address.interface:
            raise OSError(errno.ENODEV, "no interface")
        sock = self._ears.open(address.interface, protocol_of(address.name))
        if not sock.carrier:
            raise OSError(
                f"interface {address.interface} is down or has no carrier: check its cable"
            )
        return sock

    # --- what is heard ---------------------------------------------------------------------------

    def _heard(self, interface: str, said: Claim | Question) -> None:
        if isinstance(said, Claim):
            self._hear_claim(interface, said)
        else:
            self._hear_question(interface, said)

    def _hear_question(self, interface: str, asked: Question) -> None:
        concerned = [question.action.address for question in self._questions.values()]
        for address in (*self._held.values(), *concerned):
            if interface == address.interface and asked.address == _canonical(address):
                self._report(QuestionHeard(address=address.name, mac=asked.mac))
                return

    def _hear_claim(self, interface: str, claim: Claim) -> None:
        for question in tuple(self._questions.values()):
            if question.is_answered_by(interface, claim):
                self._end(question)
                op, name = question.action.op, question.action.address.name
                self._emit(AddressProbed(op=op, address=name, answered_by=claim.mac))
        held = self._held.get(claim.address)
        if held is not None and held.interface == interface:
            self._report(ConflictSeen(address=held.name, mac=claim.mac))

    def _report(self, finding: ConflictSeen | QuestionHeard) -> None:
        now_s = asyncio.get_running_loop().time()
        key = type(finding), finding.address
        last_s = self._reported_s.get(key)
        if last_s is None or now_s - last_s >= _QUIET_S:
            self._reported_s[key] = now_s
            self._emit(finding)

    def _listen(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        for address in self._held.values():
            if not address.interface:
                continue
            try:
                self._ears.open(address.interface, protocol_of(address.name))
            except OSError:
                continue  # the announcement says why; the next look may succeed
        if self._held:
            self._look = asyncio.get_running_loop().call_later(_LOOK_S, self._listen)


def _questions(address: Address, mac: str, to: str | None) -> tuple[bytes, ...]:
    """The question in two forms: as duplicate detection asks, and from our own address if any.

    A Linux owner answers the first one whatever its filters are; what a switch may do to it is
    the reason for the second one.
    """
    own = own_address(address.interface, address.name)
    if address.is_ipv6:
        senders = (None, own) if own else (None,)
        ask6 = frames.neighbour_question
        return tuple(ask6(address.name, mac=mac, sender=sender, to=to) for sender in senders)
    ask4 = frames.arp_question
    return tuple(
        ask4(address.name, mac=mac, sender=sender, to=to) for sender in ("0.0.0.0", own) if sender
    )


def _canonical(address: Address) -> str:
    return frames.canonical(address.name)
