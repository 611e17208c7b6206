"""`sidecar completion`: asked of real shells. One that is not installed here is left out."""

import os
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from sidecar import cli
from sidecar.commands import completion
from sidecar.commands.completion_words import Takes, read_commands

EXPECTED = [
    ("sidecar his", {"history"}),
    ("sidecar stand", {"standby"}),
    ("sidecar status --w", {"--watch"}),
    ("sidecar standby f", {"foreign", "failback"}),
    ("sidecar completion z", {"zsh"}),
    ("sidecar init --auto-failback o", {"on", "off"}),
    ("sidecar run --log-format j", {"json"}),
    ("sidecar check --config-dir ho", {"holds"}),
    ("sidecar decode --authkeys au", {"authkeys"}),
]


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert completion.main(cli.build_parser({}).parse_args(["completion", shell])) == 0
    return capsys.readouterr().out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the shells run: a folder and a file to be found."""
    (tmp_path / "holds").mkdir()
    (tmp_path / "hosts").write_text("a file, and no folder")
    (tmp_path / "authkeys").write_text("")
    return tmp_path


def run(folder: Path, *command: str) -> set[str]:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return {line.partition("\t")[0].rstrip("/ ") for line in done.stdout.splitlines()}


@pytest.mark.parametrize(("line", "expected"), EXPECTED)
def test_bash_completes(
    line: str, expected: set[str], folder: Path, capsys: pytest.CaptureFixture[str]
):
    asked = (
        "source ./script; COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _sidecar; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    (folder / "script").write_text(script("bash", capsys))
    assert run(folder, "bash", "--norc", "-uc", asked, "bash", line) == expected


def test_bash_knows_no_value_that_cannot_be_guessed(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "script").write_text(script("bash", capsys))
    asked = (
        'source ./script; COMP_WORDS=(sidecar init --vip ""); COMP_CWORD=3; _sidecar; '
        'echo "${#COMPREPLY[@]}"'
    )
    assert run(folder, "bash", "--norc", "-uc", asked) == {"0"}


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize(("line", "expected"), EXPECTED)
def test_fish_completes(
    line: str, expected: set[str], folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "script").write_text(script("fish", capsys))
    asked = f"source ./script; complete -C '{line}'"
    assert run(folder, "fish", "--no-config", "-c", asked) == expected


class Zsh:
    """An interactive zsh, with nobody's settings."""

    def __init__(self, folder: Path) -> None:
        self._screen, terminal = os.openpty()
        self._process = subprocess.Popen(
            ("zsh", "-f", "-i"),
            cwd=folder,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**os.environ, "TERM": "dumb", "HOME": str(folder)},
            start_new_session=True,
        )
        os.close(terminal)

    def type(self, text: str, until: str) -> None:
        """Type it, and wait until zsh has said this."""
        os.write(self._screen, text.encode())
        said, end = "", time.monotonic() + 30
        while until not in said:
            left = end - time.monotonic()
            assert left > 0, f"{until!r} did not come after {text!r}: {said!r}"
            if select.select([self._screen], [], [], left)[0]:
                said += os.read(self._screen, 65536).decode()

    def end(self) -> None:
        self._process.kill()
        self._process.wait(10)
        os.close(self._screen)


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_completes(folder: Path, capsys: pytest.CaptureFixture[str]):
    """Zsh completes for nobody but its line editor, so it gets a terminal."""
    (folder / "script").write_text(script("zsh", capsys))
    zsh = Zsh(folder)
    try:
        zsh.type("autoload -U compinit && compinit -u -D && source ./script\r", "script")
        zsh.type("sidecar() { print -r -- '<'$*'>' }\r", "}")
        for line, expected in EXPECTED:
            if len(expected) == 1:
                begun, (word,) = line.removeprefix("sidecar ").rpartition(" ")[0], expected
                completed = f"{begun} {word}".lstrip()
                zsh.type(f"{line}\t\r", f"<{completed}")
    finally:
        zsh.end()


def test_every_command_and_option_is_known():
    commands = {command.name: command for command in read_commands(cli.build_parser({}))}
    assert {"run", "status", "drill", "completion"} <= commands.keys()
    flags = {name: flag for flag in commands["init"].flags for name in flag.names}
    assert flags["--force"].takes is Takes.NOTHING
    assert flags["--output"].takes is Takes.FOLDER
    assert flags["--vip"].takes is Takes.VALUE
    assert flags["--auto-failback"].choices == ("on", "off")
    assert commands["maintenance"].words == ("on", "off")
