"""``sidecar history [-n N] [--json]``: the last moves, the newest first, with their phases.

What this node took over and gave up; the other node's own list has the other half. Exit 0, or 1
when no sidecar answers.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from sidecar.commands.control_client import Unreachable, ask

_WHOLE_FROM_MS: Final = 10.0


def main(arguments: argparse.Namespace) -> int:
    try:
        answer = ask(arguments.control, {"command": "history"})
    except Unreachable as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    history = answer.get("history")
    if not isinstance(history, dict):
        sys.stderr.write(f"{answer.get('text', 'the answer carries no history')}\n")
        return 1
    moves = history["takeovers"][: arguments.count]
    if arguments.json:
        text = json.dumps(history | {"takeovers": moves}, indent=2) + "\n"
    else:
        text = "".join(f"{line}\n" for line in history_text(history["node"], moves))
    sys.stdout.write(text)
    return 0


def history_text(node: str, moves: list[dict[str, Any]]) -> Iterator[str]:
    if not moves:
        yield f"{node} has neither taken over nor given up anything yet"
    for move in moves:
        yield f"{_when(move['at'])}  {_what(move)}: {move['why']}"
        yield f"    {', '.join(map(_phase, move['phases']))}"


def _when(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%SZ}"


def _what(move: dict[str, Any]) -> str:
    group, done = move["group"], move["total_ms"] is not None
    if move["kind"] == "takeover":
        verb = "took over" if done else "began to take over"
        other = f" from {move['from']}" if move["from"] else ""
    else:
        verb = "gave up" if done else "began to give up"
        other = f", to {move['to']}" if move["to"] else ""
    took = f" in {_ms(move['total_ms'])}" if done else ""
    return f"{verb} {group}{other}{took}"


def _phase(phase: dict[str, Any]) -> str:
    return f"{phase['name']} {_ms(phase['ms'])}"


def _ms(ms: float) -> str:
    return f"{ms:.0f} ms" if ms >= _WHOLE_FROM_MS else f"{ms:.1f} ms"
