"""A Docker engine of the tests' own: private data, socket and containerd, ended by its process id.

The image is empty: the containers run this machine's own programs, mounted read-only, so that
nothing is pulled, installed or built.
"""

import io
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import docker

IMAGE = "testhost:latest"
_FOLDERS = ("usr", "etc", "tmp", "proc", "sys", "dev", "run", "var")
_LINKS = ("bin", "lib", "lib64", "sbin")

FOREVER = ["sleep", "1000000"]


class Dockerd:
    """One engine below a folder; ``start`` and ``end`` may be called again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "docker.sock"
        self.host = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    "dockerd",
                    *("--data-root", str(self.folder / "data")),
                    *("--exec-root", str(self.folder / "exec")),
                    *("--pidfile", str(self.folder / "pid")),
                    *("--host", self.host, "--bridge", "none"),
                    *("--iptables=false", "--ip6tables=false", "--ip-forward=false"),
                ],
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, 30, lambda: (self.folder / "log").read_text()[-2000:])

    def end(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(30)
            self._process = None
            # The engine leaves its network namespace mounted, and the folder could not be removed.
            for line in Path("/proc/self/mounts").read_text().splitlines():
                where = line.split()[1]
                if where.startswith(f"{self.folder}/"):
                    subprocess.run(("umount", "--lazy", where), check=False)

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> docker.DockerClient:
        return docker.DockerClient(base_url=self.host, version="auto", timeout=10)

    def import_image(self) -> None:
        client = self.client()
        try:
            client.api.import_image_from_data(_skeleton(), repository="testhost", tag="latest")
        finally:
            client.close()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
        if not self.socket.exists():
            return False
        try:
            self.client().close()
        except docker.errors.DockerException:
            return False
        return True


class Containers:
    """Makes containers for a test, and removes them after it."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.client = client
        self._made: list[str] = []

    def create(self, name: str, command: list[str] | None = None, **options: Any) -> Any:
        """A container that is not started. It dies at the first TERM unless it is told not to."""
        options.setdefault("stop_signal", "SIGKILL")
        options.setdefault("volumes", {})["/usr"] = {"bind": "/usr", "mode": "ro"}
        made = self.client.containers.create(
            IMAGE,
            command or FOREVER,
            name=name,
            network_mode="host",
            **options,
        )
        self._made.append(str(made.id))
        return made

    def run(self, name: str, command: list[str] | None = None, **options: Any) -> Any:
        made = self.create(name, command, **options)
        made.start()
        return made

    def remove_all(self) -> None:
        for identity in self._made:
            with suppress(docker.errors.NotFound):
                self.client.api.remove_container(identity, force=True)


@contextmanager
def new_dockerd() -> Iterator[Dockerd]:
    """A running engine with the image, in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as folder:
        engine = Dockerd(Path(folder))
        engine.start()
        try:
            engine.import_image()
            yield engine
        finally:
            engine.end()


def missing() -> str:
    """Why no engine can be started here; empty when one can."""
    if os.geteuid() != 0:
        return "needs root"
    if shutil.which("dockerd") is None:
        return "needs dockerd (apt-get install docker.io)"
    return ""


def wait_until(
    condition: Callable[[], bool], patience_s: float = 5, tell: Callable[[], str] = str
) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, f"not within {patience_s} s: {tell()}"
        time.sleep(0.005)


def _skeleton() -> bytes:
    """A root file system with nothing but the places for this machine's own."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for folder in _FOLDERS:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        for name in _LINKS:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(link)
    return packed.getvalue()
