"""What the pages show beyond the core's view, gathered beside the core and never asked by it."""

from collections.abc import Callable

from sidecar.core.cluster import Cluster
from sidecar.core.events import PacketReceived
from sidecar.core.occurrences import Occurrence
from sidecar.web.beyond import Beyond, Incidents, LinkGaps
from sidecar.web.gaps import Gaps
from sidecar.web.observed import Observed


class Shown:
    """Fed with what comes and what is told, in the loop's thread; read by the pages there too."""

    def __init__(self, cluster: Cluster, now_ns: Callable[[], int]) -> None:
        self._cluster = cluster
        self._now_ns = now_ns
        self._gaps = Gaps()
        self._incidents = Incidents(now_ns)
        self._observed = Observed()

    def report(self, occurrence: Occurrence) -> None:
        self._incidents.report(occurrence)
        self._observed.report(occurrence)

    def packet(self, event: PacketReceived) -> None:
        """After the core has judged it."""
        link = self._cluster.links.find(event.link)
        if link is not None:
            self._gaps.packet(
                event.link, event.data, received=link.received, heard_ns=link.heard_ns
            )

    def beyond(self) -> Beyond:
        cluster, takeover = self._cluster, self._cluster.takeover
        timing = cluster.params.timing
        return Beyond(
            keepalive_ns=timing.keepalive_ns,
            warntime_ns=timing.warntime_ns,
            peer_holds=tuple(
                group.name for group in takeover.groups.of(takeover.holdings.other.swapped)
            ),
            conflicts=self._incidents.conflicts(),
            refused=self._incidents.refused,
        )

    def observed(self) -> Observed:
        return self._observed

    def gaps(self) -> tuple[LinkGaps, ...]:
        links = tuple(state.link.name for state in self._cluster.links)
        return self._gaps.of(links, self._now_ns())
