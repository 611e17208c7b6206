"""docs/migration.md, line by line: a pair of real Heartbeat nodes becomes a pair of containers.

A client keeps requesting. Nobody but the page says what is typed; in place of the host's service
manager stands what starts and stops the real daemon in its box. `just migration` also takes each
step back and again.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.commands import shell_lines
from tests.docs.pages import ROOT
from tests.docs.shell import Shell
from tests.e2e.legacy import LegacyNode
from tests.e2e.scene import GROUP, Scene
from tests.interop import halog
from tests.interop.halog import Known
from tests.interop.real import DAEMON
from tests.testbed.host import DockerHost
from tests.testbed.pair import HARESOURCES, MASTER_PAGE
from tests.testbed.waiting import now_ns, wait_for

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        not DAEMON.exists(), reason="needs the real Heartbeat: apt-get install heartbeat"
    ),
]
PAGE = ROOT / "docs" / "migration.md"
HA_CF = """\
udpport 694
keepalive 200ms
warntime 600ms
deadtime 2
initdead 4
ucast eth1 192.168.17.50
ucast eth1 192.168.17.51
auto_failback on
node masternginx
node slavenginx
"""
AUTHKEYS = "auth 1\n1 sha1 the-key-of-both-nodes\n"
UNNOTICED_MS = 100
"""Nothing moves; what is missed all the same is the machine's doing, on which others work, too."""
SCRIPTS_MS = 2500
"""Heartbeat runs its scripts one after the other, with waits between them."""
MOVE_MS = 200
"""Between two sidecars."""
SAMPLING_MS = 5
"""Two holders for less than this are one after the other, as far as can be measured."""

SETTLED = ("none", "local", "foreign", "all")
EXPECTED = (
    Known(
        pattern=r"node \w+: is dead",
        reason="a clean stop ends with silence, and that is what it says of silence",
    ),
    Known(
        pattern=r"Late heartbeat: Node \w+|late heartbeats",
        reason="the first beat after an absence comes later than warntime",
    ),
    Known(
        pattern=r"T_STARTING received during takeover",
        reason="the host is back before Heartbeat's scripts have ended that took over from it",
    ),
    Known(
        pattern=r"No STONITH device configured|Shared disks are not protected",
        reason="what a node without a fencing device says when it starts alone",
    ),
    Known(
        pattern=r"Dispatch function for .* (?:was delayed|took too long)",
        reason="the test machine does other things, too",
        repeats=True,
    ),
    Known(
        pattern=r"\d+ lost packet\(s\) for \[\w+\]",
        reason="its messages leave out of order now and then, and it misses the one it expected",
    ),
)


class Migration:
    """Both hosts with Heartbeat, what is done to them, and what it may cost."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.nodes = {node.name: LegacyNode(node, folder / node.name) for node in scene.pair.nodes}
        self.shells = {
            name: Shell(legacy.host, folder / f"{name}-bin", legacy.commands())
            for name, legacy in self.nodes.items()
        }

    def close(self) -> None:
        for node in self.nodes.values():
            node.kill()

    def run(self, host: DockerHost, step: str, *words: str, check: bool = True) -> str:
        """What the step's one line with these words prints on that host."""
        found = {line for line in shell_lines(section(step)) if all(word in line for word in words)}
        assert len(found) == 1, f"{step} {words}: {found}"
        return self.shells[host.name].run(found.pop(), check=check)

    def says(self, host: DockerHost, step: str, *words: str) -> None:
        """`sidecar status` on the host, and what the step says of it."""
        assert all(f"`{word}`" in section(step) for word in words)

        def status() -> str:
            return self.run(host, "2.", "sidecar status", check=False)

        wait_for(
            lambda: all(word in status() for word in words),
            seconds=20,
            what=lambda: f"{words} from {host.name}: {status()}",
        )

    def serves(self, page: str) -> None:
        """A request made from now on gets this page."""
        self.scene.client.wait_for_page(page, seconds=40, since_ns=now_ns())

    @contextmanager
    def step(self, what: str, outage_ms: float) -> Iterator[None]:
        """Do something; the client may miss its page for so long, and no more."""
        with self.scene.round(f"migration: {what}") as made:
            yield
        assert made.cost.outage_ms <= outage_ms, what
        assert made.cost.two_holders_ms < SAMPLING_MS, what

    def heard(self, by: DockerHost, of: DockerHost) -> None:
        """A Heartbeat node calls a node active, and is through with moving things."""
        shell = self.shells[by.name]

        def ask(what: str) -> str:
            return shell.run(f"cl_status {what}", check=False).strip()

        wait_for(
            lambda: ask(f"nodestatus {of.name}") == "active" and ask("rscstatus") in SETTLED,
            seconds=30,
            what=lambda: f"{ask('nodestatus ' + of.name)}, {ask('rscstatus')}",
        )


