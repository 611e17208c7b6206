"""Transcripts: a story of commands and, below ``----``, what the nodes then say.

Read one in ``tests/scenarios``: it shows what the pair does, in the very sentences of its log. The
form is that of etcd's raft: a block of commands, a line ``----``, the expected output, an empty
line. ``python -m tests.sim.transcript --rewrite`` writes the output anew; look at the difference.

    files FOLDER NODE NODE      each node reads its own three files in FOLDER
    cluster KEY=VALUE ...       keepalive, warntime, deadtime, initdead, failback, links, groups,
                                nodes, ping, ipfail, checked, restarts, wrong-key,
                                failback-delay, max-moves, moves-window
    start NODE ...              stop NODE            kill NODE           crash NODE
    freeze NODE 3s              run 3s
    cut eth1 | a->b eth1 | all  mend, with the same words
    ifdown NODE eth1            ifup NODE eth1       unplug NODE         plug NODE
    lose-ping NODE              find-ping NODE       lan-cut NODE        lan-mend NODE
    kill-container NODE NAME    sicken NODE NAME     cure NODE NAME
    delete-address NODE ADDR    operator NODE standby|takeover WHICH
    maintenance NODE on 60s     maintenance NODE off
    quietly COMMAND             the same without its output, for what another story tells
    show                        what each node believes, and who answers for each address
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.sim.storyteller import Storyteller

FOLDER: Final = Path(__file__).parent.parent / "scenarios"
_RULE: Final = "----"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Comments and commands, and the output that belongs to them."""

    before: tuple[str, ...]
    """Comments and empty lines ahead of the commands, kept as they are."""
    commands: tuple[str, ...]
    expected: tuple[str, ...]
    line: int
    """Of the first command, for a person who looks for it."""


def parse(text: str) -> list[Block]:
    """Split a transcript into blocks; comments at the end become a block without commands."""
    blocks: list[Block] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        before, at = _take(lines, at, lambda line: not line or line.startswith("#"))
        first = at + 1
        commands, at = _take(lines, at, lambda line: bool(line) and line != _RULE)
        if commands and (at == len(lines) or lines[at] != _RULE):
            raise ValueError(f"line {first}: no line {_RULE} below the commands")
        expected, at = _take(lines, at + 1, bool) if commands else ([], at)
        blocks.append(
            Block(
                before=tuple(before),
                commands=tuple(commands),
                expected=tuple(expected),
                line=first,
            )
        )
    return blocks


def play(blocks: list[Block]) -> list[Block]:
    """The same blocks with the output that the simulated pair gives now."""
    story = Storyteller()
    played: list[Block] = []
    for block in blocks:
        said: list[str] = []
        for command in block.commands:
            said += story.tell(command)
        played.append(
            Block(
                before=block.before,
                commands=block.commands,
                expected=tuple(said),
                line=block.line,
            )
        )
    return played


def render(blocks: list[Block]) -> str:
    lines: list[str] = []
    for block in blocks:
        lines += block.before
        if block.commands:
            lines += [*block.commands, _RULE, *block.expected]
    return "\n".join(lines) + "\n"


def scenarios() -> list[Path]:
    return sorted(FOLDER.glob("*.txt"))


def _take(lines: list[str], at: int, belongs: Callable[[str], bool]) -> tuple[list[str], int]:
    taken: list[str] = []
    while at < len(lines) and belongs(lines[at]):
        taken.append(lines[at])
        at += 1
    return taken, at


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.transcript", description=__doc__)
    parser.add_argument("--rewrite", action="store_true", help="write the output anew")
    parser.add_argument("files", nargs="*", type=Path, help="default: all of tests/scenarios")
    options = parser.parse_args()
    stale = 0
    for path in options.files or scenarios():
        text = path.read_text()
        now = render(play(parse(text)))
        if now == text:
            continue
        stale += 1
        print(f"{path.name}: {'written anew' if options.rewrite else 'differs'}")
        if options.rewrite:
            path.write_text(now)
    return 1 if stale and not options.rewrite else 0


if __name__ == "__main__":
    sys.exit(main())
