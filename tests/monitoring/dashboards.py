"""The dashboards as Grafana reads them (its classic JSON model, schema version 41).

Nothing names a data source or an instance: both are variables at the top of the dashboard.
"""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from tests.monitoring.panels import Dashboard, Panel, Words

SCHEMA_VERSION: Final = 41
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS: Final = 24
_HEIGHTS: Final = {"stat": 5, "table": 7, "timeseries": 8, "state-timeline": 7}

Json = dict[str, Any]


def dashboard_file(dashboard: Dashboard) -> str:
    return json.dumps(_dashboard(dashboard), indent=2) + "\n"


def _dashboard(dashboard: Dashboard) -> Json:
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": ["heartbeat"],
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "timezone": "browser",
        "refresh": "10s",
        "time": {"from": dashboard.since, "to": "now"},
        "annotations": {"list": [_takeovers()]},
        "links": [
            {
                "type": "dashboards",
                "title": "Heartbeat",
                "tags": ["heartbeat"],
                "asDropdown": False,
                "includeVars": True,
                "keepTime": True,
                "targetBlank": False,
                "icon": "external link",
                "tooltip": "",
            }
        ],
        "templating": {"list": [_data_source(), _cluster()]},
        "panels": list(_panels(dashboard)),
    }


def _data_source() -> Json:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
        "hide": 0,
    }


def _cluster() -> Json:
    query = "label_values(heartbeat_ready, cluster)"
    return {
        "name": "cluster",
        "label": "Pair",
        "type": "query",
        "datasource": _SOURCE,
        "definition": query,
        "query": {"query": query, "refId": "clusters"},
        "refresh": 2,
        "sort": 1,
        "includeAll": True,
        "multi": False,
        "allValue": ".*",
        "hide": 0,
    }


def _takeovers() -> Json:
    """A mark in every panel where something moved."""
    moved = 'increase(heartbeat_takeovers_total{cluster=~"$cluster",reason!="start"}[30s]) > 0'
    return {
        "name": "Takeovers",
        "datasource": _SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "orange",
        "expr": moved,
        "step": "15s",
        "titleFormat": "{{instance}} took over",
        "textFormat": "{{reason}}",
    }


def _panels(dashboard: Dashboard) -> Iterator[Json]:
    numbers = count(1)
    y = 0
    for title, panels in dashboard.rows:
        yield _row(title, next(numbers), y)
        y += 1
        x = height = 0
        for panel in panels:
            if x + panel.width > _COLUMNS:
                x, y, height = 0, y + height, 0
            yield _panel(panel, next(numbers), x, y)
            x += panel.width
            height = max(height, _HEIGHTS[panel.kind])
        y += height


def _row(title: str, number: int, y: int) -> Json:
    place = {"h": 1, "w": _COLUMNS, "x": 0, "y": y}
    return {
        "id": number,
        "type": "row",
        "title": title,
        "collapsed": False,
        "gridPos": place,
        "panels": [],
    }


def _panel(panel: Panel, number: int, x: int, y: int) -> Json:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "gridPos": {"h": _HEIGHTS[panel.kind], "w": panel.width, "x": x, "y": y},
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "mappings": _mappings(panel.words),
                "color": {"mode": "thresholds" if panel.words else "palette-classic"},
                "thresholds": {"mode": "absolute", "steps": [{"value": None, "color": "text"}]},
                "noValue": "-",
            },
            "overrides": [],
        },
        "options": _OPTIONS[panel.kind],
        "targets": [
            _target(panel, expr, legend, chr(ord("A") + place))
            for place, (expr, legend) in enumerate(panel.queries)
        ],
    }


def _mappings(words: Words) -> list[Json]:
    if not words:
        return []
    options = {
        str(number): {"text": text, "color": colour, "index": index}
        for index, (number, text, colour) in enumerate(words)
    }
    return [{"type": "value", "options": options}]


def _target(panel: Panel, expr: str, legend: str, ref: str) -> Json:
    instant = panel.kind in ("stat", "table")
    return {
        "refId": ref,
        "datasource": _SOURCE,
        "editorMode": "code",
        "expr": expr,
        "legendFormat": legend,
        "instant": instant,
        "range": not instant,
        "format": "table" if panel.kind == "table" else "time_series",
    }


_LEGEND: Final = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
_OPTIONS: Final[dict[str, Json]] = {
    "stat": {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "value_and_name",
        "colorMode": "background",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
    },
    "timeseries": {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}},
    "state-timeline": {
        "showValue": "never",
        "rowHeight": 0.8,
        "mergeValues": True,
        "alignValue": "left",
        "legend": _LEGEND,
        "tooltip": {"mode": "single", "sort": "none"},
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
}
