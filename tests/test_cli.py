"""The command line: which commands there are, what they take, and how they exit."""

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar import cli
from sidecar.config.options import OPTIONS, choose
from tests.config.written import copy_reference

COMMANDS = (
    "run",
    "check",
    "decode",
    "init",
    "status",
    "explain",
    "history",
    "tune",
    "standby",
    "takeover",
    "drill",
    "maintenance",
    "reload",
    "health",
    "proxy",
    "completion",
)


def parse(*words: str, **environ: str) -> argparse.Namespace:
    return cli.build_parser(environ).parse_args(words)


def help_texts(parser: argparse.ArgumentParser) -> dict[str, str]:
    assert parser._subparsers is not None
    (action,) = parser._subparsers._group_actions
    assert isinstance(action.choices, dict)
    return {name: one.format_help() for name, one in action.choices.items()}


def test_every_command_that_is_offered_exists():
    offered = cli.build_parser({})._subparsers
    assert offered is not None
    (action,) = offered._group_actions
    assert tuple(action.choices or ()) == COMMANDS
    for name in COMMANDS:
        assert callable(importlib.import_module(f"sidecar.commands.{name}").main)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_that_is_asked_for_needs_no_other(command):
    asked, everything = cli.build_parser({}, of=command), cli.build_parser({})
    assert help_texts(asked) == {command: help_texts(everything)[command]}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as caught:
        parse(command, "--help")
    assert caught.value.code == 0
    assert f"usage: sidecar {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [[], ["fly"], ["status", "--fly"], ["standby", "none"], ["decode"]]
)
def test_bad_usage_exits_with_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2
    assert "usage: sidecar" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_fact_of_the_node_is_an_option(command, option):
    arguments = parse(command, option.flag, "value")
    assert choose(option, vars(arguments), {}) == "value"


@pytest.mark.parametrize(
    "command", ["status", "explain", "standby", "takeover", "reload", "health"]
)
def test_a_command_that_asks_knows_the_control_socket(command):
    assert parse(command).control == "/run/sidecar/control.sock"
    assert parse(command, SIDECAR_CONTROL="/a").control == "/a"
    assert parse(command, "--control", "/b", SIDECAR_CONTROL="/a").control == "/b"


@pytest.mark.parametrize("command", ["standby", "takeover"])
@pytest.mark.parametrize("which", ["all", "local", "foreign", "failback"])
def test_a_hand_over_may_name_which_groups(command, which):
    assert parse(command).which == "all"
    assert parse(command, which).which == which


def test_status_is_shown_once_as_text_unless_told_otherwise():
    arguments = parse("status")
    assert (arguments.json, arguments.watch) == (False, False)
    arguments = parse("status", "--json", "--watch")
    assert (arguments.json, arguments.watch) == (True, True)


def test_a_sidecar_without_configuration_exits_with_2_and_says_all(tmp_path, capsys):
    assert cli.main(["run", "--config-dir", str(tmp_path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0].removeprefix(f"{tmp_path}/") for line in said] == [
        "ha.cf",
        "haresources",
        "authkeys",
    ]


def shell(line: str, folder: Path, unbuffered: str) -> subprocess.CompletedProcess[str]:
    """Run a line of sh in which $SIDECAR is the command and $FOLDER this folder."""
    environ = {
        "SIDECAR": f"{sys.executable} -m sidecar.cli",
        "FOLDER": str(folder),
        "PYTHONUNBUFFERED": unbuffered,
    }
    words = ["sh", "-c", line]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environ)


buffered_or_not = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


@buffered_or_not
@pytest.mark.parametrize("words", ["check --config-dir $FOLDER", "completion bash", "--help"])
def test_a_reader_that_goes_away_is_no_crash(tmp_path, words: str, unbuffered: str):
    copy_reference("masternginx", tmp_path)
    # This reader has gone for sure before the first word comes.
    gone = "mkfifo $FOLDER/pipe; : <$FOLDER/pipe & exec 3>$FOLDER/pipe; wait"
    done = shell(f"{gone}; $SIDECAR {words} >&3; echo ended", tmp_path, unbuffered)
    assert (done.stdout, done.stderr) == ("ended\n", "")


@buffered_or_not
@pytest.mark.parametrize(
    ("where", "why"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")]
)
def test_an_output_that_takes_nothing_is_told_in_one_line(
    tmp_path, where: str, why: str, unbuffered: str
):
    done = shell(f"$SIDECAR completion bash {where}", tmp_path, unbuffered)
    assert done.stderr == f"sidecar: cannot write to the standard output: {why}\n"
    assert done.returncode == 1


def test_the_commands_load_only_what_they_need():
    script = (
        "import sys, sidecar.cli; print([m for m in ('docker', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
