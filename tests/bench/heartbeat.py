"""The real Heartbeat 3, with the same three files and the same link; its own resource script."""

import shutil
import subprocess
from pathlib import Path

from sidecar.wire.codec import decode
from tests.bench.ground import Ground, Spawned
from tests.bench.sidecars import ha_cf
from tests.bench.system import QUICK, System, Timers, family, held_by
from tests.interop.node import run
from tests.interop.real import DAEMON, HERE, RUNNER, TOOLS
from tests.testbed.host import DockerHost
from tests.testbed.pair import AUTHKEYS, MASTER, VIP

STOPPED_S = 60
LIBEXEC = str(DAEMON.parent)
_HEADERS = 14 + 20 + 8


class Heartbeat(System):
    """Two nodes of the real Heartbeat, each in a box of its own."""

    name = "heartbeat"

    def __init__(
        self,
        ground: Ground,
        *,
        interval_ms: int = QUICK,
        addresses: tuple[str, ...] = (f"{VIP}/24/eth0",),
    ) -> None:
        super().__init__(ground)
        self._interval_ms = interval_ms
        self._addresses = addresses
        self._commands: list[Spawned] = []

    def timers(self) -> Timers:
        return Timers(interval_ms=self._interval_ms, dead_ms=3 * self._interval_ms)

    def start(self) -> None:
        for node in self.ground.nodes:
            self._configure(node)
        self.ground.pair.on_both(self._start)
        self.at_rest(self.ground.master)

    def stop(self) -> None:
        self._join()
        for node in self.ground.nodes:
            run((str(RUNNER), "kill", self._state(node)))
            node.net.ip("addr", "flush", "dev", "eth0")
            self.ground.boot_network(node)

    def unrest(self, holder: DockerHost) -> str:
        for node in self.ground.nodes:
            # Each has its own groups by this word, even where it has none: the kernel tells more.
            said = self._ask(node, "cl_status", "rscstatus")
            if said not in ("all", "local", "foreign", "none"):
                return f"{node.name} says {said!r}"
            if self._deadtime_told_by(node) != self.timers().dead_ms:
                return f"{node.name} still asks for a longer dead time, as it does after a start"
        return held_by(self.ground, holder)

    def _deadtime_told_by(self, node: DockerHost) -> float:
        """In the last beat that the other node has heard, in milliseconds."""
        heard = self.ground.beats[self.ground.other(node).name].last_ten()
        for frame in reversed(heard):
            message = decode(frame.data[_HEADERS:]).message
            if message.kind == "status":
                return float(message.hex_int("dt") or 0)
        return 0

    def processes(self, node: DockerHost) -> list[int]:
        """All in the box; the first one is the box's own."""
        return family(self._box(node))

    def daemons(self, node: DockerHost) -> list[int]:
        """Without the box's own shell."""
        return [pid for pid in self.processes(node) if _program(pid).startswith(LIBEXEC)]

    def prepare_move(self, _holder: DockerHost) -> None:
        self._join()

    def move(self, holder: DockerHost) -> None:
        self._command(holder, "exec", self._state(holder), str(TOOLS / "hb_standby"), "all")

    def prepare_stop(self, _node: DockerHost) -> None:
        self._join()

    def stop_cleanly(self, node: DockerHost) -> None:
        """As its init script does it."""
        self._command(node, "stop", self._state(node))

    def start_again(self, node: DockerHost) -> None:
        self._join()
        run((str(RUNNER), "kill", self._state(node)))
        self._start(node)

    def power_off(self, node: DockerHost) -> None:
        run((str(RUNNER), "kill", self._state(node)))
        for interface in node.cables:
            node.net.ip("addr", "flush", "dev", interface)

    def power_on(self, node: DockerHost) -> None:
        self.ground.boot_network(node)
        self._start(node)

    def _folder(self, node: DockerHost) -> Path:
        return self.ground.folder / f"heartbeat-{node.name}"

    def _state(self, node: DockerHost) -> str:
        return str(self._folder(node) / "state")

    def _box(self, node: DockerHost) -> int:
        return int((self._folder(node) / "state" / "init.pid").read_text().split()[0])

    def _configure(self, node: DockerHost) -> None:
        folder = self._folder(node)
        config = folder / "ha.d"
        shutil.rmtree(config, ignore_errors=True)
        config.mkdir(parents=True)
        log = folder / "state" / "log" / "ha-log"
        text = ha_cf(self._interval_ms, 2 * self._interval_ms, 3 * self._interval_ms)
        (config / "ha.cf").write_text(f"logfile {log}\n{text}")
        (config / "haresources").write_text(" ".join((MASTER, *self._addresses, "\n")))
        secret = config / "authkeys"
        secret.touch(mode=0o600)
        secret.write_text(AUTHKEYS)
        shutil.copytree(HERE / "resource.d", config / "resource.d")

    def _start(self, node: DockerHost) -> None:
        config = str(self._folder(node) / "ha.d")
        run((str(RUNNER), "start", node.name, node.net.name, config, self._state(node)))

    def _ask(self, node: DockerHost, *command: str) -> str:
        asked = (str(RUNNER), "exec", self._state(node), *command)
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=20)
        return done.stdout.strip()

    def _command(self, node: DockerHost, *arguments: str) -> None:
        """Begin it; it may take its time."""
        with (self._folder(node) / "commands").open("ab") as sink:
            self._commands.append(
                subprocess.Popen(
                    (str(RUNNER), *arguments), stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
                )
            )

    def _join(self) -> None:
        for command in self._commands:
            command.wait(STOPPED_S)
        self._commands.clear()


def _program(pid: int) -> str:
    """Nothing when it has just ended."""
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except OSError:
        return ""
