"""The command line: which commands there are, what they take, and how they exit."""

import argparse
import importlib
import subprocess
import sys

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


@pytest.mark.parametrize("command", ["status", "explain", "standby", "takeover", "health"])
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


def test_a_reader_that_goes_away_is_no_crash(tmp_path):
    copy_reference("masternginx", tmp_path)
    words = [sys.executable, "-m", "sidecar.cli", "check", "--config-dir", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_the_commands_load_only_what_they_need():
    script = (
        "import sys, sidecar.cli; print([m for m in ('docker', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
