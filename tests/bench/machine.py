"""The machine that measures, as far as it matters to a reader: no names, no paths."""

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    versions: dict[str, str]


def this_machine() -> Machine:
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", cpuinfo, re.MULTILINE)
    total_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return Machine(
        cpu=model[1] if model else platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gib=round(total_kib / 2**20, 1),
        # The release's own words may name whose machine it is.
        kernel=".".join(re.findall(r"\d+", platform.release())[:3]),
        versions={
            "heartbeat-sidecar": _said(
                r"(\S+)",
                *("docker", "inspect", "--format"),
                '{{index .Config.Labels "org.opencontainers.image.revision"}}',
                "heartbeat-sidecar",
            ),
            "keepalived": _said(r"Keepalived v(\S+)", "keepalived", "--version"),
            "heartbeat": _package("heartbeat"),
            "ucarp": _package("ucarp"),
            "Docker engine": _said(
                r"(\S+)", "docker", "version", "--format", "{{.Server.Version}}"
            ),
        },
    )


def commit() -> str:
    """Of the measuring side."""
    return _said(r"(\S+)", "git", "rev-parse", "--short=12", "HEAD")


def _package(name: str) -> str:
    return _said(r"(?:\d+:)?([\d.]+)", "dpkg-query", "-W", "-f", "${Version}", name)


def _said(pattern: str, *command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found and not done.returncode else "not installed"
