"""``sidecar reload``: read ha.cf, haresources and authkeys anew, and apply what differs.

Prints what has changed, after the files' warnings. Exit 0 when it was done; 1 when it was refused,
with every reason, and everything stays as it was, or when no sidecar answers.
"""

import argparse

from sidecar.commands.request import put


def main(arguments: argparse.Namespace) -> int:
    return put({"command": "reload"}, arguments)
