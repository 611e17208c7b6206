"""``sidecar status``: what this node sees and holds, for people; ``--json`` for programs.

Exit 0 when this node is stable and sees its peer active, 1 when not, and 2 when no sidecar answers.
``--watch`` shows it anew each second until it is interrupted, through restarts of the sidecar too,
and exits 0 then.
"""

import argparse
import json
import re
import sys
import time
from typing import Any, Final

from sidecar.commands import watch
from sidecar.commands.control_client import Unreachable, ask
from sidecar.commands.status_text import status_text
from sidecar.commands.terminal import Colour, Terminal

FINE: Final = 0
DEGRADED: Final = 1
UNREACHABLE: Final = 2

_MEANINGS: Final = {
    Colour.BAD: ("dead", "failed", "absent", "SPLIT BRAIN SUSPECTED", "not ready to serve"),
    Colour.WARNING: ("unknown", "taking", "MAINTENANCE", "maintenance", "not heard"),
    Colour.GOOD: ("up", "held", "active", "running", "ready to serve"),
}
_COLOURS: Final = {word: colour for colour, words in _MEANINGS.items() for word in words}
_WORD: Final = re.compile(rf"\b({'|'.join(sorted(_COLOURS, key=len, reverse=True))})\b")
_FIRST_COLUMN: Final = re.compile(r"(\S+(?: \(here\))? {2,})?(.*)")
"""The names stand there, and keep their colour whatever they are called."""


def main(arguments: argparse.Namespace) -> int:
    terminal = Terminal(sys.stdout)
    if not arguments.watch:
        return _show(arguments, terminal)
    if arguments.json:
        return _stream(arguments)
    watch.watch(lambda: _look(arguments.control), terminal, lambda line: coloured(line, terminal))
    return FINE


def _show(arguments: argparse.Namespace, terminal: Terminal) -> int:
    try:
        status = _ask(arguments.control)
    except Unreachable as trouble:
        sys.stderr.write(f"{trouble}\n")
        return UNREACHABLE
    if arguments.json:
        sys.stdout.write(json.dumps(status, indent=2) + "\n")
    else:
        lines = status_text(status).splitlines()
        sys.stdout.writelines(f"{coloured(line, terminal)}\n" for line in lines)
    return FINE if _fine(status) else DEGRADED


def _stream(arguments: argparse.Namespace) -> int:
    """One line for each answer, so that a program can read them one by one."""
    try:
        while True:
            try:
                sys.stdout.write(json.dumps(_ask(arguments.control)) + "\n")
            except Unreachable as trouble:
                sys.stderr.write(f"{trouble}\n")
            sys.stdout.flush()
            time.sleep(watch.EVERY_S)
    except KeyboardInterrupt:
        return FINE


def _look(control: str) -> watch.Look:
    try:
        return watch.Look(lines=tuple(status_text(_ask(control)).splitlines()))
    except Unreachable as trouble:
        return watch.Look(trouble=str(trouble))


def _ask(control: str) -> dict[str, Any]:
    answer = ask(control, {"command": "status"})
    status = answer.get("status")
    if not isinstance(status, dict):
        raise Unreachable(str(answer.get("text", "the answer carries no status")))
    return status


def coloured(line: str, terminal: Terminal) -> str:
    """The words that say how it stands, in the colour of what they mean."""
    found = _FIRST_COLUMN.fullmatch(line)
    if found is None:
        return line
    name, rest = found[1] or "", found[2]
    return name + _WORD.sub(lambda word: terminal.paint(word[0], _COLOURS[word[0]]), rest)


def _fine(status: dict[str, Any]) -> bool:
    peers = [node["status"] for node in status["nodes"] if not node["local"]]
    return status["stable"] is True and peers == ["active"]
