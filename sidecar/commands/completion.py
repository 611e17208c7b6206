"""``sidecar completion bash|zsh|fish``: a script for that shell, which completes our command line.

Made from the command line's own parser, so that it knows every command and option that there is.
On a host it completes ``sidecar``, which may be a function that calls ``docker exec``.
"""

import argparse
import os
import sys

from sidecar.commands.completion_scripts import SCRIPTS
from sidecar.commands.completion_words import read_commands


def main(arguments: argparse.Namespace) -> int:
    from sidecar.cli import build_parser  # noqa: PLC0415 - it is what imports this module

    sys.stdout.write(SCRIPTS[arguments.shell](read_commands(build_parser(os.environ))))
    return 0
