"""What of the peer's packets is new: generations, sequence numbers, gaps (protocol section 4).

A message is delivered at once when its number is new or fills a gap; there is no reordering
buffer. A gap is requested again only after a random 50 to 250 ms, since real nodes send out of
order, and then every 250 ms until it closes, is refused, or the peer starts a new life; at most for
ten seconds. A node does not answer for what the asker has once acknowledged, and an asker that has
just started may ask for what it acknowledged in its earlier life.

Never looks at what a message says.
"""

from dataclasses import dataclass
from enum import Enum, auto
from random import Random
from typing import Final

from sidecar.core.terms import MILLISECOND

GAP_MAX: Final = 250  # a larger gap is not requested: tracking begins anew behind it
REQUEST_AFTER_MS: Final = (50, 250)
REQUEST_EVERY_NS: Final = 250 * MILLISECOND
REQUESTS_MAX: Final = 40  # ten seconds: a link that loses every second packet answers long before
REPLAY_WINDOW: Final = 500  # older than a sender's history: nobody retransmits it honestly


class Verdict(Enum):
    """What a sequenced packet is to its receiver."""

    NEW = auto()
    DUPLICATE = auto()
    """Seen already: by another link, or late."""
    REPLAY = auto()
    """Of an earlier life, or too old for any honest sender: rejected."""
    NEW_LIFE = auto()
    """A status of a higher generation: the peer restarted."""
    EARLY = auto()
    """Of a higher generation, but no status: only a status switches the generation."""


@dataclass(slots=True)
class _Gap:
    request_at_ns: int
    requests: int = 0
    counted: bool = False


class Inbound:
    """The peer's numbering as seen here."""

    def __init__(self, rng: Random) -> None:
        self.generation: int | None = None
        self.lost = 0
        """Numbers that did not come in time, or were skipped for good."""
        self._rng = rng
        self._last = 0
        self._gaps: dict[int, _Gap] = {}
        self._resume = False
        self._ack_digit = rng.randrange(10)

    def judge(self, generation: int, seq: int, now_ns: int, *, is_status: bool) -> Verdict:
        """Classify a packet and note what it shows to be missing."""
        if self.generation is None or generation > self.generation:
            if not is_status:
                return Verdict.EARLY
            first = self.generation is None
            self._begin(generation, seq)
            return Verdict.NEW if first else Verdict.NEW_LIFE
        if generation < self.generation:
            return Verdict.REPLAY
        return self._judge_number(seq, now_ns)

    def is_past(self, generation: int | None, seq: int | None) -> bool:
        """Whether a packet of these numbers could only be judged a replay, whatever it says.

        Without a number it is unsequenced, and old when its whole life is.
        """
        if self.generation is None or generation is None:
            return False
        if generation != self.generation or seq is None:
            return generation < self.generation
        return seq <= self._last - REPLAY_WINDOW and seq not in self._gaps

    def is_known(self, generation: int | None, seq: int | None) -> bool:
        """Whether a packet of these numbers could only be judged a duplicate."""
        if seq is None or generation is None or generation != self.generation:
            return False
        return self._last - REPLAY_WINDOW < seq <= self._last and seq not in self._gaps

    def forget_gaps(self) -> None:
        """The peer is dead: what it says until it is heard again is not asked for."""
        self._gaps.clear()
        self._resume = True

    def forget_before(self, seq: int) -> None:
        """What is missing before this number comes too late from now on: it is not asked for."""
        self._gaps = {number: gap for number, gap in self._gaps.items() if number > seq}

    def fill(self, seq: int) -> bool:
        """The peer will not send this number again: it is lost for good. True when it was open."""
        return self._gaps.pop(seq, None) is not None

    def ack_due(self, seq: int) -> bool:
        """Whether this delivered number is to be acknowledged (section 4.4)."""
        return not self._gaps and seq % 10 == self._ack_digit

    def next_request_ns(self) -> int | None:
        """When the next missing number is to be requested."""
        return min((gap.request_at_ns for gap in self._gaps.values()), default=None)

    def take_requests(self, now_ns: int) -> list[int]:
        """The numbers to request now, lowest first. What has been asked for in vain is let go."""
        due = sorted(seq for seq, gap in self._gaps.items() if gap.request_at_ns <= now_ns)
        return [seq for seq in due if self._may_request(seq, now_ns)]

    def take_losses(self) -> list[int]:
        """The numbers that count as lost since last asked: every gap that is open by now."""
        fresh = sorted(seq for seq, gap in self._gaps.items() if not gap.counted)
        for seq in fresh:
            self._gaps[seq].counted = True
        self.lost += len(fresh)
        return fresh

    def _may_request(self, seq: int, now_ns: int) -> bool:
        gap = self._gaps[seq]
        if gap.requests == REQUESTS_MAX:
            del self._gaps[seq]
            return False
        gap.requests += 1
        gap.request_at_ns = now_ns + REQUEST_EVERY_NS
        return True

    def _begin(self, generation: int, seq: int) -> None:
        self.generation = generation
        self._last = seq
        self._gaps.clear()
        self._resume = False

    def _judge_number(self, seq: int, now_ns: int) -> Verdict:
        if seq > self._last:
            if not self._resume:
                self._note_gap(seq, now_ns)
            self._resume = False
            self._last = seq
            return Verdict.NEW
        if self._gaps.pop(seq, None) is not None:
            return Verdict.NEW
        return Verdict.REPLAY if seq <= self._last - REPLAY_WINDOW else Verdict.DUPLICATE

    def _note_gap(self, seq: int, now_ns: int) -> None:
        missing = seq - self._last - 1
        if missing + len(self._gaps) > GAP_MAX:
            self.lost += missing
            self._gaps.clear()
            return
        for number in range(self._last + 1, seq):
            wait_ms = self._rng.randint(*REQUEST_AFTER_MS)
            self._gaps[number] = _Gap(now_ns + wait_ms * MILLISECOND)
