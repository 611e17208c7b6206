"""The same alerts for Grafana's own alerting, as file provisioning reads them.

Grafana takes a number as its condition, where Prometheus takes a series that is there: so each
value that is found is raised to 0, which makes 1 of it, and B is true above 0. Nothing but
annotations may hold a dollar sign: in the other fields Grafana would put an environment variable in
its place. No contact points or policies: Grafana would replace the user's own by them.
Source: grafana.com, "Use configuration files to provision alerting resources".
"""

import re
from typing import Final

from tests.monitoring.alerts import ALERTS, Alert
from tests.monitoring.rules import HEAD, annotations, duration
from tests.monitoring.yaml import Yaml, dump

DATASOURCE: Final = "heartbeat-prometheus"
"""The uid that compose/monitoring gives to its Prometheus."""
RUNBOOK: Final = r'{{ reReplaceAll "/+\\z" "" externalURL }}/public/heartbeat/runbook.html'
"""Grafana serves it, too. Its own address may end in a slash or not."""
FOLDER: Final = "Heartbeat alerts"
_EVERY: Final = "10s"  # Grafana evaluates no faster
_LOOKBACK_S: Final = 600
_EXPRESSIONS: Final = "__expr__"
_ABOVE_0: Final[Yaml] = {
    "refId": "B",
    "relativeTimeRange": {"from": 0, "to": 0},
    "datasourceUid": _EXPRESSIONS,
    "model": {
        "refId": "B",
        "datasource": {"type": _EXPRESSIONS, "uid": _EXPRESSIONS},
        "type": "threshold",
        "expression": "A",
        "conditions": [{"evaluator": {"type": "gt", "params": [0]}}],
    },
}


def alerting_file() -> str:
    group: Yaml = {
        "orgId": 1,
        "name": "heartbeat",
        "folder": FOLDER,
        "interval": _EVERY,
        "rules": [rule(alert) for alert in ALERTS],
    }
    return HEAD + dump({"apiVersion": 1, "groups": [group]})


def rule(alert: Alert) -> Yaml:
    return {
        "uid": uid(alert),
        "title": alert.name,
        "condition": "B",
        "data": [
            _query(f"({alert.expr}) ^ 0"),
            _ABOVE_0,
        ],
        "noDataState": "OK",  # an expression that finds nothing says that all is well
        "execErrState": "Error",
        "for": duration(alert.for_s),
        "labels": {"severity": alert.severity},
        "annotations": annotations(alert, RUNBOOK),
        "isPaused": False,
    }


def uid(alert: Alert) -> str:
    """Grafana knows a rule by it for ever; at most 40 characters."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", alert.name).lower()


def _query(expr: str) -> Yaml:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": _LOOKBACK_S, "to": 0},
        "datasourceUid": DATASOURCE,
        "model": {"refId": "A", "expr": expr, "instant": True, "range": False},
    }
