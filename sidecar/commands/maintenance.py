"""``sidecar maintenance on [--for 1h] | off``: nothing moves by itself for a while.

It is enough to say it on one node: that one tells the other. Exit 0 when it was done, 1 when it was
not or no sidecar answers, 2 when the time makes no sense.
"""

import argparse
import re
import sys
from typing import Final

from sidecar.commands.request import put

BAD_USAGE: Final = 2
LONGEST_S: Final = 7 * 24 * 3600
_DURATION: Final = re.compile(r"([0-9]{1,6})(s|m|h|d|)", re.ASCII)
_UNITS_S: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


def main(arguments: argparse.Namespace) -> int:
    if arguments.switch == "off":
        return put({"command": "maintenance", "seconds": 0}, arguments)
    seconds = parse_duration(arguments.duration)
    if seconds is None:
        sys.stderr.write(
            f"--for {arguments.duration!r:.40} is no time from 1 second to 7 days: "
            "write it like 90s, 30m, 1h or 2d\n"
        )
        return BAD_USAGE
    return put({"command": "maintenance", "seconds": seconds}, arguments)


def parse_duration(written: str) -> int | None:
    """Whole seconds; None when it is none, or not from 1 second to 7 days."""
    found = _DURATION.fullmatch(written)
    seconds = int(found[1]) * _UNITS_S[found[2]] if found is not None else 0
    return seconds if 1 <= seconds <= LONGEST_S else None
