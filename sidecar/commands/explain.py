"""``sidecar explain``: why this node is active or not, and what would make it move.

The reasons are the core's own, in its order. Exit 0, or 1 when no sidecar answers.
"""

import argparse
import sys

from sidecar.commands.control_client import Unreachable, ask


def main(arguments: argparse.Namespace) -> int:
    try:
        answer = ask(arguments.control, {"command": "explain"})
    except Unreachable as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    if answer.get("ok") is not True:
        sys.stderr.write(f"{answer.get('text', '')}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in answer["lines"])
    return 0
