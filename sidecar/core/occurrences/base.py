"""What every occurrence is: a name for machines, a sentence for people, and who should read it.

How durations and counts are written in a sentence stands here, too, so that all say it alike.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from sidecar.core.terms import SECOND


class Severity(Enum):
    """DEBUG: each beat. INFO: a change. WARNING: degraded. ERROR: needs a person."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Consumers pick by type, and fall back to ``event`` and ``sentence()``."""

    severity: ClassVar[Severity] = Severity.INFO

    @property
    def event(self) -> str:
        """The name for machines: NodeDied becomes node_died."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__).lower()

    def sentence(self) -> str:
        raise NotImplementedError


def seconds_text(ns: int) -> str:
    """Render a duration for a sentence: milliseconds below ten seconds, else tenths of seconds."""
    if ns < 10 * SECOND:
        return f"{ns // 1_000_000} ms"
    return f"{ns / SECOND:.1f} s"


def moves_text(moves: int) -> str:
    return f"{moves} move" if moves == 1 else f"{moves} moves"


def wait_text(ns: int) -> str:
    """Render a wait for a sentence: whole seconds, rounded up, as nobody waits in milliseconds."""
    if ns < SECOND:
        return f"{max(0, ns) // 1_000_000} ms"
    return f"{-(-ns // SECOND)} s"
