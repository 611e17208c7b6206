"""What the commands that change something have in common: ask, wait, print the answer.

Exit 0 when it was done, else 1.
"""

import argparse
import sys
from typing import Final

from sidecar.commands.control_client import Unreachable, ask
from sidecar.commands.terminal import Terminal

PATIENCE_S: Final = 130.0
"""More than the sidecar's own deadline, so that its answer comes first."""


def carry_out(command: str, arguments: argparse.Namespace) -> int:
    return put({"command": command, "which": arguments.which or "all"}, arguments)


def put(request: dict[str, str | int], arguments: argparse.Namespace) -> int:
    terminal = Terminal(sys.stderr)
    terminal.pass_by("waiting until it has ended; Ctrl-C ends the waiting, and not the move")
    try:
        answer = ask(arguments.control, request, patience_s=PATIENCE_S)
    except Unreachable as trouble:
        terminal.say(str(trouble))
        return 1
    finally:
        terminal.settle()
    done = answer.get("ok") is True
    (sys.stdout if done else sys.stderr).write(f"{answer.get('text', '')}\n")
    return 0 if done else 1
