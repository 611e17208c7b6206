"""The bench's command line.

    python -m tests.bench run [--systems ..] [--scenarios ..] [--rounds N] [--quick] [--resume]
    python -m tests.bench report [--rows FILE] [--folder FOLDER]
    python -m tests.bench list

``run`` measures, as root, and appends what it measures to a file in the cache folder; ``report``
makes the page and its plots from that file.
"""

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path

from tests.bench import plan
from tests.bench.catalogue import PROGRAMS, SYSTEMS, catalogue
from tests.bench.rows import Rows
from tests.testbed.compose import ROOT

QUICK_ROUNDS = 1
ROUNDS = 20


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    match options.command:
        case "run":
            return _run(options)
        case "report":
            return _report(options)
        case _:
            for entry in catalogue(ROUNDS):
                print(f"{entry.name:<16} {entry.group:<10} {', '.join(entry.systems)}")
            return 0


def _run(options: argparse.Namespace) -> int:
    if os.geteuid() != 0:
        print("bench: this needs root: it makes network namespaces", file=sys.stderr)
        return 2
    from tests.bench.run import Run  # noqa: PLC0415 - not needed to make a report

    path = _newest(options.quick) if options.resume else _fresh(options.quick)
    rows = Rows(path)
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    entries = catalogue(rounds, quick=options.quick)
    if wrong := _unknown(options, {n for e in entries for n in (e.name, e.group)}):
        print(f"bench: {wrong}", file=sys.stderr)
        return 2
    here = [name for name in options.systems or SYSTEMS if shutil.which(PROGRAMS[name])]
    for name in set(options.systems or SYSTEMS) - set(here):
        print(f"bench: {name} is left out: no {PROGRAMS[name]} here", file=sys.stderr)
    stints = plan.stints(plan.choose(entries, options.scenarios, here), rows.done())
    # Told to end, it takes its hosts down as it does after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        Run(rows, stints).run()
    except KeyboardInterrupt:
        print("bench: stopped; the same command with --resume goes on", file=sys.stderr)
        return 130
    return 0


def _unknown(options: argparse.Namespace, names: set[str]) -> str:
    """What is asked for and does not exist."""
    if wrong := set(options.scenarios) - names:
        return f"no scenario {', '.join(sorted(wrong))}; there are {', '.join(sorted(names))}"
    if wrong := set(options.systems) - set(SYSTEMS):
        return f"no system {', '.join(sorted(wrong))}; there are {', '.join(SYSTEMS)}"
    return ""


def _report(options: argparse.Namespace) -> int:
    from tests.bench.report import write  # noqa: PLC0415 - not needed to measure

    path = options.rows or _newest(options.quick)
    rows = Rows(path)
    if not rows.rows:
        print(f"bench: nothing is measured yet in {path}: `just bench` does it", file=sys.stderr)
        return 1
    folder = options.folder or (_cache(quick=True) if options.quick else ROOT / "docs")
    for written in write(rows, folder):
        print(written)
    return 0


def _cache(*, quick: bool) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "heartbeat-sidecar" / ("bench-quick" if quick else "bench")


def _newest(quick: bool) -> Path:  # noqa: FBT001
    found = sorted(_cache(quick=quick).glob("rows-*.jsonl"))
    return found[-1] if found else _fresh(quick)


def _fresh(quick: bool) -> Path:  # noqa: FBT001
    folder = _cache(quick=quick)
    return folder / f"rows-{len(list(folder.glob('rows-*.jsonl'))) + 1:03}.jsonl"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="measure")
    run.add_argument("--systems", type=_words, default=(), help="some of them, by comma")
    run.add_argument("--scenarios", type=_words, default=(), help="names or groups, by comma")
    run.add_argument("--rounds", type=int, default=0, help=f"of each scenario ({ROUNDS})")
    run.add_argument("--resume", action="store_true", help="go on with the last run")
    report = commands.add_parser("report", help="make the page and its plots")
    report.add_argument("--rows", type=Path, help="another file of rows")
    report.add_argument("--folder", type=Path, help="where to write (docs)")
    for one in (run, report):
        one.add_argument("--quick", action="store_true", help="a trial: one round, kept apart")
    commands.add_parser("list", help="what can be measured")
    return parser


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
