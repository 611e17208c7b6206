"""A host as its administrator knows it: networks, a Docker engine, three files and `compose up`."""

import json
import shutil
import signal
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.netns import Host
from tests.testbed.compose import NODE_FILE, Compose
from tests.testbed.engine import HostEngine
from tests.testbed.http import Answer, get
from tests.testbed.network import Cable

HTTP_PORT = 9694


class DockerHost:
    """One node. ``net`` is its namespace, ``cables`` its plugs by interface name."""

    def __init__(self, name: str, net: Host, folder: Path, page: str) -> None:
        self.name = name
        self.net = net
        self.page = page
        self.cables: dict[str, Cable] = {}
        self.config = folder / "ha.d"
        self.compose_file = NODE_FILE
        self._override = folder / "override.yaml"
        self.engine = HostEngine(net, folder / "docker")
        self.variables = {
            "CONFIG_DIR": str(self.config),
            "NODE": name,
            "PAGE": page,
            "DOCKER_SOCKET": str(self.engine.socket),
        }

    def configure(self, *, ha_cf: str, haresources: str, authkeys: str) -> None:
        """Write the three files as an administrator would: the keys for root's eyes only."""
        self.config.mkdir(parents=True, exist_ok=True)
        (self.config / "ha.cf").write_text(ha_cf)
        (self.config / "haresources").write_text(haresources)
        secret = self.config / "authkeys"
        secret.touch(mode=0o600)
        secret.chmod(0o600)
        secret.write_text(authkeys)

    def compose(self, *arguments: str) -> str:
        overrides = (self._override,) if self._override.exists() else ()
        files = (self.compose_file, *overrides)
        return Compose(self.engine.url, self.variables, *files)(*arguments)

    def override(self, text: str) -> None:
        """Change the compose file for this host, as an administrator's override file does."""
        self._override.write_text(text)

    def override_nothing(self) -> None:
        self._override.unlink(missing_ok=True)

    def up(self, *services: str) -> None:
        self.compose("up", "--detach", *services)

    def docker(self, *arguments: str, check: bool = True) -> str:
        return self.engine.docker(*arguments, check=check)

    def logs(self, container: str = "sidecar") -> str:
        """Everything that the container has written; for a failing test's message too."""
        return self.docker("logs", container, check=False)

    def sidecar(self, *words: str, check: bool = True) -> str:
        """Run a command of the sidecar's, in its container."""
        return self.docker("exec", "sidecar", "sidecar", *words, check=check)

    def state(self, container: str) -> str:
        """As Docker says: running, paused, exited, ...; "absent" when there is none."""
        said = self.docker("inspect", "--format", "{{.State.Status}}", container, check=False)
        return said.strip() if "No such" not in said else "absent"

    def signal(self, container: str, number: signal.Signals) -> None:
        self.docker("kill", "--signal", number.name, container)

    def get(self, path: str, port: int = HTTP_PORT) -> Answer | None:
        """Ask the sidecar (or with port 80 nginx) from the host itself."""
        return get(self.net, path, port=port)

    def status(self) -> dict[str, Any] | None:
        """/api/status; None while the sidecar does not answer."""
        answer = self.get("/api/status")
        return json.loads(answer.text) if answer and answer.status == 200 else None

    def metric(self, name: str, **labels: str) -> float | None:
        """One sample of /metrics: the first whose labels include the given ones."""
        answer = self.get("/metrics")
        if answer is None:
            return None
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return None

    def has(self, address: str) -> bool:
        return self.net.has(address)

    def unplug(self) -> None:
        """Pull every cable, that of the service network last.

        Its loss is noticed at once: by a link that is still there it would be told, and the group
        be handed over.
        """
        for cable in reversed(self.cables.values()):
            cable.cut()

    def power_off(self) -> None:
        """A power cut: the links go first, then everything ends at once, and no address stays."""
        self.unplug()
        self.engine.power_off()
        for interface in self.cables:
            self.net.ip("addr", "flush", "dev", interface)

    def power_on(self) -> None:
        """A boot: links and addresses, then the engine, which starts what was not stopped."""
        self.boot_network()
        self.engine.start()

    def boot_network(self) -> None:
        for interface, cable in self.cables.items():
            self.net.ip("addr", "flush", "dev", interface)
            self.net.ip("addr", "add", cable.address, "brd", "+", "dev", interface)
            cable.restore()

    def reset(self) -> None:
        """No containers, no volumes, whole cables, the addresses of a fresh boot."""
        if not self.engine.running:
            self.engine.start()
        # A paused container takes its killing only after ten seconds (cgroup v1).
        paused = self.docker("ps", "--quiet", "--filter", "status=paused").split()
        if paused:
            self.docker("unpause", *paused, check=False)
        containers = self.docker("ps", "--all", "--quiet").split()
        if containers:
            self.docker("rm", "--force", *containers)
        volumes = self.docker("volume", "ls", "--quiet").split()
        if volumes:
            self.docker("volume", "rm", *volumes)
        self.net.run("nft", "flush", "ruleset")
        self.boot_network()
        shutil.rmtree(self.config, ignore_errors=True)
        self.override_nothing()
