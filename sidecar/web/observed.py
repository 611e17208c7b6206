"""How regularly the peer was heard since the start: what `sidecar tune` recommends timers from.

Fed with each occurrence, so it counts and does no more. What is counted is the silence before each
beat, by whichever link it came first: that is what warntime and deadtime are compared with. The
silence of a node that was held for dead is not among them, but that it returned is.
"""

from sidecar.core.occurrences import BeatHeard, NodeReturned, Occurrence
from sidecar.core.record import milliseconds
from sidecar.core.terms import SECOND
from sidecar.core.view import ClusterView
from sidecar.web.beyond import Beyond, LinkGaps
from sidecar.web.distribution import Distribution, Summary
from sidecar.web.document import Document


class Observed:
    def __init__(self) -> None:
        self.returned = 0
        """How often the peer was held for dead and had only not been heard."""
        self._gaps = Distribution()

    def report(self, occurrence: Occurrence) -> None:
        if isinstance(occurrence, BeatHeard):
            self._gaps.add(occurrence.gap_ns)
        elif isinstance(occurrence, NodeReturned) and not occurrence.restarted:
            self.returned += 1

    def summary(self) -> Summary:
        return self._gaps.summary()


def observed_document(
    view: ClusterView, beyond: Beyond, observed: Observed, gaps: tuple[LinkGaps, ...]
) -> Document:
    """In milliseconds; ``observed_s`` is the time in which beats followed each other."""
    peer, total = view.nodes[1], observed.summary()
    return {
        "node": view.node,
        "peer": peer.name,
        "observed_s": total.total_ns // SECOND,
        "keepalive_ms": milliseconds(beyond.keepalive_ns),
        "warntime_ms": milliseconds(beyond.warntime_ns),
        "deadtime_ms": milliseconds(view.deadtime_ns),
        "late": peer.late,
        "returned": observed.returned,
        "all": _summary(total),
        "links": [{"link": one.link} | _summary(one.since_start) for one in gaps],
    }


def _summary(summary: Summary) -> Document:
    return {
        "beats": summary.count,
        "median_ms": milliseconds(summary.median_ns),
        "p99_ms": milliseconds(summary.p99_ns),
        "largest_ms": milliseconds(summary.largest_ns),
    }
