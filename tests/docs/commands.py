"""The commands: the table of them, and the command lines that the pages show."""

import argparse
import re
import shlex
from collections.abc import Iterator
from itertools import dropwhile
from typing import Final

from sidecar.cli import build_parser
from tests.docs.markdown import code, fences, spans, table

IMAGE: Final = "heartbeat-sidecar"
_SHELL: Final = ("sh", "console")
_PLACEHOLDER: Final = re.compile(r"[\[\]|…]")


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Each command's own parser."""
    subparsers = build_parser({})._subparsers
    assert subparsers is not None
    (action,) = subparsers._group_actions
    choices = action.choices
    assert isinstance(choices, dict)
    return choices


def commands() -> str:
    rows = ((code(_written(name, one)), one.description or "") for name, one in parsers().items())
    return table(("command", "what"), rows)


def _written(name: str, parser: argparse.ArgumentParser) -> str:
    """The command with its positional arguments and its switches; --help tells of the others."""
    words = ["sidecar", name]
    for action in parser._actions:
        if action.choices and not action.option_strings:
            words.append(f"[{'|'.join(map(str, action.choices))}]")
        elif action.required or (action.nargs == 0 and action.dest not in {"help", "force"}):
            metavar = f" {action.metavar}" if action.metavar else ""
            flag = action.option_strings[-1] + metavar
            words.append(flag if action.required else f"[{flag}]")
    return " ".join(words)


def shell_lines(page: str) -> Iterator[str]:
    """The lines of its shell blocks, those that go on joined."""
    for fence in fences(page):
        if fence.language in _SHELL:
            joined = fence.body.replace("\\\n", " ")
            yield from filter(None, (line.strip() for line in joined.splitlines()))


def sidecar_lines(page: str) -> Iterator[list[str]]:
    """The arguments of each command line of ours, however it is reached."""
    for line in shell_lines(page):
        yield from _arguments(shlex.split(line, comments=True))
    for span in spans(page):
        if not _PLACEHOLDER.search(span):
            yield from _arguments(shlex.split(span, comments=True))


def _arguments(words: list[str]) -> Iterator[list[str]]:
    """``sidecar …``, ``docker exec sidecar sidecar …``, ``docker run … heartbeat-sidecar …``."""
    if words[:1] == ["sidecar"] and len(words) > 1:
        yield words[1:]
    elif words[:2] == ["docker", "run"] and IMAGE in words:
        yield words[words.index(IMAGE) + 1 :]
    elif words[:2] == ["docker", "exec"]:
        called = list(dropwhile(lambda word: word.startswith("-"), words[2:]))
        if called[1:2] == ["sidecar"]:
            yield called[2:]
