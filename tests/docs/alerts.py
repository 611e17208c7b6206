"""The table of alerts, out of the one list of them."""

from tests.docs.markdown import code, table
from tests.monitoring.alerts import ALERTS, Alert
from tests.monitoring.rules import duration


def alerts() -> str:
    return table(("alert", "severity", "when", "for"), (_row(alert) for alert in ALERTS))


def _row(alert: Alert) -> tuple[str, ...]:
    link = f"[{alert.name}](runbook.md#{alert.anchor})"
    return link, alert.severity, code(alert.expr), duration(alert.for_s) if alert.for_s else ""
