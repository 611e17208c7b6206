"""Prometheus' own tool: the rules are right, and each alert fires when it should and only then."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.markdown import anchors
from tests.docs.metrics import families, shown_name
from tests.docs.pages import ROOT, name_of
from tests.monitoring import test_live
from tests.monitoring.alerts import ALERTS, EVERY_S, Alert
from tests.monitoring.cases import CASES, played_file
from tests.monitoring.written import FOLDER, WRITTEN

RULES = FOLDER / "rules" / "heartbeat.yaml"
_COUNTS = re.compile(r"increase\(")
_OF_OTHERS = {"up", "probe_success"}
"""Metrics of Prometheus itself and of the blackbox exporter."""

each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)


def promtool(*arguments: str) -> str:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    done = subprocess.run((program, *arguments), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_no_file_is_stale(path: Path):
    assert path.read_text() == WRITTEN[path](), "run: python -m tests.monitoring --write"


def test_prometheus_reads_every_rule():
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", str(RULES))


@pytest.mark.timeout(400)  # ten seconds of one core; a loaded machine has less to give
def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path):
    (tmp_path / "tests.yaml").write_text(played_file(str(RULES)))
    assert "SUCCESS" in promtool("test", "rules", str(tmp_path / "tests.yaml"))


def test_a_case_that_expects_the_wrong_alert_is_refused(tmp_path: Path):
    """The tool really judges: the same cases do not pass with a rule that is another one."""
    two = [case for case in CASES if case.fires == "HeartbeatTwoHold"]
    rules = RULES.read_text()
    (tmp_path / "rules.yaml").write_text(
        rules.replace("(heartbeat_address_held) > 1", "(heartbeat_address_held) > 2")
    )
    (tmp_path / "tests.yaml").write_text(played_file(str(tmp_path / "rules.yaml"), two))
    with pytest.raises(AssertionError, match=r"HeartbeatTwoHold"):
        promtool("test", "rules", str(tmp_path / "tests.yaml"))


@each_alert
def test_an_alert_has_a_case_in_which_it_fires(alert: Alert):
    assert any(case.fires == alert.name for case in CASES)


@each_alert
def test_an_alert_comes_from_a_real_fault_as_well(alert: Alert):
    assert f'"{alert.name}"' in Path(test_live.__file__).read_text()


@each_alert
def test_an_alert_asks_only_for_metrics_that_exist(alert: Alert):
    known = {name for one in families() for name in _names(shown_name(one), one.type)}
    asked = set(re.findall(r"\b((?:heartbeat|probe)_\w+|up)(?=\{|\)|\[| )", alert.expr))
    assert asked
    assert asked - known - _OF_OTHERS == set()


def _names(name: str, kind: str) -> list[str]:
    return (
        [f"{name}_{part}" for part in ("bucket", "count", "sum")] if kind == "histogram" else [name]
    )


@each_alert
def test_an_alert_waits_for_two_scrapes_unless_it_counts_or_is_a_word_of_the_node(alert: Alert):
    sums_nodes = "sum by" in alert.expr and not _COUNTS.search(alert.expr)
    assert alert.for_s >= 2 * EVERY_S or not sums_nodes


def test_what_silences_an_alert_fires_no_later_than_it():
    waits_s = {alert.name: alert.for_s for alert in ALERTS}
    text = (FOLDER / "alertmanager.yaml").read_text()
    rules = re.findall(
        r"source_matchers: \['alertname = \"(\w+)\"'\]\n"
        r" *target_matchers: \['alertname =~? \"([\w|]+)\"'\]",
        text,
    )
    assert len(rules) == text.count("source_matchers")
    for source, targets in rules:
        for target in targets.split("|"):
            assert waits_s[source] <= waits_s[target], f"{source} comes after {target}"


@each_alert
def test_an_alert_says_what_it_is_about(alert: Alert):
    assert alert.summary
    assert alert.description.endswith(".")


def test_each_alert_has_its_section_of_the_runbook_in_the_same_order():
    text = (ROOT / "docs" / "runbook.md").read_text()
    sections = re.findall(r"^### (Heartbeat\w+)$", text, re.MULTILINE)
    assert sections == [alert.name for alert in ALERTS]
    assert {alert.anchor for alert in ALERTS} <= anchors(text)


@each_alert
def test_a_section_tells_meaning_impact_looks_and_deeds(alert: Alert):
    text = (ROOT / "docs" / "runbook.md").read_text()
    section = text.split(f"### {alert.name}\n", 1)[1].split("\n##", 1)[0]
    for head in ("Meaning", "Impact", "Look at", "Do"):
        assert re.search(rf"^- \*\*{head}\*\*: \S", section, re.MULTILINE), head
