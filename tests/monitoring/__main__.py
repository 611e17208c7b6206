"""``python -m tests.monitoring``: says which files are stale; with --write, writes them anew."""

import argparse
import sys

from tests.docs.pages import ROOT
from tests.monitoring.written import WRITTEN


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.monitoring", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the files anew")
    options = parser.parse_args()
    stale = 0
    for path, make in WRITTEN.items():
        now = make()
        if path.exists() and path.read_text() == now:
            continue
        stale += 1
        print(f"{path.relative_to(ROOT)}: {'written anew' if options.write else 'stale'}")
        if options.write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(now)
    return 1 if stale and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
