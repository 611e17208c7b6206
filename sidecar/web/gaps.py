"""The last silences between two beats of the peer, by link: for the status page's curves.

Fed with each packet, so it does next to nothing: two look-ups, and an append to a ring of fixed
length. Only what the core accepted counts, and only status messages are beats.
"""

from collections import deque
from typing import Final

from sidecar.core.terms import MILLISECOND
from sidecar.core.view import ClusterView
from sidecar.web.beyond import Beyond, LinkGaps
from sidecar.web.distribution import Distribution
from sidecar.web.document import Document

KEPT: Final = 120
_BEAT: Final = b"t=status"
"""In plain sight in both forms of a packet; what is compressed is no beat of ours."""


class _Ring:
    __slots__ = ("all_gaps", "gaps_ns", "heard_ns", "received")

    def __init__(self) -> None:
        self.received = 0
        self.heard_ns: int | None = None
        self.gaps_ns: deque[int] = deque(maxlen=KEPT)
        self.all_gaps = Distribution()

    def beat(self, at_ns: int) -> None:
        if self.heard_ns is not None:
            self.gaps_ns.append(at_ns - self.heard_ns)
            self.all_gaps.add(at_ns - self.heard_ns)
        self.heard_ns = at_ns


class Gaps:
    """One ring for each link that a beat ever came by. Times are of the core's clock."""

    def __init__(self) -> None:
        self._rings: dict[str, _Ring] = {}

    def packet(self, link: str, data: bytes, *, received: int, heard_ns: int | None) -> None:
        """A packet came by the link; the core has accepted so many there, the last one then."""
        ring = self._rings.get(link)
        if ring is None:
            ring = self._rings[link] = _Ring()
        if received == ring.received or heard_ns is None:
            return  # it was refused
        ring.received = received
        if _BEAT in data:
            ring.beat(heard_ns)

    def of(self, links: tuple[str, ...], now_ns: int) -> tuple[LinkGaps, ...]:
        """In the order of the links; one that nothing came by has no gaps."""
        return tuple(self._link(link, now_ns) for link in links)

    def _link(self, link: str, now_ns: int) -> LinkGaps:
        ring = self._rings.get(link)
        if ring is None or ring.heard_ns is None:
            return LinkGaps(link=link, gaps_ns=(), silence_ns=None)
        return LinkGaps(
            link=link,
            gaps_ns=tuple(ring.gaps_ns),
            silence_ns=now_ns - ring.heard_ns,
            since_start=ring.all_gaps.summary(),
        )


def gaps_document(view: ClusterView, beyond: Beyond, gaps: tuple[LinkGaps, ...]) -> Document:
    """``/api/gaps``: in milliseconds, the oldest gap first, and the limits they are held to."""
    return {
        "node": view.node,
        "warntime_ms": _ms(beyond.warntime_ns),
        "deadtime_ms": _ms(view.deadtime_ns),
        "links": [
            {
                "node": view.peer,
                "link": one.link,
                "silence_ms": None if one.silence_ns is None else _ms(one.silence_ns),
                "gaps_ms": [_ms(gap_ns) for gap_ns in one.gaps_ns],
            }
            for one in gaps
        ],
    }


def _ms(ns: int) -> float:
    """To a tenth: a curve shows no more."""
    return round(ns / MILLISECOND, 1)
