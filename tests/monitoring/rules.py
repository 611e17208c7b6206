"""The alerts as Prometheus' rules (prometheus.io, "Alerting rules")."""

from typing import Final

from tests.monitoring.alerts import ALERTS, Alert
from tests.monitoring.yaml import Yaml, dump

HEAD = """\
# Written by `python -m tests.monitoring --write`, out of tests/monitoring/alerts.py.
# What each alert means and what to do: docs/runbook.md.
"""


RUNBOOK: Final = "{{ $externalURL }}/user/runbook.html"
"""Prometheus itself serves it, at the address by which people reach Prometheus."""


def rules_file() -> str:
    rules = [rule(alert) for alert in ALERTS]
    return HEAD + dump({"groups": [{"name": "heartbeat", "rules": rules}]})


def rule(alert: Alert) -> Yaml:
    waits = {"for": duration(alert.for_s)} if alert.for_s else {}
    return {
        "alert": alert.name,
        "expr": alert.expr,
        **waits,
        "labels": {"severity": alert.severity},
        "annotations": annotations(alert, RUNBOOK),
    }


def annotations(alert: Alert, runbook: str) -> dict[str, str]:
    return {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{runbook}#{alert.anchor}",
    }


def duration(seconds: int) -> str:
    """As both programs write it, in the largest unit that fits."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
