"""The files of a new cluster, made from a few answers: the text of `sidecar init`.

Both nodes get the same three files: both `ucast` lines are in ha.cf, and each node leaves out its
own. Nothing is written here, and the key is handed in.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidecar.config import authkeys, hacf, haresources, settings
from sidecar.config.problems import Problems
from sidecar.config.textfile import cut_lines

_LONGEST_LABEL: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is different from cluster to cluster. A time of None is left to the default."""

    node_a: str
    node_b: str
    address_a: str
    address_b: str
    interface: str
    vip: str
    vip_interface: str
    container: str = "nginx"
    keepalive: str | None = None
    warntime: str | None = None
    deadtime: str | None = None
    initdead: str | None = None
    udpport: str = "694"
    auto_failback: str = "on"
    bcast: str | None = None
    """Interface of a second link, which needs no addresses in the file."""
    serial: str | None = None
    ping: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The text of each file."""

    ha_cf: str
    haresources: str
    authkeys: str
    env: str


def render(answers: Answers, key: str, config_dir: Path) -> Files:
    return Files(
        ha_cf=_ha_cf(answers),
        haresources=_haresources(answers),
        authkeys=_authkeys(key),
        env=_env(answers, config_dir),
    )


def check(answers: Answers, files: Files) -> Problems:
    """What `sidecar check` would say of the files, on the one node and on the other."""
    problems = Problems()
    sides = ((answers.node_a, answers.address_a), (answers.node_b, answers.address_b))
    for node, address in sides:
        found = _check_on(node, address, files)
        # What is wrong on both nodes is told once.
        for problem in found.all:
            if problem not in problems.all:
                problems.add(problem)
    return problems


def _check_on(node: str, address: str, files: Files) -> Problems:
    problems = Problems()
    in_ha_cf = problems.of("ha.cf")
    ha_cf = hacf.parse(cut_lines(files.ha_cf.encode(), in_ha_cf), node, {address}, in_ha_cf)
    here = problems.of("haresources")
    nodes = ha_cf.pair.nodes if ha_cf.pair else ()
    groups = haresources.parse(cut_lines(files.haresources.encode(), here), nodes, here)
    settings.check_floating(ha_cf, groups, in_ha_cf)
    here = problems.of("authkeys")
    authkeys.parse(cut_lines(files.authkeys.encode(), here), here)
    return problems


def _ha_cf(answers: Answers) -> str:
    timers = {
        "keepalive": answers.keepalive or "1",
        "deadtime": answers.deadtime or "6",
        # Left out where they follow from a deadtime that was given.
        "warntime": answers.warntime or (None if answers.deadtime else "3"),
        "initdead": answers.initdead or (None if answers.deadtime else "30"),
    }
    lines = [
        "# The same file on both nodes; each leaves out the ucast line of its own address.",
        *(f"{name} {time}" for name, time in timers.items() if time is not None),
        f"udpport {answers.udpport}",
        f"ucast {answers.interface} {answers.address_a}",
        f"ucast {answers.interface} {answers.address_b}",
        *_second_links(answers),
        f"auto_failback {answers.auto_failback}",
        f"node {answers.node_a}",
        f"node {answers.node_b}",
        *_pings(answers),
    ]
    return "".join(f"{line}\n" for line in lines)


def _second_links(answers: Answers) -> list[str]:
    lines = [f"bcast {answers.bcast}"] if answers.bcast else []
    return lines + (["baud 115200", f"serial {answers.serial}"] if answers.serial else [])


def _pings(answers: Answers) -> list[str]:
    if not answers.ping:
        return []
    return [f"ping {answers.ping}", "respawn hacluster /usr/lib/heartbeat/ipfail"]


def _haresources(answers: Answers) -> str:
    interface = answers.vip_interface
    if ":" in answers.vip:
        address = f"IPv6addr::{answers.vip}/{interface}"
    else:
        label = f"{interface}:0"
        address = f"{answers.vip}/{label if len(label) <= _LONGEST_LABEL else interface}"
    return f"{answers.node_a} {address} {answers.container}\n"


def _authkeys(key: str) -> str:
    return (
        "# The same file on both nodes, mode 0600. A Heartbeat 3 node knows no sha256:\n"
        "# beside one, write sha1 instead.\n"
        "auth 1\n"
        f"1 sha256 {key}\n"
    )


def _env(answers: Answers, config_dir: Path) -> str:
    return (
        "# For docker compose: put it beside node.yaml on both hosts.\n"
        "# The folder of ha.cf, haresources and authkeys on the host.\n"
        f"CONFIG_DIR={config_dir}\n"
        "# Only where the host's name (uname -n) is neither of the two.\n"
        f"#NODE={answers.node_a}\n"
        f"#NODE={answers.node_b}\n"
        "# Where the status page and the metrics are served.\n"
        "SIDECAR_HTTP=0.0.0.0:9694\n"
    )
