"""``sidecar status``: what this node sees and holds, for people; ``--json`` for programs.

Exit 0 when this node is stable and sees its peer active, 1 when not, and 2 when no sidecar answers.
``--watch`` shows it anew each second until it is interrupted, through restarts of the sidecar too.
"""

import argparse
import json
import sys
import time
from typing import Any, Final

from sidecar.commands.control_client import Unreachable, ask
from sidecar.commands.status_text import status_text

FINE: Final = 0
DEGRADED: Final = 1
UNREACHABLE: Final = 2

REFRESH_S: Final = 1.0
_CLEAR: Final = "\x1b[H\x1b[2J"


def main(arguments: argparse.Namespace) -> int:
    if not arguments.watch:
        return _show(arguments)
    try:
        while True:
            if sys.stdout.isatty():
                sys.stdout.write(_CLEAR)
            _show(arguments)
            sys.stdout.flush()
            time.sleep(REFRESH_S)
    except KeyboardInterrupt:
        return FINE


def _show(arguments: argparse.Namespace) -> int:
    try:
        answer = ask(arguments.control, {"command": "status"})
    except Unreachable as trouble:
        sys.stderr.write(f"{trouble}\n")
        return UNREACHABLE
    status = answer.get("status")
    if not isinstance(status, dict):
        sys.stderr.write(f"{answer.get('text', 'the answer carries no status')}\n")
        return DEGRADED
    if arguments.json:
        # One line per answer when watched, so that a program can read them one by one.
        text = json.dumps(status, indent=None if arguments.watch else 2) + "\n"
    else:
        text = status_text(status)
    sys.stdout.write(text)
    return FINE if _fine(status) else DEGRADED


def _fine(status: dict[str, Any]) -> bool:
    peers = [node["status"] for node in status["nodes"] if not node["local"]]
    return status["stable"] is True and peers == ["active"]
