"""What is loaded before the first beat."""

import json
import subprocess
import sys
from typing import Final

import pytest

MODULES_MAX: Final = 370
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


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    """The modules of a process that is about to run a node."""
    command = [sys.executable, "-c", LOADED]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    return list(map(str, json.loads(shown.stdout)))


@pytest.mark.parametrize("package", LATE)
def test_a_package_that_no_beat_needs_is_loaded_later(loaded: list[str], package: str):
    assert package not in loaded


def test_no_more_modules_are_loaded_than_agreed(loaded: list[str]):
    assert "sidecar.core.cluster" in loaded
    assert len(loaded) <= MODULES_MAX
