"""`sidecar init`: the files of a new cluster, right at the first try and never over others."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar import cli
from sidecar.commands import questions
from sidecar.config.settings import load, read
from sidecar.core.params import Address, Container
from sidecar.wire.auth import Method

FLAGS = {
    "--node-a": "alpha",
    "--node-b": "beta",
    "--address-a": "10.0.1.1",
    "--address-b": "10.0.1.2",
    "--interface": "eth1",
    "--vip": "10.0.0.100/24",
    "--vip-interface": "eth0",
}


def init(folder: Path, *more: str, **flags: str | None) -> int:
    chosen = FLAGS | {f"--{name.replace('_', '-')}": value for name, value in flags.items()}
    words = [word for flag, value in chosen.items() if value is not None for word in (flag, value)]
    return cli.main(["init", "--output", str(folder), *words, *more])


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)


@pytest.mark.parametrize(
    ("node", "own", "peer"), [("alpha", "10.0.1.1", "10.0.1.2"), ("beta", "10.0.1.2", "10.0.1.1")]
)
def test_the_files_serve_both_nodes_without_a_warning(tmp_path, node, own, peer):
    assert init(tmp_path) == 0
    settings = load({"config_dir": str(tmp_path), "node": node}, {}, {own})
    assert settings.warnings == ()
    assert [(link.device, link.target) for link in settings.params.links] == [("eth1", peer)]
    (group,) = settings.params.groups
    assert group.preferred == "alpha"
    assert group.resources == (
        Address(name="10.0.0.100", prefix=24, interface="eth0", label="eth0:0"),
        Container(name="nginx"),
    )


def test_a_second_link_and_a_ping_node_can_be_had_by_flags(tmp_path):
    assert init(tmp_path, bcast="eth2", serial="/dev/ttyS0", ping="10.0.0.1") == 0
    settings = load({"config_dir": str(tmp_path), "node": "beta"}, {}, {"10.0.1.2"})
    assert settings.warnings == ()
    assert [link.name for link in settings.params.links] == ["eth1", "eth2", "ttyS0"]
    assert settings.params.links[2].baud == 115200
    assert [target.name for target in settings.params.ping] == ["10.0.0.1"]
    assert settings.params.ipfail


@pytest.mark.parametrize(
    ("flag", "value"), [("bcast", "eth 2"), ("serial", "ttyS0"), ("ping", "router")]
)
def test_a_wrong_second_link_or_ping_node_is_told(tmp_path, capsys, flag, value):
    assert init(tmp_path, **{flag: value}) == 2
    assert f"--{flag}: `{value}` is no " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_key_is_new_each_time_and_for_the_owner_only(tmp_path):
    init(tmp_path / "one")
    init(tmp_path / "two")
    keys = [(tmp_path / folder / "authkeys").read_text() for folder in ("one", "two")]
    assert keys[0] != keys[1]
    for key in keys:
        assert re.search(r"^auth 1\n1 sha256 [0-9a-f]{64}\n\Z", key, re.MULTILINE)
    assert (tmp_path / "one" / "authkeys").stat().st_mode & 0o777 == 0o600


def test_the_key_signs_with_sha256(tmp_path):
    init(tmp_path)
    reading = read({"config_dir": str(tmp_path), "node": "alpha"}, {}, frozenset())
    assert reading.keyring is not None
    assert reading.keyring.current.method is Method.SHA256


def test_compose_is_told_where_the_files_are(tmp_path):
    init(tmp_path)
    variables = [
        line for line in (tmp_path / ".env").read_text().splitlines() if not line.startswith("#")
    ]
    assert variables == [f"CONFIG_DIR={tmp_path}", "SIDECAR_HTTP=0.0.0.0:9694"]


def test_what_exists_is_never_overwritten_without_force(tmp_path, capsys):
    (tmp_path / "authkeys").write_text("mine")
    assert init(tmp_path) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path}/authkeys: exists already: give another --output, or --force to overwrite it\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["authkeys"]
    assert (tmp_path / "authkeys").read_text() == "mine"
    assert init(tmp_path, "--force") == 0
    assert (tmp_path / "authkeys").read_text() != "mine"
    assert (tmp_path / "authkeys").stat().st_mode & 0o777 == 0o600


def test_the_timers_may_be_chosen_and_follow_from_deadtime(tmp_path):
    assert init(tmp_path, deadtime="30", keepalive="2") == 0
    text = (tmp_path / "ha.cf").read_text()
    assert "keepalive 2\ndeadtime 30\nudpport 694\n" in text


def test_a_doubtful_answer_is_told_and_written(tmp_path, capsys):
    assert init(tmp_path, deadtime="1.5", keepalive="200ms") == 0
    warning = "ha.cf:3: warning: deadtime 1.5 s is less than keepalive 0.2 s + 1.4 s"
    assert warning in capsys.readouterr().err


def test_an_ipv6_address_is_written_as_its_script(tmp_path):
    assert init(tmp_path, vip="2001:db8::5/64", container="web") == 0
    assert (tmp_path / "haresources").read_text() == "alpha IPv6addr::2001:db8::5/64/eth0 web\n"


def test_an_interface_too_long_for_a_label_has_none(tmp_path):
    assert init(tmp_path, vip_interface="longinterface0") == 0
    assert (tmp_path / "haresources").read_text() == "alpha 10.0.0.100/24/longinterface0 nginx\n"


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        ({"node_b": None}, "--node-b: is missing: give the host name of the second node"),
        (
            {"vip": "10.0.0.100"},
            "--vip: `10.0.0.100` has no prefix length: write it like 192.168.171.100/24",
        ),
        (
            {"vip": "10.0.0.100/24/eth0"},
            "--vip: `10.0.0.100/24/eth0` names more than an address: write the interface apart",
        ),
        ({"address_a": "alpha"}, "--address-a: `alpha` is no IPv4 address"),
        ({"node_a": "a b"}, "--node-a: `a b` is no host name"),
        ({"container": "10.0.0.5"}, "--container: `10.0.0.5` is an address"),
        ({"keepalive": "1s"}, "--keepalive: `1s` is no time"),
        ({"udpport": "0"}, "--udpport: `0` is no whole number"),
        ({"node_b": "ALPHA"}, "ha.cf:11: node alpha is already named in line 10"),
        ({"deadtime": "1.5"}, "ha.cf:3: deadtime 1.5 s must be more than twice keepalive 1 s"),
        ({"address_b": "10.0.1.1"}, "ha.cf:8: warning: ucast eth1 10.0.1.1 is already in line 7"),
        ({"vip": "10.0.1.2/24"}, "ha.cf:8: ucast leads to 10.0.1.2, which haresources moves"),
        ({"ping": "10.0.0.100"}, "ha.cf:12: the ping node 10.0.0.100 is an address that haresou"),
    ],
)
def test_a_wrong_answer_is_told_and_nothing_is_written(tmp_path, capsys, flags, problem):
    folder = tmp_path / "new"
    assert init(folder, **flags) == 2
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith(problem)]
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert init(tmp_path / "file" / "new") == 2
    assert "cannot be written (Not a directory): see to --output" in capsys.readouterr().err


def test_no_unfinished_file_stays_behind(tmp_path, capsys):
    (tmp_path / "ha.cf").mkdir()
    assert init(tmp_path, "--force") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["ha.cf"]
    assert "ha.cf: cannot be written (Is a directory)" in capsys.readouterr().err


def test_what_cannot_be_written_whole_is_not_written_in_part(tmp_path, capsys):
    (tmp_path / "ha.cf").write_text("mine")
    (tmp_path / "authkeys").mkdir()
    assert init(tmp_path, "--force") == 2
    assert "authkeys: cannot be written (Is a directory)" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["authkeys", "ha.cf"]
    assert (tmp_path / "ha.cf").read_text() == "mine"


def test_on_a_terminal_it_asks_for_what_is_missing_and_again_for_what_is_wrong():
    arguments = cli.build_parser({}).parse_args(
        ["init", "--node-a", "alpha", "--vip", "10.0.0.9/8"]
    )
    answers = iter(
        [
            "be ta",
            "ALPHA",
            "beta",
            "",
            "10.0.1.1",
            "10.0.1.1",
            "10.0.1.2",
            "eth7",
            "",
            "",
            "10.0.0.1",
        ]
    )
    asked: list[str] = []
    said: list[str] = []

    def read_answer(question):
        asked.append(question)
        return next(answers)

    found = questions.from_flags(questions.ask(arguments, read_answer, said.append))
    assert (found.node_b, found.interface, found.vip_interface) == ("beta", "eth1", "eth7")
    assert (found.address_a, found.address_b, found.container) == ("10.0.1.1", "10.0.1.2", "nginx")
    assert (found.bcast, found.ping) == (None, "10.0.0.1")
    assert said == [
        "`be ta` is no host name: write what `uname -n` says on that node\n",
        "`ALPHA` is that of the first node: the two differ\n",
        "`10.0.1.1` is that of the first node: the two differ\n",
    ]
    assert asked[1] == "host name of the second node: "
    assert asked[3] == "interface of the heartbeat, best a cable between the two [eth1]: "
    assert asked[-1].endswith(", if there is one [none]: ")


def on_a_terminal(folder: Path, typed: str) -> tuple[int, str]:
    """The command in a process of its own, on a real pseudo-terminal: its status, and its words."""
    screen, terminal = os.openpty()
    command = (sys.executable, "-m", "sidecar.cli", "init", "--output", str(folder))
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        os.write(screen, typed.encode())
        status = process.wait(60)
        said = os.read(screen, 65536).decode()
    os.close(screen)
    return status, said


def test_a_person_at_a_terminal_gets_the_files_for_both_nodes(tmp_path):
    answers = ("alpha", "beta", "", "10.0.1.1", "10.0.1.2", "10.0.0.9/24", "", "", "eth0", "")
    status, said = on_a_terminal(tmp_path, "".join(f"{answer}\n" for answer in answers))
    assert status == 0
    assert f"Written to {tmp_path}" in said
    for node, own in (("alpha", "10.0.1.1"), ("beta", "10.0.1.2")):
        settings = load({"config_dir": str(tmp_path), "node": node}, {}, {own})
        assert [link.name for link in settings.params.links] == ["eth1", "eth0"]


def test_answers_that_end_early_write_nothing(tmp_path):
    status, said = on_a_terminal(tmp_path, "alpha\n\x04")
    assert status == 2
    assert "the answers ended before the questions: nothing was written" in said
    assert not list(tmp_path.iterdir())


def test_a_problem_of_both_nodes_is_told_once(tmp_path, capsys):
    assert init(tmp_path / "new", deadtime="1.5") == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == len(set(said))
