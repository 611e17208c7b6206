"""The words that a command line may consist of, read from its argparse parser."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Takes(Enum):
    """What stands behind an option."""

    NOTHING = "nothing"
    CHOICE = "choice"
    FILE = "file"
    FOLDER = "folder"
    VALUE = "value"
    """Nobody can guess it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    names: tuple[str, ...]
    help: str
    takes: Takes
    what: str = ""
    """Its value's name for people."""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    name: str
    help: str
    flags: tuple[Flag, ...]
    words: tuple[str, ...]
    """Of its positional argument, if it has one with choices."""


_BY_METAVAR: Final = {
    "FILE": Takes.FILE,
    "PATH": Takes.FILE,
    "DEVICE": Takes.FILE,
    "DIR": Takes.FOLDER,
}


def read_commands(parser: argparse.ArgumentParser) -> tuple[Command, ...]:
    """Each command of the parser, in its order."""
    # What argparse keeps of them has no public name; all of it is the same from 3.11 to 3.14.
    kinds = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001
    (commands,) = kinds
    helps = {one.dest: one.help or "" for one in commands._get_subactions()}  # noqa: SLF001
    return tuple(
        Command(name=name, help=helps[name], flags=tuple(_flags(one)), words=tuple(_words(one)))
        for name, one in commands.choices.items()
    )


def _flags(parser: argparse.ArgumentParser) -> Iterator[Flag]:
    for action in parser._actions:  # noqa: SLF001
        if action.option_strings:
            yield Flag(
                names=tuple(action.option_strings),
                help=action.help or "",
                takes=_takes(action),
                what=str(action.metavar or ""),
                choices=_choices(action),
            )


def _choices(action: argparse.Action) -> tuple[str, ...]:
    """Those that the parser checks, or those that are written out, as text|json is."""
    if action.choices:
        return tuple(map(str, action.choices))
    written = str(action.metavar or "").split("|")
    return tuple(written) if len(written) > 1 else ()


def _takes(action: argparse.Action) -> Takes:
    if action.nargs == 0:
        return Takes.NOTHING
    if _choices(action):
        return Takes.CHOICE
    return _BY_METAVAR.get(str(action.metavar), Takes.VALUE)


def _words(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:  # noqa: SLF001
        if not action.option_strings:
            yield from map(str, action.choices or ())
