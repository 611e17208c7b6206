"""``sidecar tune``: how regularly the other node was heard, and which timers that allows.

The rule and its reasons stand in tuning.py and docs/configuration.md. Exit 0, or 1 when no sidecar
answers or nothing was heard yet.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sidecar.commands.control_client import Unreachable, ask
from sidecar.commands.status_text import table
from sidecar.commands.tuning import Advice, Observed, advise, duration, ha_cf_time, length


def main(arguments: argparse.Namespace) -> int:
    try:
        answer = ask(arguments.control, {"command": "gaps"})
    except Unreachable as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    observed = answer.get("gaps")
    if not isinstance(observed, dict):
        sys.stderr.write(f"{answer.get('text', 'the answer carries no gaps')}\n")
        return 1
    if not observed["all"]["beats"]:
        sys.stderr.write(f"{observed['peer']} has not been heard twice yet: ask again later\n")
        return 1
    advice = advise(observed)
    if arguments.json:
        text = json.dumps(observed | {"advice": asdict(advice)}, indent=2) + "\n"
    else:
        text = "".join(f"{line}\n" for line in tune_text(observed, advice))
    sys.stdout.write(text)
    return 0


def tune_text(observed: Observed, advice: Advice) -> Iterator[str]:
    keepalive, warntime, deadtime = (
        length(observed[f"{name}_ms"]) for name in ("keepalive", "warntime", "deadtime")
    )
    yield (
        f"{observed['node']} has heard {observed['peer']} for {duration(observed['observed_s'])}; "
        f"keepalive is {keepalive}"
    )
    yield ""
    yield from table(("GAPS", "BEATS", "MEDIAN", "P99", "LARGEST"), _rows(observed))
    yield f"late (warntime is {warntime}): {observed['late']}"
    yield ""
    yield "recommended for ha.cf on both nodes, unless the other node's `sidecar tune` says more:"
    yield f"  warntime {ha_cf_time(advice.warntime_ms)}"
    yield f"  deadtime {ha_cf_time(advice.deadtime_ms)}"
    yield f"because of {advice.why}; warntime is half of it"
    if advice.shortest_ms < advice.deadtime_ms:
        shortest = ha_cf_time(advice.shortest_ms)
        yield (
            f"the gaps alone would allow deadtime {shortest}: what that gives up stands in "
            "docs/safety.md, timers under two seconds"
        )
    yield f"in force is deadtime {deadtime}, {advice.verdict}"
    if advice.doubt:
        yield f"not to be trusted: {advice.doubt}"


def _rows(observed: Observed) -> Iterator[tuple[str, ...]]:
    yield _row("by any link", observed["all"])
    for link in observed["links"]:
        yield _row(link["link"], link)


def _row(name: str, gaps: dict[str, Any]) -> tuple[str, ...]:
    if not gaps["beats"]:
        return name, "0", "-", "-", "-"
    return (
        *(name, str(gaps["beats"])),
        *(length(gaps[f"{which}_ms"]) for which in ("median", "p99", "largest")),
    )
