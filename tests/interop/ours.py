"""The sidecar as a node: the same command that the image runs, on a host without containers."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.interop.halog import repeated
from tests.interop.node import Node, end, run
from tests.interop.plan import OURS, Plan
from tests.netns import Host
from tests.testbed.http import get

HTTP_PORT = 9694
COMMAND = (sys.executable, "-m", "sidecar.cli")


class OurNode(Node):
    """A sidecar. Its state folder stays over restarts."""

    def __init__(self, plan: Plan, net: Host, folder: Path, tty: Path | None = None) -> None:
        super().__init__(OURS, net, folder)
        self.log = folder / "log"
        self._config = folder / "ha.d"
        plan.write(self._config, OURS, tty=tty)
        self._control = folder / "control.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = self.spawn(
            *COMMAND,
            "run",
            *("--config-dir", str(self._config), "--node", OURS),
            *("--control", str(self._control), "--state-dir", str(self.folder / "state")),
            *("--docker", f"unix://{self.folder}/no-engine.sock"),
            output=self.log,
            environment={"PATH": os.environ["PATH"]},
        )

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        status = self._process.wait(30)
        self._process = None
        assert status == 0, f"a clean stop ended with status {status}"

    def freeze(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None

    def standby(self, which: str) -> None:
        self._ask("standby", which)

    def takeover(self, which: str) -> None:
        self._ask("takeover", which)

    def status(self) -> dict[str, Any]:
        """/api/status; nothing while it does not answer."""
        answer = get(self.net, "/api/status", port=HTTP_PORT)
        return json.loads(answer.text) if answer and answer.status == 200 else {}

    def peer(self) -> dict[str, Any]:
        """What it thinks of the other node."""
        nodes = self.status().get("nodes", [])
        return next((node for node in nodes if not node["local"]), {})

    def links(self) -> dict[str, str]:
        """The links to the other node: up or dead, by their media."""
        return {link["medium"]: link["status"] for link in self.peer().get("links", [])}

    def floods(self) -> list[str]:
        """What it has logged again and again."""
        lines = self.log.read_text(errors="replace").splitlines()
        return repeated(line.partition(" ")[2] for line in lines)

    def _ask(self, command: str, which: str) -> None:
        run((*COMMAND, command, which, "--control", str(self._control)))
