"""What happened, counted: fed with each occurrence, shown by ``/metrics``.

Series whose labels are known are present from the start with 0, because ``rate()`` sees no increase
in a series that begins at 1: those of a resource that a reload brings, too. One that it takes away
has none any more. Never reads the view but then, and never a clock.
"""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
)

from sidecar import VERSION
from sidecar.core.occurrences import (
    GIVE_UP_REASONS,
    TAKEOVER_PHASES,
    TAKEOVER_REASONS,
    AddressAnnounced,
    BeatHeard,
    ConfigurationReloaded,
    GiveUpBegan,
    Occurrence,
    ReloadFailed,
    ServiceFailed,
    TakeoverBegan,
    TakeoverPhase,
)
from sidecar.core.terms import SECOND
from sidecar.core.view import ClusterView
from sidecar.web.samples import addresses_of

# Around the usual keepalive (50 ms to 2 s) and deadtime (200 ms to 30 s).
_GAP_BUCKETS_S: Final = (
    *(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75),
    *(1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0),
)
# A netlink write takes 1 ms, an unpause 15 ms, a container's start some seconds.
_PHASE_BUCKETS_S: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
_LAG_BUCKETS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class Counters:
    """The driver calls ``report`` with each occurrence and ``loop_lag`` with each late timer."""

    def __init__(
        self,
        registry: CollectorRegistry,
        at_the_start: ClusterView,
        view: Callable[[], ClusterView],
    ) -> None:
        """``view`` is read when a reload is told, and not before."""
        self._view = view
        self._resources: frozenset[tuple[Counter, tuple[str, ...]]] = frozenset()
        # Of the whole process: the library has no switch for one registry.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        Info("heartbeat_build", "The version that runs.", registry=registry).info(
            {"version": VERSION}
        )
        self._gap = Histogram(
            "heartbeat_gap_seconds",
            "Silence between two beats of the node.",
            ["node"],
            buckets=_GAP_BUCKETS_S,
            registry=registry,
        )
        self._takeovers = Counter(
            "heartbeat_takeovers_total",
            "Takeovers begun by this node, by reason.",
            ["reason"],
            registry=registry,
        )
        self._giveups = Counter(
            "heartbeat_giveups_total",
            "Times that this node began to give up what it held, by reason.",
            ["reason"],
            registry=registry,
        )
        self._phase = Histogram(
            "heartbeat_takeover_phase_seconds",
            "Duration of each step of a takeover.",
            ["phase"],
            buckets=_PHASE_BUCKETS_S,
            registry=registry,
        )
        self._announcements = Counter(
            "heartbeat_address_announcements_total",
            "Bursts that told the neighbours where the address is, by kind (arp or na).",
            ["address", "kind"],
            registry=registry,
        )
        self._failures = Counter(
            "heartbeat_service_failures_total",
            "Times that the container failed while it had to serve: restarted, or handed over.",
            ["container"],
            registry=registry,
        )
        self._lag = Histogram(
            "heartbeat_loop_lag_seconds",
            "How much later than asked for the loop woke up.",
            buckets=_LAG_BUCKETS_S,
            registry=registry,
        )
        self._reloaded = Gauge(
            "heartbeat_config_reload_successful",
            "Whether the configuration was accepted when it was last read.",
            registry=registry,
        )
        # The sidecar does not start with a configuration that it refuses.
        self._reloaded.set(1)
        self._show_zeros(at_the_start)
        self._show_resources(at_the_start)

    def report(self, occurrence: Occurrence) -> None:
        match occurrence:
            case BeatHeard():
                self._gap.labels(occurrence.node).observe(occurrence.gap_ns / SECOND)
            case TakeoverBegan():
                self._takeovers.labels(occurrence.reason).inc()
            case GiveUpBegan():
                self._giveups.labels(occurrence.reason).inc()
            case TakeoverPhase():
                self._phase.labels(occurrence.phase).observe(occurrence.took_ns / SECOND)
            case AddressAnnounced():
                self._announcements.labels(occurrence.address, occurrence.kind).inc()
            case ServiceFailed():
                self._failures.labels(occurrence.container).inc()
            case ConfigurationReloaded():
                self._reloaded.set(1)
                self._show_resources(self._view())
            case ReloadFailed():
                self._reloaded.set(0)
            case _:
                pass  # The view carries it, or nobody counts it.

    def loop_lag(self, lag_ns: int) -> None:
        self._lag.observe(lag_ns / SECOND)

    def _show_zeros(self, view: ClusterView) -> None:
        """The library makes a series when its labels are first named."""
        self._gap.labels(view.peer)
        for reason in TAKEOVER_REASONS:
            self._takeovers.labels(reason)
        for reason in GIVE_UP_REASONS:
            self._giveups.labels(reason)
        for phase in TAKEOVER_PHASES:
            self._phase.labels(phase)

    def _show_resources(self, view: ClusterView) -> None:
        """Those that there are, and no others."""
        before, self._resources = self._resources, frozenset(self._resources_of(view))
        for counter, labels in before - self._resources:
            counter.remove(*labels)
        for counter, labels in self._resources:
            counter.labels(*labels)

    def _resources_of(self, view: ClusterView) -> Iterator[tuple[Counter, tuple[str, ...]]]:
        for address in addresses_of(view):
            kind = "na" if ":" in address.name else "arp"
            yield self._announcements, (address.name, kind)
        for group in view.groups:
            for container in group.containers:
                yield self._failures, (container.name,)
