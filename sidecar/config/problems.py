"""What is wrong in what people wrote: collected all at once, each with its file, line and mend.

A parser never stops at the first fault, because whoever mends a file wants to mend it once. An
error keeps the sidecar from starting. A warning does not: it tells what is assumed, or what a line
will not do. A note says that a line was understood and does nothing here, and why.

Every message names what is wrong first and what to do second.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_SHOWN = 60  # characters of what was written that a message repeats


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to tell. ``file`` is an option's or variable's name where no file is at fault."""

    file: str
    line: int | None
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        mark = "" if self.severity is Severity.ERROR else f"{self.severity}: "
        return f"{place}: {mark}{self.message}"


class ConfigError(Exception):
    """The configuration cannot be used. Carries every problem, warnings included."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Problems:
    """All that was found so far, in the order of finding."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def of(self, file: str) -> "FileProblems":
        """The same collection, for what is found in one file."""
        return FileProblems(self, file)

    def add(self, problem: Problem) -> None:
        self._found.append(problem)

    @property
    def all(self) -> tuple[Problem, ...]:
        return tuple(self._found)

    def having(self, *severities: Severity) -> tuple[Problem, ...]:
        return tuple(one for one in self._found if one.severity in severities)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return self.having(Severity.ERROR)

    def raise_errors(self) -> None:
        """Raise ConfigError if anything keeps the sidecar from starting."""
        if self.errors:
            raise ConfigError(self.having(Severity.ERROR, Severity.WARNING))


class FileProblems:
    """What is wrong in one file (or option): the place is named once."""

    def __init__(self, problems: Problems, file: str) -> None:
        self._problems = problems
        self.file = file
        self.errors = 0

    def error(self, line: int | None, message: str) -> None:
        self.errors += 1
        self._add(line, message, Severity.ERROR)

    def warn(self, line: int | None, message: str) -> None:
        self._add(line, message, Severity.WARNING)

    def note(self, line: int | None, message: str) -> None:
        self._add(line, message, Severity.NOTE)

    def _add(self, line: int | None, message: str, severity: Severity) -> None:
        self._problems.add(Problem(file=self.file, line=line, message=message, severity=severity))


def quote(written: str) -> str:
    """What was written, fit to stand in a message: never longer than a line, never raw bytes."""
    cut = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
    visible = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in cut
    )
    return f"`{visible}`"
