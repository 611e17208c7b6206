"""Runs the real Compose v2 against one host's engine, with the project's own compose file."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_COMPLAINTS = ("Error response from daemon", "error while interpolating")
NODE_FILE = ROOT / "compose" / "node.yaml"
HARDENED_FILE = ROOT / "compose" / "hardened.yaml"


@cache
def compose_command() -> tuple[str, ...]:
    """Docker's own plugin where it is installed, else the one in this virtual environment."""
    if shutil.which("docker"):
        plugin = subprocess.run(("docker", "compose", "version"), capture_output=True, check=False)
        if plugin.returncode == 0:
            return ("docker", "compose")
    return (str(Path(sys.executable).parent / "docker-compose"),)


class Compose:
    """``docker compose -f FILE`` for one engine and one set of variables."""

    def __init__(
        self, engine_url: str, variables: dict[str, str], file: Path = NODE_FILE, *overrides: Path
    ) -> None:
        self.files = (file, *overrides)
        self.variables = variables
        # Nothing of the caller's own environment may fill the file's variables.
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._environment = {**kept, "DOCKER_HOST": engine_url}

    def __call__(self, *arguments: str) -> str:
        """What the command prints; an AssertionError with its complaint when it fails."""
        files = (word for file in self.files for word in ("--file", str(file)))
        command = (*compose_command(), *files, *arguments)
        done = subprocess.run(
            command,
            env={**self._environment, **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        # Compose 2.40 exits 0 even when the engine could not start a service's container, or when
        # `config` misses a variable.
        refused = any(words in done.stderr for words in _COMPLAINTS)
        if done.returncode or refused:
            raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout
