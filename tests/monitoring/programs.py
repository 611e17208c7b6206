"""The real programs that compose/monitoring.yaml runs, on a host of the tests, with its very files.

Prometheus, Alertmanager and the blackbox exporter run in one namespace; the names by which they
find each other in compose lead to that host. The files are those of compose/monitoring, and the
targets those that Compose makes of its variables; only the times are shortened, as a test cannot
wait for minutes.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import pytest

from tests.monitoring.written import FOLDER
from tests.netns import Host
from tests.testbed.compose import ROOT, Compose
from tests.testbed.http import Answer, get
from tests.testbed.waiting import wait_for

COMPOSE_FILE: Final = ROOT / "compose" / "monitoring.yaml"
PROMETHEUS_PORT: Final = 9090
ALERTMANAGER_PORT: Final = 9093
BLACKBOX_PORT: Final = 9115
WINDOW: Final = "6s"
"""What is looked back on, instead of minutes."""
_OK, _BAD_REQUEST = 200, 400
_NETNS_FILES: Final = Path("/etc/netns")
_SHORTER: Final = (
    ("prometheus.yaml", r"scrape_interval: 5s", r"scrape_interval: 1s"),
    ("prometheus.yaml", r"scrape_timeout: 3s", r"scrape_timeout: 1s"),
    ("prometheus.yaml", r"evaluation_interval: 5s", r"evaluation_interval: 1s"),
    ("blackbox.yaml", r"timeout: 2s", r"timeout: 800ms"),
    ("rules/heartbeat.yaml", r"for: '\w+'", r"for: '2s'"),
    ("rules/heartbeat.yaml", r"\[\d+m\]", f"[{WINDOW}]"),
)
"""File, what stands there, and what the tests put in its place."""


class Watching:
    """What the running programs say."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def query(self, expression: str) -> list[dict[str, Any]]:
        """An instant query of Prometheus; an AssertionError with its complaint when it fails."""
        answer = self._ask(PROMETHEUS_PORT, f"/api/v1/query?{urlencode({'query': expression})}")
        assert answer["status"] == "success", answer
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def page(self, url: str) -> str:
        """A page of Prometheus that an alert leads to."""
        parts = urlsplit(url)
        assert (parts.hostname, parts.port) == ("127.0.0.1", PROMETHEUS_PORT), url
        answer = get(self._host, parts.path, port=PROMETHEUS_PORT)
        assert answer is not None, url
        assert answer.status == _OK, url
        return answer.text

    def targets_up(self) -> bool:
        """Every target of every job has been reached at least once."""
        found = self._ask(PROMETHEUS_PORT, "/api/v1/targets")["data"]["activeTargets"]
        return len(found) == 3 and all(target["health"] == "up" for target in found)

    def firing(self) -> set[str]:
        """The names of the alerts that Alertmanager has now."""
        return {alert["labels"]["alertname"] for alert in self.alerts()}

    def alerts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask(ALERTMANAGER_PORT, "/api/v2/alerts")
        return found

    def await_alerts(self, *names: str, seconds: float = 15) -> None:
        wait_for(
            lambda: set(names) <= self.firing(),
            seconds=seconds,
            what=lambda: f"alerts {set(names) - self.firing()}; there are {self.firing()}",
        )

    def await_calm(self, *, seconds: float = 25) -> None:
        wait_for(lambda: not self.firing(), seconds=seconds, what=lambda: f"end of {self.firing()}")

    def _ask(self, port: int, path: str) -> Any:
        """JSON. Only while it starts does a program answer with something else than 200 or 400."""
        answer = wait_for(
            lambda: self._answer(port, path), seconds=15, what=f"an answer of port {port}"
        )
        return json.loads(answer.text)

    def _answer(self, port: int, path: str) -> Answer | None:
        answer = get(self._host, path, port=port)
        return answer if answer and answer.status in (_OK, _BAD_REQUEST) else None


@contextmanager
def watching(host: Host, folder: Path, variables: dict[str, str]) -> Iterator[Watching]:
    """All three programs at work, for the pair that the variables of the compose file name."""
    config = folder / "config"
    copied(config, variables)
    with ExitStack() as stack:
        stack.enter_context(_names(host))
        for name, arguments in _commands(config, folder).items():
            stack.enter_context(_running(host, name, arguments, folder / f"{name}.log"))
        made = Watching(host)
        wait_for(made.targets_up, seconds=20, what=_last_words(folder))
        yield made


def copied(config: Path, variables: dict[str, str]) -> None:
    """The files as the containers would have them, with the tests' times."""
    shutil.copytree(FOLDER, config)
    for name, pattern, replacement in _SHORTER:
        text, times = re.subn(pattern, replacement, (config / name).read_text())
        assert times, f"{name} has no {pattern}"
        (config / name).write_text(text)
    targets = config / "targets"
    targets.mkdir()
    for name, text in contents(variables).items():
        (targets / f"{name}.json").write_text(text)


def contents(variables: dict[str, str]) -> dict[str, str]:
    """The files that Compose writes by itself, by name."""
    understood = json.loads(
        Compose("unix:///nowhere.sock", variables, COMPOSE_FILE)("config", "--format", "json")
    )
    return {name: config["content"] for name, config in understood["configs"].items()}


def _commands(config: Path, folder: Path) -> dict[str, tuple[str, ...]]:
    listen = "--web.listen-address=127.0.0.1"
    return {
        "prometheus": (
            f"--config.file={config / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.external-url=http://127.0.0.1:{PROMETHEUS_PORT}",
            f"--web.user-assets={config / 'runbook'}",
            f"{listen}:{PROMETHEUS_PORT}",
        ),
        "prometheus-alertmanager": (
            f"--config.file={config / 'alertmanager.yaml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"{listen}:{ALERTMANAGER_PORT}",
            "--cluster.listen-address=",
        ),
        "prometheus-blackbox-exporter": (
            f"--config.file={config / 'blackbox.yaml'}",
            f"{listen}:{BLACKBOX_PORT}",
        ),
    }


def need_programs() -> None:
    for program in _commands(Path(), Path()):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt-get install {program}")


@contextmanager
def _names(host: Host) -> Iterator[None]:
    """`ip netns exec` gives its program this file in the place of /etc/hosts."""
    folder = _NETNS_FILES / host.name
    folder.mkdir(parents=True)
    try:
        (folder / "hosts").write_text("127.0.0.1 localhost alertmanager blackbox\n")
        yield
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(host: Host, name: str, arguments: tuple[str, ...], log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        command = ("ip", "netns", "exec", host.name, name, *arguments)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_words(folder: Path) -> Callable[[], str]:
    def said() -> str:
        logs = sorted(folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text()[-1500:]}" for log in logs)

    return said
