"""The files for Grafana against the types that Grafana publishes, and all YAML by another reader.

``just grafana`` runs this in an environment of its own: Grafana's package is large and says nothing
about the sidecar. Each file is read into the types and written out again; what does not come back
as it went in is no field of theirs. Exit status 1 when there is any.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any, Final

import yaml
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.alerting import Rule
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.docs.pages import ROOT
from tests.monitoring import grafana, rules
from tests.monitoring.alerts import ALERTS
from tests.monitoring.written import FOLDER

_NOT_TYPED: Final = (
    ".annotations.list[0].step",
    ".annotations.list[0].titleFormat",
    ".annotations.list[0].textFormat",
    ".templating.list[1].definition",
)
"""Fields of the Prometheus data source, which the package leaves to it."""


def main() -> int:
    plugins.register_default_plugins()
    complaints = [*_dashboards(), *_alerts(), *_written_yaml()]
    for complaint in complaints:
        print(complaint)
    print("something is wrong" if complaints else "all files are as Grafana's types have them")
    return 1 if complaints else 0


def _dashboards() -> Iterator[str]:
    for path in sorted((FOLDER / "grafana" / "dashboards").glob("*.json")):
        ours = json.loads(path.read_text())
        for where in _differences(ours, _again(Dashboard, ours)):
            if where not in _NOT_TYPED:
                yield f"{path.relative_to(ROOT)}: {where} is no field of the type"


def _alerts() -> Iterator[str]:
    path = FOLDER / "grafana" / "provisioning" / "alerting" / "heartbeat.yaml"
    for group in yaml.safe_load(path.read_text())["groups"]:
        for rule in group["rules"]:
            for where in _differences(rule, _again(Rule, rule)):
                yield f"{path.relative_to(ROOT)}: {rule['title']}: {where} is no field of the type"


def _written_yaml() -> Iterator[str]:
    """Whether what we wrote means to another reader what we meant."""
    for name, meant in (
        ("rules/heartbeat.yaml", [rules.rule(alert) for alert in ALERTS]),
        (
            "grafana/provisioning/alerting/heartbeat.yaml",
            [grafana.rule(alert) for alert in ALERTS],
        ),
    ):
        (group,) = yaml.safe_load((FOLDER / name).read_text())["groups"]
        if group["rules"] != meant:
            yield f"{name}: reads otherwise than it was meant"
    for path in sorted(FOLDER.glob("**/*.yaml")):
        if not isinstance(yaml.safe_load(path.read_text()), dict):
            yield f"{path.relative_to(ROOT)}: is no mapping"


def _again(kind: Any, ours: dict[str, Any]) -> Any:
    return json.loads(JSONEncoder().encode(kind.from_json(ours)))


def _differences(ours: Any, theirs: Any, where: str = "") -> Iterator[str]:
    """Where something of ours is missing in theirs, or another value; what they add is theirs."""
    match ours, theirs:
        case dict(), dict():
            for key, value in ours.items():
                if key in theirs:
                    yield from _differences(value, theirs[key], f"{where}.{key}")
                else:
                    yield f"{where}.{key}"
        case list(), list() if len(ours) == len(theirs):
            for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                yield from _differences(one, other, f"{where}[{place}]")
        case _ if ours != theirs:
            yield where


if __name__ == "__main__":
    sys.exit(main())
