"""``sidecar health``: whether the running sidecar's loop makes progress. For HEALTHCHECK.

Exit 0 when it does, else 1; Docker keeps 2 for itself. It says nothing of the cluster: a node that
stands by, or whose peer is dead, is healthy.
"""

import argparse
import sys
from typing import Final

from sidecar.commands.control_client import Unreachable, ask

PATIENCE_S: Final = 3.0
"""Less than the image's HEALTHCHECK has, which would end this before it could say why."""


def main(arguments: argparse.Namespace) -> int:
    try:
        answer = ask(arguments.control, {"command": "health"}, patience_s=PATIENCE_S)
    except Unreachable as trouble:
        answer = {"ok": False, "text": str(trouble)}
    sys.stdout.write(f"{answer.get('text', '')}\n")
    return 0 if answer.get("ok") is True else 1
