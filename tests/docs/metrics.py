"""The table of metrics, out of a registry as the daemon fills it."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from sidecar.notify.counts import Counts
from sidecar.web.counters import Counters
from sidecar.web.metrics import register_view
from tests.builders import a_view
from tests.docs.markdown import code, table

_LISTED: Final = ("status", "state", "reason", "phase", "result")
"""Labels whose values are few and known."""


def families() -> list[Metric]:
    """Every family that a scrape shows, with at least one sample each."""
    registry = CollectorRegistry()
    view = a_view()
    register_view(registry, lambda: view)
    Counters(registry, view, lambda: view)
    Counts(registry, [lambda: 0])
    return sorted(registry.collect(), key=lambda family: family.name)


def shown_name(family: Metric) -> str:
    """As Prometheus stores it."""
    suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
    return family.name + suffix


def metrics() -> str:
    rows = (
        (code(shown_name(one)), one.type, _labels(one), one.documentation) for one in families()
    )
    return table(("metric", "type", "labels", "meaning"), rows)


def _labels(family: Metric) -> str:
    names: dict[str, list[str]] = {}
    for sample in family.samples:
        for name, value in sample.labels.items():
            if name != "le" and value not in names.setdefault(name, []):
                names[name].append(value)
    return "; ".join(_label(name, values) for name, values in names.items())


def _label(name: str, values: Iterable[str]) -> str:
    return f"{code(name)}: {', '.join(values)}" if name in _LISTED else code(name)
