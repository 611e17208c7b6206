"""The README's quick start, run line by line on two hosts, each with a Docker engine of its own.

What a host cannot have here is put in its place: the images are loaded and not built, files are
copied and not sent by ssh, and the folder /etc/ha.d of each host is one of its own.
"""

import shutil
from pathlib import Path

import pytest

from tests.docs.commands import shell_lines
from tests.docs.pages import ROOT
from tests.docs.shell import Shell
from tests.testbed.http import get
from tests.testbed.pair import VIP, Pair
from tests.testbed.waiting import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
_FILES = ("ha.cf", "haresources", "authkeys")


def lines() -> list[str]:
    _, _, rest = (ROOT / "README.md").read_text().partition("\n## Quick start on two hosts\n")
    return list(shell_lines(rest.partition("\n## ")[0]))


def line(*words: str) -> str:
    """The one line of the quick start with these words."""
    found = [one for one in lines() if all(word in one for word in words)]
    assert len(found) == 1, f"{words}: {found}"
    return found[0]


def test_the_quick_start_leads_to_a_pair_that_fails_over(two_hosts: Pair, tmp_path: Path):
    master = Shell(two_hosts.master, tmp_path / "master")
    slave = Shell(two_hosts.slave, tmp_path / "slave")
    shells = (master, slave)

    assert "Written to /etc/ha.d" in master.run(line("docker run", " init "))
    assert all(f"/etc/ha.d/{name}" in line("scp -p") for name in _FILES)
    shutil.copytree(master.host.config, slave.host.config)

    for shell in shells:
        shell.run(line("iptables"))
        assert shell.run(line("docker run", " check")).endswith("usable\n")
    for shell in shells:
        shell.run(line("docker compose", " up "))

    def page() -> str:
        answer = get(two_hosts.client_net, "/", address=VIP, timeout=1)
        return answer.text.strip() if answer else ""

    def await_page_of(shell: Shell, seconds: float) -> None:
        expected = f"page of {shell.host.name}"
        wait_for(lambda: page() == expected or None, seconds=seconds, what=two_hosts.logs)

    def await_ready(shell: Shell) -> None:
        status = line("docker exec", " status")
        wait_for(
            lambda: "\nready to serve\n" in shell.run(status) or None,
            seconds=20,
            what=two_hosts.logs,
        )

    await_page_of(master, 40)
    for shell in shells:
        await_ready(shell)
    assert " held " in master.run(line("docker exec", " status"))

    master.run(line("docker exec", " standby"))
    await_page_of(slave, 10)
    master.run(line("docker exec", " takeover"))
    await_page_of(master, 10)

    assert "`docker kill sidecar`" in (ROOT / "README.md").read_text()
    master.run("docker kill sidecar")
    await_page_of(slave, 20)
