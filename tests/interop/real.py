"""The real Heartbeat 3.0.6 daemon as a node, boxed in by real-heartbeat.sh."""

import shutil
from pathlib import Path

from tests.interop.node import Node, run
from tests.interop.plan import REAL, Plan
from tests.netns import Host

HERE = Path(__file__).parent
RUNNER = HERE / "real-heartbeat.sh"
DAEMON = Path("/usr/libexec/heartbeat/heartbeat")
TOOLS = Path("/usr/share/heartbeat")


class RealNode(Node):
    """A real node. What it writes stays in its state folder, over restarts too."""

    def __init__(self, plan: Plan, net: Host, folder: Path, tty: Path | None = None) -> None:
        super().__init__(REAL, net, folder)
        self.log = folder / "state" / "log" / "ha-log"
        self._config = folder / "ha.d"
        debug = self.log.with_name("ha-debug")
        plan.write(self._config, REAL, f"logfile {self.log}", f"debugfile {debug}", tty=tty)
        shutil.copytree(HERE / "resource.d", self._config / "resource.d")

    def start(self) -> None:
        self._run("start", REAL, self.net.name, str(self._config), self._state)

    def stop(self) -> None:
        self._run("stop", self._state)

    def freeze(self) -> None:
        """It does not watch the network: there is nothing that it could see."""

    def kill(self) -> None:
        self._run("kill", self._state)

    def standby(self, which: str) -> None:
        self._run("exec", self._state, str(TOOLS / "hb_standby"), which)

    def takeover(self, which: str) -> None:
        self._run("exec", self._state, str(TOOLS / "hb_takeover"), which)

    @property
    def _state(self) -> str:
        return str(self.folder / "state")

    def _run(self, *arguments: str) -> None:
        run((str(RUNNER), *arguments))
