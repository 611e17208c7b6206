"""``sidecar health``: whether the running sidecar's loop makes progress. For HEALTHCHECK.

Exit 0 when it does, else 1; Docker keeps 2 for itself. It says nothing of the cluster: a node that
stands by, or whose peer is dead, is healthy.
"""

import argparse
import sys

from sidecar.commands.control_client import Unreachable, ask


def main(arguments: argparse.Namespace) -> int:
    try:
        answer = ask(arguments.control, {"command": "health"})
    except Unreachable as trouble:
        answer = {"ok": False, "text": str(trouble)}
    sys.stdout.write(f"{answer.get('text', '')}\n")
    return 0 if answer.get("ok") is True else 1