def section(step: str) -> str:
    _, _, rest = PAGE.read_text().partition(f"\n## {step} ")
    return rest.partition("\n## ")[0]


@pytest.fixture
def migration(running_scene: Scene, tmp_path: Path) -> Iterator[Migration]:
    """Both hosts run Heartbeat, and the master serves."""
    running_scene.clear()
    made = Migration(running_scene, tmp_path)
    for node in made.nodes.values():
        log = f"logfile {node.log}\ndebugfile {node.log}-debug\n"
        node.host.configure(ha_cf=log + HA_CF, haresources=HARESOURCES, authkeys=AUTHKEYS)
    try:
        for node in made.nodes.values():
            node.configure()
        # One after the other: two that start together wait ten seconds for each other.
        made.nodes[running_scene.master.name].start()
        made.serves(MASTER_PAGE)
        made.nodes[running_scene.slave.name].start()
        made.heard(running_scene.slave, running_scene.slave)
        made.heard(running_scene.master, running_scene.slave)
        yield made
        for legacy in made.nodes.values():
            halog.check(legacy.log, EXPECTED)
    finally:
        made.close()


def page_of(node: DockerHost) -> str:
    """The container's, as the page starts it."""
    return f"page of {node.name}"


def test_a_pair_moves_to_containers_one_node_at_a_time(migration: Migration) -> None:
    master, slave = migration.scene.pair.nodes
    for node in (master, slave):
        assert migration.run(node, "1.", " check").splitlines()[-1].startswith("usable")
    standby_becomes_a_sidecar(migration, slave, master)
    sidecar_takes_over(migration, slave, master)
    other_host_becomes_a_sidecar(migration, master)


@pytest.mark.skipif("MIGRATION_BACK" not in os.environ, reason="takes a minute: just migration")
def test_each_step_can_be_undone_and_taken_again(migration: Migration) -> None:
    master, slave = migration.scene.pair.nodes
    standby_becomes_a_sidecar(migration, slave, master)
    standby_goes_back(migration, slave, master)
    standby_becomes_a_sidecar(migration, slave, master)
    sidecar_takes_over(migration, slave, master)
    sidecar_gives_back(migration, slave, master)
    sidecar_takes_over(migration, slave, master)
    other_host_becomes_a_sidecar(migration, master)
    other_host_goes_back(migration, master, slave)
    sidecar_takes_over(migration, slave, master)
    other_host_becomes_a_sidecar(migration, master)


def standby_becomes_a_sidecar(migration: Migration, slave: DockerHost, master: DockerHost) -> None:
    with migration.step("2. standby becomes a sidecar", UNNOTICED_MS):
        migration.run(slave, "2.", "disable")
        migration.run(slave, "2.", " up ")
        migration.says(slave, "2.", f"standing by; {master.name} is active and holds {GROUP}")
        migration.says(slave, "2.", "ready to serve")
        migration.heard(master, slave)


def standby_goes_back(migration: Migration, slave: DockerHost, master: DockerHost) -> None:
    with migration.step("2. back", UNNOTICED_MS):
        migration.run(slave, "2.", " down")
        migration.run(slave, "2.", "rm -f")
        migration.run(slave, "2.", "enable")
        migration.heard(slave, slave)
        migration.heard(master, slave)


def sidecar_takes_over(migration: Migration, slave: DockerHost, master: DockerHost) -> None:
    with migration.step("3. the sidecar takes over", SCRIPTS_MS):
        migration.run(slave, "3.", "takeover")
        migration.serves(page_of(slave))
        migration.says(slave, "3.", f"active: holding {GROUP}")
        migration.heard(master, slave)  # its part of the hand-over is over, too


def sidecar_gives_back(migration: Migration, slave: DockerHost, master: DockerHost) -> None:
    with migration.step("3. back", SCRIPTS_MS):
        migration.run(slave, "3.", "standby")
        migration.serves(master.page)
        migration.heard(master, slave)


def other_host_becomes_a_sidecar(migration: Migration, master: DockerHost) -> None:
    with migration.step("4. other host becomes a sidecar, failback", MOVE_MS):
        migration.run(master, "4.", "disable")
        migration.run(master, "4.", " up ")
        migration.serves(page_of(master))
        for node in migration.scene.pair.nodes:
            migration.says(node, "4.", "ready to serve")


def other_host_goes_back(migration: Migration, master: DockerHost, slave: DockerHost) -> None:
    with migration.step("4. back", SCRIPTS_MS):
        migration.run(master, "4.", " down")
        migration.serves(page_of(slave))
        migration.run(master, "4.", "rm -f")
        migration.run(master, "4.", "enable")
        migration.serves(master.page)
        migration.heard(master, master)
        migration.heard(master, slave)
