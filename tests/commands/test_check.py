"""`sidecar check`: what the configuration means, and every problem."""

import subprocess
import sys
from pathlib import Path

import pytest

from sidecar import cli
from tests.config.written import copy_reference


@pytest.fixture
def folder(tmp_path):
    return copy_reference("masternginx", tmp_path)


def check(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    status = cli.main(["check", "--config-dir", str(folder), "--node", "masternginx", *words])
    captured = capsys.readouterr()
    assert captured.err == ""
    return status, captured.out.replace(f"{folder}/", "")


def test_the_reference_files_are_explained(folder, capsys):
    status, said = check(folder, capsys)
    assert status == 0
    assert (
        said.replace(str(folder), "FOLDER")
        == """\
configuration of masternginx, from FOLDER
nodes
  masternginx: this node
  slavenginx: the peer
links
  eth1: ucast to 192.168.17.51, UDP port 694
timing
  a heartbeat every 2 s
  a peer silent for 10 s is late: the log warns
  a peer silent for 30 s is dead: 15 beats must be lost in a row
  after the start a peer that was never heard is dead at 60 s
  an address that is not renewed for 5 s is taken away by the kernel: so a node that hangs loses it
ping nodes
  192.168.17.1
  one that does not answer for 30 s is lost
  ipfail is on: the node that sees fewer hands over (it is a part of the sidecar: the respawn line \
starts no program)
groups
  192.168.171.100/24/eth0:0: on masternginx when both nodes are well
    address 192.168.171.100/24 on eth0, label eth0:0
    container nginx
  auto_failback on: a group goes back when its preferred node has been ready for 5 s
  a group that has moved 5 times within 600 s by itself stays where it is served
keys
  key 3, md5: signs what this node sends
firewall
  UDP 694 must be let through on both hosts:
    iptables -I INPUT -i eth1 -p udp --dport 694 -j ACCEPT
    nft insert rule inet filter input iifname "eth1" udp dport 694 accept
good to know
  ha.cf:1: note: debugfile has no effect here: the log goes to standard output, for the container \
engine to keep
  ha.cf:2: note: logfile has no effect here: the log goes to standard output, for the container \
engine to keep
  ha.cf:3: note: logfacility has no effect here: the log goes to standard output, for the \
container engine to keep
problems
authkeys:4: warning: this key stands in the documentation of Heartbeat, so everybody knows it: \
make one of your own, for instance with `openssl rand -hex 32`
usable: 0 errors, 1 warning
"""
    )


def test_the_key_is_never_shown(folder, capsys):
    assert "hello!" not in check(folder, capsys)[1]


def test_a_line_for_the_other_node_is_told(folder, capsys):
    path = folder / "ha.cf"
    path.write_text(path.read_text() + "ucast lo 127.0.0.1\n")
    assert (
        "  line 15 (ucast lo 127.0.0.1) is for the other node: the address belongs to this one\n"
    ) in check(folder, capsys)[1]


def test_every_link_is_told_and_whether_its_serial_device_is_there(folder, capsys):
    path = folder / "ha.cf"
    more = "bcast eth2\nmcast eth3 239.0.0.1 695 1 0\nucast6 eth4 fd12::2\n"
    path.write_text(f"{path.read_text()}{more}serial /dev/no-such-line /dev/null {path}\n")
    said = check(folder, capsys)[1]
    assert "  eth2: bcast to all on eth2, UDP port 694\n" in said
    assert "  eth3: mcast to group 239.0.0.1, UDP port 695, ttl 1\n" in said
    assert "  eth4: ucast6 to fd12::2, UDP port 694\n" in said
    assert "  no-such-line: serial at 19200 baud\n" in said
    assert "    ip6tables -I INPUT -i eth4 -p udp --dport 694 -j ACCEPT\n" in said
    assert "    iptables -I INPUT -i eth3 -p udp --dport 695 -j ACCEPT\n" in said
    assert (
        "  /dev/no-such-line: cannot be found here (No such file or directory); where the sidecar "
        "is a container, compose passes it on: devices: [/dev/no-such-line]\n"
    ) in said
    assert "  /dev/null: is there and may be opened\n" in said
    assert "  ha.cf: is no device: correct its name in ha.cf\n" in said


def test_a_group_of_ping_nodes_without_ipfail_is_told(folder, capsys):
    path = folder / "ha.cf"
    text = path.read_text().replace("ping 192.168.17.1", "ping_group Both 10.0.0.1 10.0.0.2")
    path.write_text("".join(line + "\n" for line in text.splitlines() if "ipfail" not in line))
    said = check(folder, capsys)[1]
    assert "  both: group of 10.0.0.1 or 10.0.0.2\n" in said
    assert "  ipfail is off: a loss moves nothing while the nodes hear each other\n" in said


def test_what_was_understood_is_shown_beside_the_errors(folder, capsys):
    path = folder / "ha.cf"
    path.write_text(path.read_text().replace("deadtime 30", "deadtime 30s"))
    (folder / "authkeys").chmod(0o644)
    status, said = check(folder, capsys)
    assert status == 2
    assert "  slavenginx: the peer\n" in said
    assert "\nha.cf:5: deadtime: `30s` is no time: " in said
    assert "\nauthkeys: can be read by others than its owner (mode 0644): chmod 600 " in said
    assert said.endswith("\nnot usable: 2 errors, 1 warning\n")


def test_an_unknown_node_name_leaves_the_nodes_open(folder, capsys):
    status, said = check(folder, capsys, "--node", "web3")
    assert status == 2
    assert "nodes\n  not understood: see the problems\n" in said


def test_a_renamed_container_and_a_stay_are_told(folder, capsys):
    (folder / "haresources").write_text("masternginx 10.0.0.5/24/eth0 nginx::stop\n")
    path = folder / "ha.cf"
    path.write_text(path.read_text().replace("auto_failback on", "auto_failback off"))
    said = check(folder, capsys, "--containers", "nginx=nginx-a")[1]
    assert "    container nginx, here named nginx-a, on the standby: stop\n" in said
    assert "  auto_failback off: a group stays where it is when its preferred node returns" in said


def test_it_works_without_a_container_engine_as_a_program(folder):
    words = ["check", "--config-dir", str(folder), "--docker", "unix:///nowhere.sock"]
    done = subprocess.run(
        [sys.executable, "-m", "sidecar.cli", *words],
        env={"SIDECAR_NODE": "slavenginx", "PYTHONPATH": "."},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"slavenginx: this node" in done.stdout
