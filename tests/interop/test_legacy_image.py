"""compose/legacy-peer.yaml and compose/node.yaml as one cluster, on two hosts with real engines."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.testbed.client import MS
from tests.testbed.compose import ROOT, Compose
from tests.testbed.host import DockerHost
from tests.testbed.pair import Pair
from tests.testbed.waiting import now_ns, wait_for

# Costly, because the image takes minutes on a bare machine: `just interop` runs it, CI does not.
pytestmark = [pytest.mark.e2e, pytest.mark.costly, pytest.mark.timeout(600)]
LEGACY_FILE = ROOT / "compose" / "legacy-peer.yaml"
IMAGE = "heartbeat-legacy"
HA_CF = """\
keepalive 200ms
warntime 600ms
deadtime 1
initdead 3
udpport 694
ucast eth1 192.168.17.50
ucast eth1 192.168.17.51
auto_failback on
node masternginx
node slavenginx
"""
DEATH_MS = 3000
"""Deadtime is 1 s; then the sidecar asks for the owner."""
SCRIPTS_MS = 10_000
"""Heartbeat's scripts take the address and then start nginx: a second on a machine at rest, five on
a busy one, and nothing that the sidecar could shorten.
"""
SAMPLING_NS = 5 * MS


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image, built as `just image` builds the others; the builder keeps its layers."""
    place = tmp_path_factory.mktemp("legacy") / "image.tar"
    build = f'source images/setup.sh; build -t {IMAGE} "$PROJECT/images/heartbeat"'
    for command in (("bash", "-c", build), ("docker", "save", "--output", str(place), IMAGE)):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert not done.returncode, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return place


class LegacyHost:
    """A host with a real Heartbeat in a container."""

    def __init__(self, host: DockerHost) -> None:
        self.host = host
        self.compose = Compose(host.engine.url, host.variables, LEGACY_FILE)

    def log(self) -> str:
        return self.host.logs("heartbeat")


@contextmanager
def told(legacy: LegacyHost, other: DockerHost) -> Iterator[None]:
    """What both nodes said goes into the message of a failure."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"--- {other.name}\n{other.logs()}\n--- {legacy.host.name}\n{legacy.log()}")
        raise


def at_rest(host: DockerHost, *, holding: str) -> None:
    """The sidecar is through, hears its peer by the peer's usual dead time, and holds this."""

    def trouble() -> str:
        status = host.status() or {}
        nodes = {node["name"]: node["status"] for node in status.get("nodes", [])}
        found = (status.get("stable"), status.get("holding"), set(nodes.values()))
        return "" if found == (True, holding, {"active"}) else f"{host.name} says {found}"

    wait_for(lambda: not trouble(), seconds=30, what=trouble)


def test_the_sidecar_stands_by_for_the_legacy_image_and_takes_over(
    two_hosts: Pair, archive: Path
) -> None:
    master, slave = two_hosts.nodes
    two_hosts.configure(HA_CF)
    master.engine.load(archive)
    legacy = LegacyHost(master)
    with two_hosts.client() as client, two_hosts.owners() as owners, told(legacy, slave):
        legacy.compose("up", "--detach")
        client.wait_for_page(master.page, seconds=30)
        slave.up()
        at_rest(slave, holding="none")

        since_ns = now_ns()
        master.docker("exec", "heartbeat", "/usr/share/heartbeat/hb_standby", "all")
        client.wait_for_page(slave.page, seconds=15, since_ns=since_ns)
        at_rest(slave, holding="all")
        slave.sidecar("standby")
        client.wait_for_page(master.page, seconds=15, since_ns=now_ns())
        at_rest(slave, holding="none")
        assert client.outage_ms(since_ns) <= SCRIPTS_MS

        since_ns = now_ns()
        master.power_off()
        client.wait_for_page(slave.page, seconds=15, since_ns=since_ns)
        assert client.outage_ms(since_ns) <= DEATH_MS

        since_ns = now_ns()
        master.power_on()
        client.wait_for_page(master.page, seconds=30, since_ns=since_ns)
        at_rest(slave, holding="none")
        assert client.outage_ms(since_ns) <= SCRIPTS_MS

        since_ns = now_ns()
        legacy.compose("stop")
        client.wait_for_page(slave.page, seconds=15, since_ns=since_ns)
        assert client.outage_ms(since_ns) <= SCRIPTS_MS
        assert all(overlap.length_ns <= SAMPLING_NS for overlap in owners.overlaps())
