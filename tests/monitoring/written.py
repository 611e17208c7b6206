"""The files that are written by this package, and what each of them should say."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tests.docs.pages import ROOT
from tests.monitoring.dashboards import dashboard_file
from tests.monitoring.grafana import alerting_file
from tests.monitoring.pair_dashboard import PAIR
from tests.monitoring.rules import rules_file
from tests.monitoring.runbook import runbook_file
from tests.monitoring.takeover_dashboard import TAKEOVER

FOLDER: Final = ROOT / "compose" / "monitoring"
WRITTEN: Final[Mapping[Path, Callable[[], str]]] = {
    FOLDER / "rules" / "heartbeat.yaml": rules_file,
    FOLDER / "grafana" / "provisioning" / "alerting" / "heartbeat.yaml": alerting_file,
    FOLDER / "runbook" / "runbook.html": runbook_file,
    FOLDER / "grafana" / "dashboards" / "pair.json": partial(dashboard_file, PAIR),
    FOLDER / "grafana" / "dashboards" / "takeover.json": partial(dashboard_file, TAKEOVER),
}
