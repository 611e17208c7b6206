"""Everything that can be used from outside is told in the pages."""

import re

import pytest
from prometheus_client import CollectorRegistry

from sidecar.config.directives import DIRECTIVES
from sidecar.config.options import OPTIONS
from sidecar.core import dialect
from sidecar.service import labels
from sidecar.web.app import application
from sidecar.web.document import status_document
from sidecar.web.hub import EventHub
from tests.builders import a_view
from tests.docs.commands import parsers
from tests.docs.metrics import families, shown_name
from tests.docs.pages import ROOT, all_text
from tests.web.serving import Stage

_PROMISED = (
    *("node", "peer", "version", "generation", "holding", "stable"),
    *("summary", "nodes", "groups", "ping", "ready", "reasons"),
)
_DIALECT = [value for value in vars(dialect).values() if str(value).startswith("hs_")]


def paths() -> list[str]:
    stage = Stage()
    hub = EventHub(wall_ns=lambda: 0)
    app = application(sources=stage.sources, hub=hub, registry=CollectorRegistry(), page="")
    return sorted({route.resource.canonical for route in app.router.routes() if route.resource})


@pytest.mark.parametrize("command", parsers())
def test_a_command_is_told(command: str):
    assert f"`sidecar {command}" in all_text()


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_an_option_is_told_with_its_variable(option):
    assert f"`{option.flag}" in all_text()
    assert f"`{option.environment}`" in all_text()


@pytest.mark.parametrize("path", paths())
def test_a_path_is_told(path: str):
    assert f"\n| `{path}` |" in (ROOT / "README.md").read_text()


def test_every_path_that_is_told_exists():
    told = re.findall(r"^\| `(/[a-z/]*)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(told) == paths()


@pytest.mark.parametrize("family", families(), ids=shown_name)
def test_a_metric_is_told(family):
    assert f"| `{shown_name(family)}` |" in (ROOT / "docs" / "metrics.md").read_text()


def test_every_metric_that_is_named_exists():
    known = {shown_name(family) for family in families()}
    known |= {f"{name}_bucket" for name in known}
    named = set(re.findall(r"\bheartbeat_[a-z_]+", all_text()))
    assert named - known == set()


@pytest.mark.parametrize("label", labels._KNOWN)
def test_a_label_is_told_with_its_default(label: str):
    rows = dict(_label_rows())
    assert label in rows
    default = labels.ContainerSettings()
    expected = {
        labels.STANDBY: default.standby.value,
        labels.INTERVAL: f"{default.interval_ns // 10**9}s",
        labels.TIMEOUT: f"{default.timeout_ns // 10**9}s",
        labels.FAILURES: str(default.failures),
        labels.RESTARTS: str(default.restarts),
    }
    if label in expected:
        assert rows[label] == f"`{expected[label]}`"


def test_every_label_that_is_told_is_read():
    told = set(re.findall(r"\bsidecar\.[a-z.]*[a-z]", all_text())) - {"sidecar.wire", "sidecar.cli"}
    assert told == set(labels._KNOWN)


@pytest.mark.parametrize("directive", DIRECTIVES, ids=lambda directive: directive.name)
def test_a_directive_is_told(directive):
    for page in ("README.md", "docs/configuration.md"):
        text = (ROOT / page).read_text()
        assert re.search(rf"^\| `{directive.name}[ `]", text, re.MULTILINE), page


@pytest.mark.parametrize("field", _DIALECT)
def test_a_field_that_sidecars_add_is_told(field: str):
    assert f"| `{field}` |" in (ROOT / "docs" / "how-it-works.md").read_text()


@pytest.mark.parametrize("key", _PROMISED)
def test_a_key_of_the_status_is_told(key: str):
    assert key in status_document(a_view())
    assert re.search(rf"^\|.*`{key}`", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "variable", re.findall(r"\$\{(\w+)", (ROOT / "compose" / "node.yaml").read_text())
)
def test_a_compose_variable_is_told(variable: str):
    assert f"`{variable}`" in (ROOT / "docs" / "configuration.md").read_text()


def _label_rows() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "configuration.md").read_text()
    return re.findall(r"^\| `(sidecar\.[a-z.]+)` \| ([^|]*) \|", text, re.MULTILINE)
