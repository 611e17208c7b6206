"""What is handed over by which offer, and which words of the other node belong to it.

What is given is named from the giver's point of view in all words (protocol section 6.3), and a
word that names something else belongs to another hand-over: one that came to nothing, of which this
node may not know yet. Two sidecars number their offers, too, since the last word of one hand-over
may come after the first word of the next, by another link.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from sidecar.core import dialect
from sidecar.core.occurrences import HAND_OVER_REASONS
from sidecar.core.terms import HOLDING_OF_WORD, Holding
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.message import Message

UNFIT: Final = ("service_failed", "carrier_lost", "address_failed", "ping_lost", "shutdown")
"""Why a node hands over because it cannot serve: it gets its groups back when it can. One that
stops says goodbye after that, unless it is killed before.
"""


class Finished(Protocol):
    """Whoever began a hand-over hears how it ended."""

    def __call__(self, turn: Turn, *, ok: bool, text: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What is handed over and why, and who wants to hear how it ended."""

    which: Holding
    """From the giver's point of view."""
    reason: str
    why: str
    offer: str = ""
    """Which of the giver's offers it is; empty where the giver does not say."""
    finished: Finished | None = None

    def is_meant_by(self, message: Message) -> bool:
        """Whether a word of the other node belongs to this hand-over."""
        offer = dialect.decode_offer(message.get(dialect.OFFER))
        return which_of(message) == self.which and offer in ("", self.offer)


def offered_by(giver: str, message: Message) -> HandOver:
    """The hand-over that this word of the giver begins."""
    # The giver's reason becomes a metric's label here, so that only known words may.
    said = message.get(dialect.WHY)
    reason = said if said in HAND_OVER_REASONS else "standby"
    return HandOver(
        which=which_of(message) or Holding.NONE,
        reason=reason,
        why=f"{giver} hands over ({reason.replace('_', ' ')})",
        offer=dialect.decode_offer(message.get(dialect.OFFER)),
    )


def which_of(message: Message) -> Holding | None:
    """What a word names, from the giver's point of view; None when it is no word of ours."""
    return HOLDING_OF_WORD.get(message.get(fields.RSC_HOLD) or "")
