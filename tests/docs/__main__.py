"""``python -m tests.docs``: says which marked blocks are stale; with --write, writes them anew."""

import argparse
import sys

from tests.docs.blocks import renew
from tests.docs.content import BLOCKS
from tests.docs.pages import name_of, pages


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.docs", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the blocks anew")
    options = parser.parse_args()
    stale = 0
    for page in pages():
        text = page.read_text()
        now = renew(text, BLOCKS)
        if now == text:
            continue
        stale += 1
        print(f"{name_of(page)}: {'written anew' if options.write else 'stale'}")
        if options.write:
            page.write_text(now)
    return 1 if stale and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
