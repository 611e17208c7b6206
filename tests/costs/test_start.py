"""What is loaded before the first beat, and what at all."""

import json
import subprocess
import sys
from typing import Final

import pytest

MODULES_MAX: Final = 378
LATE: Final = (
    *("aiohttp", "docker", "prometheus_client", "pyroute2", "requests", "urllib3"),
    *("ctypes", "difflib", "fractions", "http.client", "email"),
)
"""The packages each take a good part of a start to load; the others are there for rare cases."""
LOADED: Final = """
import json, sys
import sidecar.cli, sidecar.commands.run, sidecar.daemon.run
print(json.dumps(sorted(sys.modules)))
"""
ALL_MAX: Final = 790
"""Each takes some 50 KiB of memory for ever."""
ALL_LOADED: Final = f"""
import sidecar.vip.lease, sidecar.service.engine, sidecar.service.probe
import sidecar.web.app, sidecar.web.control, sidecar.web.counters, sidecar.web.metrics
{LOADED}"""


def modules_of(program: str) -> list[str]:
    command = [sys.executable, "-c", program]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    return list(map(str, json.loads(shown.stdout)))


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    """The modules of a process that is about to run a node."""
    return modules_of(LOADED)


@pytest.mark.parametrize("package", LATE)
def test_a_package_that_no_beat_needs_is_loaded_later(loaded: list[str], package: str):
    assert package not in loaded


def test_no_more_modules_are_loaded_than_agreed(loaded: list[str]):
    assert "sidecar.core.cluster" in loaded
    assert len(loaded) <= MODULES_MAX


def test_no_more_modules_are_ever_loaded_than_agreed():
    """By a node with an address, a container with an HTTP check, and the status page."""
    ever = modules_of(ALL_LOADED)
    assert {"aiohttp", "docker", "prometheus_client"} <= set(ever)
    # The whole package is 190 modules: sidecar/vip/messages.py takes what it needs.
    assert "pyroute2" not in ever
    assert len(ever) <= ALL_MAX
