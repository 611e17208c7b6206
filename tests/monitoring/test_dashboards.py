"""The dashboards are complete, name nothing that is only here, and show each thing once."""

import json
import re
from typing import Any

import pytest

from tests.docs.metrics import families, shown_name
from tests.monitoring.written import FOLDER

DASHBOARDS = sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))
_VARIABLES = {"$cluster", "$datasource", "$__rate_interval", "$__range"}
_OF_OTHERS = {"probe_success", "probe_duration_seconds"}
_NOT_SHOWN = {
    "heartbeat_group_held",  # the addresses and containers of a group say more
    "heartbeat_stable",  # passes within milliseconds
    "heartbeat_config_reload_successful",  # an alert
    "heartbeat_link_heard_by_peer",  # the other node's heartbeat_link_up, which is shown
    "heartbeat_address_unseen",  # an alert
    "heartbeat_notifications_total",  # of no use beside what the alerts themselves tell
    "heartbeat_notifications_waiting",  # the same
}


def read(name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((FOLDER / "grafana" / "dashboards" / name).read_text())
    return made


def queries(dashboard: dict[str, Any]) -> list[str]:
    """Every expression that is asked, of panels and marks."""
    return panel_queries(dashboard) + [mark["expr"] for mark in dashboard["annotations"]["list"]]


def panel_queries(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


each_dashboard = pytest.mark.parametrize(
    "dashboard", [read(path.name) for path in DASHBOARDS], ids=lambda one: one["uid"]
)


def test_each_has_an_identity_of_its_own():
    identities = [read(path.name)["uid"] for path in DASHBOARDS]
    assert identities == ["heartbeat-pair", "heartbeat-takeover"]


@each_dashboard
def test_panels_have_numbers_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]):
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        columns, lines = range(place["w"]), range(place["h"])
        cells = {(place["x"] + column, place["y"] + line) for column in columns for line in lines}
        assert not taken & cells, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


@each_dashboard
def test_no_data_source_and_no_host_is_named(dashboard: dict[str, Any]):
    sources = re.findall(r'"type": "prometheus", "uid": "([^"]*)"', json.dumps(dashboard))
    assert set(sources) == {"${datasource}"}
    for query in queries(dashboard):
        assert "instance=" not in query
        assert 'cluster=~"$cluster"' in query
        assert set(re.findall(r"\$\w+", query)) <= _VARIABLES


@each_dashboard
def test_only_what_is_exported_is_asked_for(dashboard: dict[str, Any]):
    known = {shown_name(one) for one in families()} | _OF_OTHERS
    for query in queries(dashboard):
        asked = re.findall(r"\b(\w+)\{", query)
        assert asked, query
        assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked} <= known


def test_every_metric_is_shown_or_has_a_reason_not_to_be():
    text = "".join(path.read_text() for path in DASHBOARDS)
    hidden = {shown_name(one) for one in families() if shown_name(one) not in text}
    assert hidden == _NOT_SHOWN
