"""Puts the selected scenarios on the stage, and prints what was measured."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.interop.duo import Row
from tests.interop.plan import Plan
from tests.interop.real import DAEMON
from tests.interop.stage import Play, Stage

ROWS = pytest.StashKey[list[Row]]()
TOOLS = ("nft", "nsenter", "unshare", "arping")


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """All scenarios of this run, begun at once."""
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces")
    if not DAEMON.exists():
        pytest.skip("needs the real Heartbeat: apt-get install heartbeat")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {' '.join(missing)}")
    made = Stage()
    request.config.stash[ROWS] = made.rows
    for play, plan in _selected(request.session.items):
        made.begin(play, plan)
    yield made
    made.close()


def _selected(items: list[pytest.Item]) -> list[tuple[Play, Plan]]:
    """The scenarios of these tests, the long ones first."""
    found: list[tuple[bool, Play, Plan]] = []
    for item in items:
        mark = item.get_closest_marker("interop")
        if mark is not None and isinstance(item, pytest.Function) and "play" in mark.kwargs:
            plan = item.callspec.params["plan"]
            assert isinstance(plan, Plan)
            found.append((mark.kwargs["long"], mark.kwargs["play"], plan))
    found.sort(key=lambda one: not one[0])
    return [(play, plan) for _, play, plan in found]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was done, who served before and after, and how long the client missed its page."""
    rows = terminalreporter.config.stash.get(ROWS, [])
    if not rows:
        return
    terminalreporter.section("a sidecar and a real Heartbeat node")
    terminalreporter.write_line(f"{'outage':>9} {'at most':>9}  {'served by':<16} what")
    last = ""
    for row in sorted(rows, key=lambda row: row.scenario):
        if row.scenario != last:
            terminalreporter.write_line(f"{row.scenario}")
            last = row.scenario
        measured, limit = _ms(row.outage_ms), _ms(row.limit_ms)
        terminalreporter.write_line(f"{measured:>9} {limit:>9}  {row.way:<16} {row.what}")


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"
