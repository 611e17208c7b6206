"""A Docker engine inside a namespace: what runs in host-network containers lives in that namespace.

``power_off`` is a power cut: the engine and all that it runs end at once, nothing is handed over.
``start`` after it is a boot: the engine finds its containers and starts them by restart policy.
All that is ended is found by the engine's own folder and control group, never by a program's name.
"""

import json
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.netns import Host
from tests.testbed.waiting import wait_for

_CGROUPS = Path("/sys/fs/cgroup")
_MOUNTS = Path("/proc/self/mounts")


class HostEngine:
    """The engine of one host, with all its data below one folder."""

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        self.folder = folder
        self.socket = folder / "docker.sock"
        self.url = f"unix://{self.socket}"
        self.settings: dict[str, object] = {}
        """Its daemon.json, from its next start on."""
        self._log = folder / "dockerd.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the engine and wait until it answers."""
        self._forget_containerd()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "daemon.json"
        settings.write_text(json.dumps(self.settings))  # not the machine's own settings
        with self._log.open("ab") as log:
            # Not `ip netns exec`: it remounts /sys and hides the control groups.
            self._process = subprocess.Popen(
                [
                    *("nsenter", f"--net=/var/run/netns/{self.host.name}", "dockerd"),
                    *("--config-file", str(settings)),
                    *("--data-root", str(self.folder / "data")),
                    *("--exec-root", str(self.folder / "exec")),
                    *("--pidfile", str(self.folder / "dockerd.pid")),
                    *("--host", self.url, "--bridge", "none"),
                    *("--iptables=false", "--ip6tables=false"),
                    # A host that forwards passes requests on to the owner and hides outages.
                    "--ip-forward=false",
                    *("--cgroup-parent", f"/{self.host.name}"),
                    *("--exec-opt", "native.cgroupdriver=cgroupfs"),
                    # Where the machine runs a containerd of its own, engines must not mix there.
                    *("--containerd-namespace", self.host.name),
                    *("--containerd-plugins-namespace", f"{self.host.name}-plugins"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._answers, seconds=30, what=self._last_words)

    def docker(self, *arguments: str, check: bool = True) -> str:
        """What the docker command prints, asked of this engine."""
        command = ("docker", "--host", self.url, *arguments)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout + ("" if check else done.stderr)

    def load(self, archive: Path) -> None:
        """Take the images from an archive that ``docker save`` made."""
        self.docker("load", "--quiet", "--input", str(archive))

    def freeze(self) -> None:
        """The engine hangs: it takes connections and never answers. Its containers run on."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """The engine alone dies; its containers run on."""
        process = self._signal(signal.SIGKILL)
        process.wait(10)

    def power_off(self) -> None:
        """End the engine and everything that it runs, at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
        wait_for(self._kill_all, seconds=10, what="the engine's processes to end")
        for mount in self._mounts():
            subprocess.run(("umount", "--lazy", mount), check=False, capture_output=True)
        # What lies in /run on a real machine does not survive a boot.
        shutil.rmtree(self.folder / "exec", ignore_errors=True)
        (self.folder / "dockerd.pid").unlink(missing_ok=True)

    def remove(self) -> None:
        """Power off, and take the data away."""
        self.power_off()
        for group in self._control_groups():
            for below in sorted(group.rglob("*/"), reverse=True):
                with suppress(OSError):
                    below.rmdir()
            with suppress(OSError):
                group.rmdir()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _kill_all(self) -> bool:
        """Kill what is left; true when nothing was."""
        for group in self._control_groups():
            # A paused container does not die before it is thawed (cgroup v1).
            for state in group.rglob("freezer.state"):
                with suppress(OSError):
                    state.write_text("THAWED")
        pids = self._pids()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not pids

    def _pids(self) -> set[int]:
        """The engine's helpers (by its folder on their command line) and its containers."""
        found: set[int] = set()
        mark = str(self.folder / "exec").encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "cmdline").read_bytes():
                    found.add(int(process.name))
        for group in self._control_groups():
            for processes in group.rglob("cgroup.procs"):
                with suppress(OSError):
                    found.update(int(line) for line in processes.read_text().split())
        return found - {os.getpid()}

    def _control_groups(self) -> list[Path]:
        """This engine's group in each hierarchy (cgroup v1 has many, v2 one)."""
        places = (_CGROUPS / self.host.name, *_CGROUPS.glob(f"*/{self.host.name}"))
        return [place for place in places if place.is_dir()]

    def _mounts(self) -> list[str]:
        lines = _MOUNTS.read_text().splitlines()
        below = [line.split()[1] for line in lines if f" {self.folder}/" in line]
        return sorted(below, reverse=True)

    def _signal(self, number: signal.Signals) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the engine is not running"
        self._process.send_signal(number)
        return self._process

    def _forget_containerd(self) -> None:
        """A killed engine leaves its containerd's number behind. Where another process has it by
        now, the next engine would take that for its containerd, and wait in vain.
        """
        number = self.folder / "exec" / "containerd" / "containerd.pid"
        with suppress(OSError, ValueError):
            running = Path(f"/proc/{int(number.read_text())}/cmdline").read_bytes()
            if str(self.folder).encode() not in running:
                number.unlink()

    def _answers(self) -> bool:
        assert self.running, self._last_words()
        asked = ("docker", "--host", self.url, "version")
        try:
            done = subprocess.run(asked, capture_output=True, check=False, timeout=5)
        except subprocess.TimeoutExpired:
            return False  # it listens before it has found its containers again
        return done.returncode == 0

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]
