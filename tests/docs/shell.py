"""A root shell on a host of the testbed, for the command lines that the pages show."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from tests.docs.pages import ROOT
from tests.testbed.compose import compose_command
from tests.testbed.host import DockerHost


class Shell:
    """One host's network, its engine and its name; ``scripts`` are commands of that host alone.

    The folder /etc/ha.d of each host is one of its own, and Compose is the one that is there.
    """

    def __init__(
        self, host: DockerHost, folder: Path, scripts: dict[str, str] | None = None
    ) -> None:
        self.host = host
        folder.mkdir()
        compose = shlex.join(compose_command())
        named = f"run --env SIDECAR_NODE={host.name}"
        docker = (
            f'case $1 in compose) shift; exec {compose} "$@";; run) shift; set -- {named} "$@";; '
            f'esac; exec {shutil.which("docker")} "$@"'
        )
        every = {"uname": f"echo {host.name}", "docker": docker, **(scripts or {})}
        for name, text in every.items():
            _script(folder / name, text)
        self._environment = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", "/root"),
            "DOCKER_HOST": host.engine.url,
            **{name: host.variables[name] for name in ("CONFIG_DIR", "NODE", "DOCKER_SOCKET")},
        }

    def run(self, command: str, *, check: bool = True) -> str:
        """What the command prints; an AssertionError with its complaint when it fails."""
        command = command.replace("/etc/ha.d:/etc/ha.d", f"{self.host.config}:/etc/ha.d")
        done = subprocess.run(
            ("nsenter", f"--net=/var/run/netns/{self.host.net.name}", "bash", "-ec", command),
            env=self._environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
