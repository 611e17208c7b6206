"""`sidecar check`: what the configuration means, and every problem with file and line.

Needs no container engine and no privilege beyond reading the files, so it works on a host as well
as inside the container. Exit 0 if a sidecar would start with this configuration, else 2.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator

from sidecar.config.machine import local_addresses, serial_trouble
from sidecar.config.problems import Problem, Severity
from sidecar.config.settings import Reading, read
from sidecar.config.understood import describe
from sidecar.core.params import Link
from sidecar.core.terms import Medium


def main(arguments: argparse.Namespace) -> int:
    reading = read(vars(arguments), os.environ, local_addresses())
    sys.stdout.writelines(f"{line}\n" for line in report(reading))
    return 2 if reading.problems.errors else 0


def report(reading: Reading) -> Iterator[str]:
    """The whole answer: what was understood first, the problems last, where they are seen."""
    problems = reading.problems
    yield from describe(reading)
    serial = [link.device for link in _links(reading) if link.medium is Medium.SERIAL]
    if serial:
        yield "serial devices"
        for device in serial:
            yield f"  {device}: {serial_trouble(device) or 'is there and may be opened'}"
    notes = problems.having(Severity.NOTE)
    if notes:
        yield "good to know"
        yield from _indented(notes)
    serious = problems.having(Severity.ERROR, Severity.WARNING)
    if serious:
        yield "problems"
        yield from map(str, serious)
    yield _verdict(len(problems.errors), len(serious) - len(problems.errors))


def _links(reading: Reading) -> tuple[Link, ...]:
    return reading.ha_cf.links if reading.ha_cf is not None else ()


def _indented(notes: Iterable[Problem]) -> Iterator[str]:
    return (f"  {note}" for note in notes)


def _verdict(errors: int, warnings: int) -> str:
    counted = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
    if errors:
        return f"not usable: {counted}"
    return "usable" if not warnings else f"usable: {counted}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
