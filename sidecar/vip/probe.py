"""Asks on the wire who has an address, and hears who else uses or asks for one of ours.

RFC 5227 (ARP probes, conflicts) and RFC 4861 (neighbour solicitation). Silence is an answer only
if the question left, the interface kept its carrier, and all that came back was heard; otherwise
the probe failed. What is asked in one go is answered in one go where it can be. What follows from
an answer is the core's decision.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sidecar.core.actions import ProbeAddress
from sidecar.core.events import (
    AddressProbed,
    ConflictSeen,
    ProbeFailed,
    QuestionHeard,
    Together,
)
from sidecar.core.params import Address
from sidecar.core.terms import SECOND
from sidecar.vip import frames
from sidecar.vip.ear import Ears
from sidecar.vip.ethernet import protocol_of
from sidecar.vip.frames import Claim, Question
from sidecar.vip.inquiry import Inquiry, OwnAddresses

_QUIET_S: Final = 1.0  # between two reports of the same thing about one address
_AT_ONCE: Final = 512  # findings in one event
_LOOK_S: Final = 1.0  # between two looks whether interfaces that we hear on were made anew

Finding = AddressProbed | ProbeFailed | ConflictSeen | QuestionHeard


class Prober:
    """Lives in the event loop; what it is asked it answers later, never from inside the call."""

    def __init__(self, emit: Callable[[Finding | Together], None]) -> None:
        self._emit = emit
        self._ears = Ears(self._heard)
        self._own = OwnAddresses()
        self._inquiries: dict[tuple[str, str], list[Inquiry]] = {}
        """Those under way, by interface and address."""
        self._held: dict[tuple[str, str], Address] = {}
        self._listening: set[tuple[str, int]] = set()
        """Where it was last listened, by interface and protocol."""
        self._reported_s: dict[tuple[type[Finding], str], float] = {}
        self._look: asyncio.TimerHandle | None = None

    def attend(self, addresses: Iterable[Address]) -> None:
        """These are all that will be asked for or held here."""
        self._ears.attend(addresses)

    def probe(self, *questions: ProbeAddress) -> None:
        """Ask now; those with one interface and one patience together."""
        batches: dict[tuple[str, int, int], list[ProbeAddress]] = {}
        for question in questions:
            kind = *_where(question.address), question.patience_ns
            batches.setdefault(kind, []).append(question)
        for (interface, protocol, patience_ns), batch in batches.items():
            inquiry = Inquiry(
                interface, protocol, batch, ears=self._ears, own=self._own, ended=self._ended
            )
            for question in batch:
                self._inquiries.setdefault(_place(question.address), []).append(inquiry)
            inquiry.begin(patience_ns / SECOND)

    def holding(self, address: Address, held: bool) -> None:  # noqa: FBT001 - "holding: yes or no"
        """From now on, report or do not report others who use the address."""
        if not held:
            self._held.pop(_place(address), None)
            return
        self._held[_place(address)] = address
        if _where(address) not in self._listening:  # many addresses of one interface may come
            self._listen()

    def close(self) -> None:
        """Ask and hear nothing any more."""
        for inquiries in tuple(self._inquiries.values()):
            for inquiry in tuple(inquiries):
                inquiry.cancel()
        self._inquiries.clear()
        self._held.clear()
        if self._look is not None:
            self._look.cancel()
        self._ears.close()

    # --- questions -------------------------------------------------------------------------------

    def _ended(
        self, inquiry: Inquiry, findings: Sequence[tuple[ProbeAddress, AddressProbed | ProbeFailed]]
    ) -> None:
        for question, _ in findings:
            self._forget(inquiry, question)
        self._tell([finding for _, finding in findings])

    def _forget(self, inquiry: Inquiry, question: ProbeAddress) -> None:
        place = _place(question.address)
        under_way = [one for one in self._inquiries.get(place, ()) if one is not inquiry]
        if under_way:
            self._inquiries[place] = under_way
        else:
            self._inquiries.pop(place, None)

    # --- what is heard ---------------------------------------------------------------------------

    def _heard(self, interface: str, said: list[Claim | Question]) -> None:
        findings: list[Finding] = []
        for word in said:
            place = interface, word.address
            if place not in self._inquiries and place not in self._held:
                continue  # the most of what is said
            if self._ears.is_of_this_host(word):
                continue
            if isinstance(word, Claim):
                findings += self._hear_claim(place, word)
            elif address := self._concerned(place):
                findings += self._news(QuestionHeard(address=address.name, mac=word.mac))
        self._tell(findings)

    def _concerned(self, place: tuple[str, str]) -> Address | None:
        """The address of ours that somebody asks for, held or asked for here."""
        held = self._held.get(place)
        if held is not None:
            return held
        return next((one.asked(place[1]) for one in self._inquiries.get(place, ())), None)

    def _hear_claim(self, place: tuple[str, str], claim: Claim) -> Iterable[Finding]:
        for inquiry in tuple(self._inquiries.get(place, ())):
            for question in inquiry.answered_by(claim):
                self._forget(inquiry, question)
                op, name = question.op, question.address.name
                yield AddressProbed(op=op, address=name, answered_by=claim.mac)
        held = self._held.get(place)
        if held is not None:
            yield from self._news(ConflictSeen(address=held.name, mac=claim.mac))

    def _news(self, finding: ConflictSeen | QuestionHeard) -> tuple[Finding, ...]:
        """The finding, unless it was told just now."""
        now_s = asyncio.get_running_loop().time()
        key = type(finding), finding.address
        last_s = self._reported_s.get(key)
        if last_s is not None and now_s - last_s < _QUIET_S:
            return ()
        self._reported_s[key] = now_s
        return (finding,)

    def _tell(self, findings: Sequence[Finding]) -> None:
        """In portions: what follows from the first is under way while the next are taken."""
        for start in range(0, len(findings), _AT_ONCE):
            portion = tuple(findings[start : start + _AT_ONCE])
            self._emit(portion[0] if len(portion) == 1 else Together(facts=portion))

    # --- listening -------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Now and every second from now on, while anything is held."""
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._listening = set(map(_where, self._held.values()))
        for interface, protocol in sorted(self._listening):
            if not interface:
                continue
            try:
                self._ears.open(interface, protocol)
            except OSError:
                continue  # the announcement says why; the next look may succeed
        if self._held:
            self._look = asyncio.get_running_loop().call_later(_LOOK_S, self._listen)


def _where(address: Address) -> tuple[str, int]:
    return address.interface, protocol_of(address.name)


def _place(address: Address) -> tuple[str, str]:
    """Where claims of it are heard, in the one spelling in which they name it."""
    name = frames.canonical(address.name) if address.is_ipv6 else address.name
    return address.interface, name
